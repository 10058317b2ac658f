import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server } from 'node:net';

/** Below the range from which systems take the ports of outgoing connections (Linux: 32768 and up). */
const RANGE = { first: 12_000, end: 32_000 };
const ATTEMPTS = 200;

/**
 * Finds free TCP ports on the loopback address. They are free now, all at once; a port drawn at random from
 * outside the range of outgoing connections is very likely to be free a moment later too, when a program binds it.
 *
 * @throws Error when the machine has hardly any port left
 */
export async function findFreePorts(
  count: number,
  draw: (first: number, end: number) => number = randomInt,
): Promise<number[]> {
  const held = new Map<number, Server>();
  try {
    for (let attempt = 0; held.size < count; attempt++) {
      if (attempt >= ATTEMPTS) throw new Error(`No ${count} free TCP ports found on 127.0.0.1.`);
      const port = draw(RANGE.first, RANGE.end);
      const server = held.has(port) ? undefined : await hold(port);
      if (server !== undefined) held.set(port, server);
    }
    return [...held.keys()];
  } finally {
    await Promise.all([...held.values()].map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

async function hold(port: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return server;
  } catch {
    // Somebody has it, whatever the reason given: another one will do.
    return undefined;
  }
}
