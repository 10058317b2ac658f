import { setTimeout as wait } from 'node:timers/promises';
import type { WebhookConfig } from '../src/runtime/config.ts';
import type { Program } from '../src/runtime/program.ts';
import { followTlsFiles } from '../src/runtime/tls-reload.ts';
import { createApp, type AppOptions } from './app.ts';
import { createWebhookMetrics } from './metrics.ts';
import { startWebhookServer, type WebhookServer } from './server.ts';

/**
 * Starts answering admission requests: metrics, TLS that follows its files, the HTTPS server, and its drain when
 * the program stops. Readiness turns false before the drain begins, because the program is then stopping.
 *
 * @param judges judge one request each
 * @throws if the certificate cannot be used or the address cannot be listened on
 */
export async function startWebhook(
  program: Program<WebhookConfig>,
  judges: Pick<AppOptions, 'decide' | 'decideResource'>,
): Promise<WebhookServer> {
  const { config, log, registry, shutdown, now } = program;
  const listener = createApp({
    ...judges,
    log,
    metrics: createWebhookMetrics(registry),
    maxBodyBytes: config.maxBodyBytes,
    requestTimeoutMs: config.requestTimeoutMs,
    now,
  });
  const tls = await followTlsFiles({
    certFile: config.tlsCertFile,
    keyFile: config.tlsKeyFile,
    log,
    onChange: (pair) => {
      server.setKeyPair(pair);
    },
  });
  const server = await startWebhookServer({
    address: config.listenAddress,
    pair: tls.current,
    listener,
    log,
  });
  shutdown.add('TLS files', () => {
    tls.stop();
  });
  shutdown.add('HTTPS server', () => server.drain(wait(config.drainDelayMs), config.requestTimeoutMs));
  log.info({ address: config.listenAddress.host, port: server.port }, 'listening');
  return server;
}
