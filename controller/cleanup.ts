/*
 * The program that runs after jobflow has been uninstalled: takes its finalizer off every Job, and deletes what the
 * settings say. Exit code 0: nothing is left that blocks anybody; 1: something is, and the last line of the log says
 * what; 2: wrong settings.
 */
import { connect } from '../src/kube/connection.ts';
import { readCleanupConfig, type CleanupConfig } from '../src/runtime/cleanup-config.ts';
import { createLogger } from '../src/runtime/logging.ts';
import { readOrExit } from '../src/runtime/program.ts';
import { cleanUp } from './object-cleaner.ts';

const NAME = 'jobflow-cleanup';

const config = readOrExit({ name: NAME, read: readCleanupConfig, process });
if (config !== undefined) process.exitCode = await run(config);

async function run({ kubeconfig, namespaces, logLevel, policy, timeoutMs }: CleanupConfig): Promise<number> {
  const log = createLogger({ program: NAME, level: logLevel });
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, () => {
      log.warn({ signal }, 'told to stop');
      ending.abort();
    });
  }
  const limit = setTimeout(() => {
    log.warn({ timeoutMs }, 'the time is up');
    ending.abort();
  }, timeoutMs);
  try {
    const connection = await connect({
      kubeconfigPath: kubeconfig,
      connections: 8,
      userAgent: NAME,
      env: process.env,
    });
    log.info({ server: connection.server, namespaces, ...policy }, 'cleaning up');
    const report = await cleanUp({
      connection,
      log,
      policy,
      namespaces,
      signal: ending.signal,
      random: Math.random,
    });
    await connection.close();
    if (report.problems.length === 0) {
      log.info(report, 'cleaned up: nothing of jobflow is left that blocks anybody');
      return 0;
    }
    log.error(report, 'not cleaned up: what is left is named under problems; run it again');
  } catch (error) {
    log.fatal({ err: error }, 'could not start');
  } finally {
    clearTimeout(limit);
  }
  return 1;
}
