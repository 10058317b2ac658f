/*
 * The program that runs after jobflow has been uninstalled: takes its finalizer off every Job, and deletes what the
 * settings say. Exit code 0: nothing is left that blocks anybody; 1: something is, and the last line of the log says
 * what; 2: wrong settings.
 */
import { connect, type Connection } from '../src/kube/connection.ts';
import { readCleanupConfig, type CleanupConfig } from '../src/runtime/cleanup-config.ts';
import { createLogger } from '../src/runtime/logging.ts';
import { readOrExit } from '../src/runtime/program.ts';
import { VERSION } from '../src/runtime/version.ts';
import { cleanUp } from './cleanup/object-cleaner.ts';

const NAME = 'jobflow-cleanup';

const read = readOrExit({ name: NAME, read: readCleanupConfig, process });
if (read !== undefined) process.exitCode = await run(read.settings);

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
  let connection: Connection | undefined;
  try {
    connection = await connect({
      kubeconfigPath: kubeconfig,
      connections: 8,
      userAgent: `${NAME}/${VERSION}`,
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
    if (report.problems.length === 0) {
      log.info(report, 'cleaned up: nothing of jobflow is left that blocks anybody');
      return 0;
    }
    log.error(report, 'not cleaned up: what is left is named under problems; run it again');
  } catch (error) {
    log.fatal({ err: error }, connection === undefined ? 'could not start' : 'could not go on');
  } finally {
    clearTimeout(limit);
    await connection?.close();
  }
  return 1;
}
