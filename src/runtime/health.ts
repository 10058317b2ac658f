import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { Logger } from './logging.ts';
import { listen } from './listen.ts';
import type { ListenAddress } from './settings.ts';

/** One thing that a program needs before it can do its work. */
export interface HealthCheck {
  /** As `/readyz` shows it: `index`. */
  readonly name: string;
  /** Says what is missing, in a few words; undefined if all is well. Must not throw or wait. */
  readonly problem: () => string | undefined;
}

/** May the sender of this `Authorization` header read the metrics? */
export type MetricsAccess = (
  authorization: string | undefined,
) => Promise<'granted' | 'unauthenticated' | 'denied' | 'busy'>;

/** What a health server serves. */
export interface HealthServerOptions {
  readonly address: ListenAddress;
  /** `/readyz` is 200 if none of them has a problem. */
  readonly readiness: readonly HealthCheck[];
  /** `/healthz` is 200 if none of them has a problem: only what a restart would cure belongs here. */
  readonly liveness?: readonly HealthCheck[];
  readonly registry: Registry;
  /** Who may read the metrics; everybody without it. */
  readonly metricsAccess?: MetricsAccess;
  readonly log: Logger;
}

/** A running health server. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `/healthz`, `/readyz` and `/metrics` in plain HTTP, for the kubelet and for Prometheus. The first two
 * answer in plain text, a line for each check, and name what is not ready.
 *
 * @throws the system's error if the address cannot be listened on
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      options.log.error({ err: error, url: request.url }, 'the health server failed to answer');
      if (!response.headersSent) sendText(response, 500, 'failed; the log has the cause\n');
    });
  });
  const port = await listen(server, options.address);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** What `/readyz` and `/healthz` answer: a line for each check, `ok` or the problem, and the status. */
export function reportChecks(checks: readonly HealthCheck[]): { status: 200 | 503; body: string } {
  const lines: string[] = [];
  let status: 200 | 503 = 200;
  for (const { name, problem } of checks) {
    const found = problem();
    if (found !== undefined) status = 503;
    lines.push(found === undefined ? `[+] ${name}: ok` : `[-] ${name}: ${found}`);
  }
  lines.push(status === 200 ? 'ok' : 'not ready');
  return { status, body: `${lines.join('\n')}\n` };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: HealthServerOptions,
): Promise<void> {
  const path = request.url?.split('?', 1)[0];
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    sendText(response, 405, 'only GET and HEAD are allowed\n');
    return;
  }
  switch (path) {
    case '/healthz':
    case '/readyz': {
      const checks = path === '/readyz' ? options.readiness : (options.liveness ?? []);
      const { status, body } = reportChecks(checks);
      sendText(response, status, body);
      return;
    }
    case '/metrics':
      await sendMetrics(request, response, options);
      return;
    default:
      sendText(response, 404, 'there is /healthz, /readyz and /metrics\n');
  }
}

async function sendMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  { registry, metricsAccess }: HealthServerOptions,
): Promise<void> {
  const access = (await metricsAccess?.(request.headers.authorization)) ?? 'granted';
  if (access === 'unauthenticated') {
    response.setHeader('WWW-Authenticate', 'Bearer');
    sendText(response, 401, 'send the bearer token of a service account that may get /metrics\n');
  } else if (access === 'busy') {
    response.setHeader('Retry-After', '1');
    sendText(response, 503, 'too many others ask for the metrics; try again\n');
  } else if (access === 'denied') {
    sendText(response, 403, 'this account may not get the non-resource URL /metrics\n');
  } else {
    const body = await registry.metrics();
    response.writeHead(200, { 'Content-Type': registry.contentType }).end(body);
  }
}

function sendText(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(body);
}
