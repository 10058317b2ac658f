import type { Server } from 'node:net';
import type { ListenAddress } from './settings.ts';

/**
 * Makes a server listen.
 *
 * @returns the port, which matters when any free one was asked for
 * @throws the system's error (EADDRINUSE, EACCES, ...) if the address cannot be listened on
 */
export function listen(server: Server, { host, port }: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      const bound = server.address();
      resolve(bound === null || typeof bound === 'string' ? port : bound.port);
    });
  });
}
