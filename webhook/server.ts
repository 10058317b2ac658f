import type { RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { DropArgument, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { listen } from '../src/runtime/listen.ts';
import type { Logger } from '../src/runtime/logging.ts';
import type { ListenAddress } from '../src/runtime/settings.ts';
import type { KeyPair } from '../src/runtime/tls-reload.ts';

/** What the HTTPS server needs. */
export interface WebhookServerOptions {
  readonly address: ListenAddress;
  readonly pair: KeyPair;
  /** Answers the requests: the express app. */
  readonly listener: RequestListener;
  readonly log: Logger;
  /** Connections beyond this are closed as they come; 1,000. */
  readonly maxConnections?: number;
}

/** A running HTTPS server. */
export interface WebhookServer {
  readonly port: number;
  /** Uses another certificate for new connections; those that are open go on with theirs. */
  setKeyPair(pair: KeyPair): void;
  /**
   * Ends without dropping a request: goes on answering, each answer with `Connection: close`, until whoever sends
   * requests leaves this server out; then stops listening and answers what still runs.
   *
   * @param leftOut resolves once no new requests are to be expected
   * @param limitMs how long it then waits for what still runs, before it closes those connections
   */
  drain(leftOut: Promise<void>, limitMs: number): Promise<void>;
}

/**
 * Starts the HTTPS server, TLS 1.2 and newer. It speaks HTTP/1.1 only: the API server does not use HTTP/2 with
 * webhooks unless they are on localhost (k8s.io/apiserver, util/webhook/client.go), and express cannot.
 *
 * @throws the system's error if the address cannot be listened on, or OpenSSL's if the pair cannot be used
 */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { address, pair, listener, log, maxConnections = 1_000 } = options;
  const server = createServer({
    ...tlsOptions(pair),
    ...LIMITS,
    ALPNProtocols: ['http/1.1'],
  });
  server.maxConnections = maxConnections;

  const running = new Set<ServerResponse>();
  let draining = false;
  server.on('request', (request, response) => {
    running.add(response);
    response.once('close', () => running.delete(response));
    if (draining) response.setHeader('Connection', 'close');
    listener(request, response);
  });

  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', (error) => {
    log.debug({ err: error }, 'a TLS handshake failed');
  });
  server.on('drop', (dropped?: DropArgument) => {
    log.warn({ remote: dropped?.remoteAddress, maxConnections }, 'too many connections, closed one');
  });
  const port = await listen(server, address);

  return {
    port,
    setKeyPair: (next) => {
      server.setSecureContext(tlsOptions(next));
    },
    drain: async (leftOut, limitMs) => {
      draining = true;
      for (const response of running) {
        if (!response.headersSent) response.setHeader('Connection', 'close');
      }
      await leftOut;
      const closed = new Promise<'closed'>((resolve) => {
        server.close(() => {
          resolve('closed');
        });
      });
      // A connection can become idle, or finish its handshake, after close() has looked.
      const sweep = setInterval(() => {
        server.closeIdleConnections();
      }, 50);
      const limit = new AbortController();
      const late = wait(limitMs, 'late' as const, { signal: limit.signal }).catch(() => 'closed' as const);
      if ((await Promise.race([closed, late])) === 'late') {
        log.warn(
          { requests: running.size, limitMs },
          'requests were still running, closed their connections',
        );
        for (const socket of sockets) socket.destroy();
        await closed;
      }
      limit.abort();
      clearInterval(sweep);
    },
  };
}

const LIMITS = {
  /** For headers and body together, in milliseconds. */
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  handshakeTimeout: 10_000,
  connectionsCheckingInterval: 5_000,
  /**
   * Longer than the 90 s for which Go's HTTP client keeps an idle connection, so that it is the API server that
   * closes it: a request sent into a connection that is just being closed would be lost.
   */
  keepAliveTimeout: 120_000,
  maxHeaderSize: 16 * 1_024,
};

function tlsOptions({ cert, key }: KeyPair): { cert: string; key: string; minVersion: 'TLSv1.2' } {
  return { cert, key, minVersion: 'TLSv1.2' };
}
