/*
 * Stands where a Service stands in a real cluster: one address for several webhook replicas. Each connection
 * goes to the next replica that says it is ready, and on to another one if that refuses it.
 *
 * Arguments: the port to listen on, then one `PORT,READINESS-URL` per replica; everything on 127.0.0.1.
 */
import { once } from 'node:events';
import { createServer, connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

type Replica = { port: number; readyUrl: string; ready: boolean };

const LOOK_EVERY_MS = 200;
const LOOK_LIMIT_MS = 1_000;

const [listenPort, ...backends] = process.argv.slice(2);
const replicas: Replica[] = backends.map((backend) => {
  const [port = '', readyUrl = ''] = backend.split(',');
  return { port: Number(port), readyUrl, ready: false };
});
let turn = 0;

const server = createServer((client) => void forward(client));
server.listen(Number(listenPort), '127.0.0.1');
for (const replica of replicas) void watchReadiness(replica);
process.once('SIGTERM', () => process.exit(0));

async function watchReadiness(replica: Replica): Promise<never> {
  for (;;) {
    replica.ready = await looksReady(replica.readyUrl);
    await delay(LOOK_EVERY_MS);
  }
}

async function looksReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LOOK_LIMIT_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

async function forward(client: Socket): Promise<void> {
  client.on('error', () => client.destroy());
  const first = turn++;
  // Those that are not ready come last: better asked in vain than not asked, when none is.
  const inTurn = replicas
    .map((_, index) => replicas[(first + index) % replicas.length])
    .filter((one) => one !== undefined);
  for (const replica of [...inTurn.filter((one) => one.ready), ...inTurn.filter((one) => !one.ready)]) {
    const upstream = connect(replica.port, '127.0.0.1');
    try {
      await once(upstream, 'connect');
    } catch {
      continue;
    }
    join(client, upstream);
    return;
  }
  // As a Service without endpoints does: the connection is refused.
  client.resetAndDestroy();
}

function join(client: Socket, upstream: Socket): void {
  client.setNoDelay();
  upstream.setNoDelay();
  client.pipe(upstream).pipe(client);
  upstream.on('error', () => client.destroy());
  upstream.once('close', () => client.destroy());
  client.once('close', () => upstream.destroy());
}
