import type { Registry } from 'prom-client';
import { connect, type Connection } from '../kube/connection.ts';
import type { ProcessConfig } from './config.ts';
import { followSettings } from './follow-settings.ts';
import { startHealthServer, type HealthCheck } from './health.ts';
import { createLogger, type Logger } from './logging.ts';
import { metricsAccessByApiServer } from './metrics-access.ts';
import { createMetricsRegistry, registerRequests } from './metrics.ts';
import type { Environment, ParsedSettings } from './settings.ts';
import { createShutdown, type ProcessEvents, type Shutdown } from './shutdown.ts';
import { VERSION } from './version.ts';

/** What a program stands on once its process is up. */
export interface Program<C extends ProcessConfig> {
  readonly config: C;
  readonly log: Logger;
  readonly registry: Registry;
  readonly connection: Connection;
  readonly shutdown: Shutdown;
  /** A monotonic clock, in milliseconds. */
  readonly now: () => number;
  /** Adds something without which the program is not ready. */
  readonly addReadiness: (check: HealthCheck) => void;
}

/** Who reads which settings. */
export interface ReadOptions<C> {
  /** As logs, the API server's audit log and the help call it. */
  readonly name: string;
  readonly read: (args: readonly string[], env: Environment) => ParsedSettings<C>;
  readonly process: Pick<ProcessEvents, 'exit'> & {
    readonly argv: readonly string[];
    readonly env: Environment;
    readonly stdout: { write(text: string): unknown };
    readonly stderr: { write(text: string): unknown };
  };
}

/** Settings that can be used. */
type ReadSettings<C> = Extract<ParsedSettings<C>, { kind: 'settings' }>;

/** One program: its name, its settings and what it does. */
export interface ProgramOptions<C extends ProcessConfig> extends ReadOptions<C> {
  /** Connections to the API server for requests; watches have their own. */
  readonly connections: number | ((config: C) => number);
  /** Starts the work; the program is not ready before it has resolved. What it starts it adds to the shutdown. */
  readonly start: (program: Program<C>) => Promise<void> | void;
  readonly process: ReadOptions<C>['process'] & ProcessEvents;
}

/**
 * Runs a program: settings, log, signals, connection and health server, in this order, and then its work. Wrong
 * settings end it with 2 and a sentence each, `--help` with 0, a failure to start with 1.
 */
export async function runProgram<C extends ProcessConfig>(options: ProgramOptions<C>): Promise<void> {
  const read = readOrExit(options);
  if (read !== undefined) await runWith(read, options);
}

/**
 * Reads the settings of a program. Wrong ones end the process with 2 and a sentence each, `--help` with 0.
 *
 * @returns the settings; undefined if the process is ending
 */
export function readOrExit<C>({ name, read, process }: ReadOptions<C>): ReadSettings<C> | undefined {
  const parsed = read(process.argv.slice(2), process.env);
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(parsed.text);
      process.exit(0);
      return undefined;
    case 'refused':
      for (const problem of parsed.problems) process.stderr.write(`${name}: ${problem}\n`);
      process.exit(2);
      return undefined;
    case 'settings':
      return parsed;
  }
}

async function runWith<C extends ProcessConfig>(
  { settings: config, values }: ReadSettings<C>,
  options: ProgramOptions<C>,
): Promise<void> {
  const { name, process } = options;
  const log = createLogger({ program: name, level: config.logLevel });
  const shutdown = createShutdown({ process, log, timeoutMs: config.shutdownTimeoutMs });
  if (config.configFile !== undefined) {
    const read = (): ParsedSettings<C> => options.read(process.argv.slice(2), process.env);
    shutdown.add('settings', followSettings({ file: config.configFile, values, read, log }));
  }
  const registry = createMetricsRegistry(name);
  const now = (): number => performance.now();
  try {
    const connection = await connect({
      kubeconfigPath: config.kubeconfig,
      connections:
        typeof options.connections === 'number' ? options.connections : options.connections(config),
      userAgent: `${name}/${VERSION}`,
      env: process.env,
      observe: registerRequests(registry),
    });
    let started = false;
    const readiness: HealthCheck[] = [
      { name: 'running', problem: () => (shutdown.stopping ? 'the program is stopping' : undefined) },
      { name: 'started', problem: () => (started ? undefined : 'the program is still starting') },
    ];
    const health = await startHealthServer({
      address: config.healthAddress,
      readiness,
      registry,
      log,
      ...(config.metricsAccess === 'api-server'
        ? { metricsAccess: metricsAccessByApiServer({ connection, log, now }) }
        : {}),
    });
    // Stopped last, so that readiness can be seen to be false all the while.
    shutdown.add('health server', () => health.close());
    shutdown.add('connection', () => connection.close());
    log.info({ server: connection.server, healthPort: health.port }, 'starting');
    const addReadiness = (check: HealthCheck): void => {
      readiness.push(check);
    };
    await options.start({ config, log, registry, connection, shutdown, now, addReadiness });
    started = true;
    log.info('started');
  } catch (error) {
    // A stop in the middle of the start makes it fail too; that is no failure of ours.
    if (shutdown.stopping) return;
    log.fatal({ err: error }, 'could not start');
    await shutdown.begin('could not start', 1);
  }
}
