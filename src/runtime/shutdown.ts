import type { Logger } from './logging.ts';

/** The part of `process` that a shutdown needs. */
export interface ProcessEvents {
  on(event: string, listener: (value: unknown) => void): unknown;
  exit(code: number): void;
}

/** How a program ends. */
export interface ShutdownOptions {
  readonly process: ProcessEvents;
  readonly log: Logger;
  /** After so many milliseconds the process ends, whatever has not been stopped yet. */
  readonly timeoutMs: number;
}

/** The way out of a program. */
export interface Shutdown {
  /** Set from the moment that the program has been told to stop. */
  readonly stopping: boolean;
  /**
   * Adds something to stop. What was added last is stopped first, each after the one before it has ended, so that
   * nothing loses what it stands on; a step that fails is logged and the others still run.
   *
   * @param name as the log calls it
   * @param stop ends it; resolved once it has ended
   */
  add(name: string, stop: () => Promise<void> | void): void;
  /**
   * Stops everything and ends the process. Only the first call counts.
   *
   * @param reason as the log tells it
   * @param exitCode of the process; 1 if a step fails or the time is up
   */
  begin(reason: string, exitCode?: number): Promise<void>;
}

/**
 * Handles the end of a program: SIGTERM and SIGINT stop everything in order and exit 0, a second signal ends the
 * process at once, and an error that nobody caught is logged and ends it with 1 (Kubernetes starts it again; going
 * on in an unknown state would be worse).
 */
export function createShutdown({ process, log, timeoutMs }: ShutdownOptions): Shutdown {
  const steps: { name: string; stop: () => Promise<void> | void }[] = [];
  let stopping = false;

  const begin = async (reason: string, exitCode = 0): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'stopping');
    let code = exitCode;
    let running = '';
    // Not unref'ed: it must also fire when a step waits for something that never comes.
    const limit = setTimeout(() => {
      log.error({ step: running, timeoutMs }, 'could not stop in time');
      process.exit(1);
    }, timeoutMs);
    for (const step of steps.reverse()) {
      running = step.name;
      try {
        await step.stop();
      } catch (error) {
        code = 1;
        log.error({ err: error, step: step.name }, 'failed to stop');
      }
    }
    clearTimeout(limit);
    log.info({ exitCode: code }, 'stopped');
    process.exit(code);
  };

  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
      if (!stopping) {
        void begin(signal);
        return;
      }
      log.warn({ signal }, 'told to stop again, ending at once');
      process.exit(1);
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error) => {
      log.fatal({ err: error, event }, 'an error that nobody caught');
      process.exit(1);
    });
  }

  return {
    get stopping() {
      return stopping;
    },
    add: (name, stop) => {
      steps.push({ name, stop });
    },
    begin,
  };
}
