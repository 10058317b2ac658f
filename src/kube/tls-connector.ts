import { buildConnector } from 'undici';
import type { Credentials } from './credentials.ts';

/**
 * Opens sockets with the newest certificates, so that rotated ones are used without a new pool.
 *
 * @param credentials what to present, and whom to trust
 * @param timeout the limit for TCP and TLS, in milliseconds
 */
export function connectorOf(credentials: Credentials, timeout: number): buildConnector.connector {
  const build = (): buildConnector.connector => {
    const { ca, cert, key, servername, rejectUnauthorized } = credentials.tls;
    return buildConnector({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(servername === undefined ? {} : { servername }),
      rejectUnauthorized,
      allowH2: false,
      timeout,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
    });
  };
  let builtFrom = credentials.tls;
  let connector = build();
  return (options, callback) => {
    if (builtFrom !== credentials.tls) {
      builtFrom = credentials.tls;
      connector = build();
    }
    connector(options, callback);
  };
}
