import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { connect } from '../src/kube/connection.ts';
import { EventRecorder } from '../src/kube/events.ts';
import { readControllerConfig, type ControllerConfig } from '../src/runtime/config.ts';
import { startHealthServer } from '../src/runtime/health.ts';
import { createLogger } from '../src/runtime/logging.ts';
import { createMetricsRegistry } from '../src/runtime/metrics.ts';
import { createShutdown } from '../src/runtime/shutdown.ts';
import { settingsOrExit } from '../src/runtime/start.ts';
import { JobController } from './job-controller.ts';

const ownIdentity = `${hostname()}_${randomBytes(4).toString('hex')}`;
await run(settingsOrExit(readControllerConfig(process.argv.slice(2), process.env, ownIdentity)));

async function run(config: ControllerConfig): Promise<void> {
  const log = createLogger({ program: 'jobflow-controller', level: config.logLevel });
  const shutdown = createShutdown({ process, log, timeoutMs: config.shutdownTimeoutMs });
  const registry = createMetricsRegistry();
  const connection = await connect({
    kubeconfigPath: config.kubeconfig,
    // Events and the Lease need a connection even while every worker writes.
    connections: config.workers + 4,
    userAgent: 'jobflow-controller',
  });
  shutdown.add('connection', () => connection.close());
  const events = new EventRecorder({ connection, log });
  shutdown.add('events', () => events.stop());
  const controller = new JobController({
    connection,
    events,
    config,
    registry,
    log,
    now: Date.now,
    random: Math.random,
  });
  shutdown.add('controller', () => controller.stop());
  const health = await startHealthServer({
    address: config.healthAddress,
    readiness: [
      { name: 'jobs', problem: () => (controller.synced ? undefined : 'the first list is not complete') },
    ],
    registry,
    log,
  });
  shutdown.add('health', () => health.close());
  controller.start();
}
