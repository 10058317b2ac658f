import { setTimeout as wait } from 'node:timers/promises';
import { compileFlowResources } from '../src/api/flow-resources.ts';
import type { WebhookConfig } from '../src/runtime/config.ts';
import { followCertificate } from '../src/runtime/certificates/follow-certificate.ts';
import type { Program } from '../src/runtime/program.ts';
import { createApp, type AppOptions } from './app.ts';
import { createWebhookMetrics } from './metrics.ts';
import { startWebhookServer, type WebhookServer } from './server.ts';

/**
 * Starts answering admission requests: metrics, the certificate, the HTTPS server, and its drain when the program
 * stops. Readiness turns false before the drain begins, because the program is then stopping.
 *
 * @param judges judge one request each
 * @throws if the certificate's files cannot be used or the address cannot be listened on
 */
export async function startWebhook(
  program: Program<WebhookConfig>,
  judges: Pick<AppOptions, 'decide' | 'decideResource'>,
): Promise<WebhookServer> {
  const { config, log, registry, shutdown, now } = program;
  const metrics = createWebhookMetrics(registry);
  const listener = createApp({
    ...judges,
    log,
    metrics,
    maxBodyBytes: config.maxBodyBytes,
    requestTimeoutMs: config.requestTimeoutMs,
    now,
  });
  compileFlowResources();
  const certificate = await followCertificate(program);
  metrics.readCertificateExpiry(() => certificate.expiryMs / 1_000);
  const server = await startWebhookServer({
    address: config.listenAddress,
    pair: certificate.pair,
    listener,
    log,
  });
  // Also what has come while the server was starting.
  certificate.onChange((pair) => {
    server.setKeyPair(pair);
  });
  shutdown.add('HTTPS server', () => server.drain(wait(config.drainDelayMs), config.requestTimeoutMs));
  log.info({ address: config.listenAddress.host, port: server.port }, 'listening');
  return server;
}
