import type { Program } from './supervisor.ts';
import type { ProgramEnd } from './supervisor-protocol.ts';
import { untilUp } from './until-up.ts';

const LOOK_LIMIT_MS = 2_000;

/** One of jobflow's two programs, running as a process that a test may end and start again. */
export class JobflowProgram {
  /** Serves `/healthz`, `/readyz` and `/metrics`: `http://127.0.0.1:PORT`. */
  readonly healthUrl: string;
  readonly #program: Program;

  /** Made by `installJobflow`. */
  constructor(program: Program, healthUrl: string) {
    this.#program = program;
    this.healthUrl = healthUrl;
  }

  /** As in `jobflow-controller-1`; a controller has it as its identity too. */
  get name(): string {
    return this.#program.name;
  }

  get pid(): number {
    return this.#program.pid;
  }

  get running(): boolean {
    return this.#program.running;
  }

  /** Ends it by a signal, SIGKILL unless stated, and waits for the end. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<ProgramEnd> {
    return this.#program.kill(signal);
  }

  /** Sends a signal that does not end it, such as SIGSTOP and SIGCONT. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    await this.#program.signal(signal);
  }

  /** Stops it in good order and waits for the end. */
  async stop(): Promise<void> {
    await this.#program.stop();
  }

  /**
   * Stops it if it runs, starts it again and waits until it is ready.
   *
   * @param env settings that replace or add to the earlier ones
   */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#program.restart(env);
    await this.waitUntilReady();
  }

  /** What it has logged so far, over all its runs. */
  async logText(): Promise<string> {
    return this.#program.logText();
  }

  /**
   * Waits until `/readyz` answers 200.
   *
   * @throws Error with the end of its log when it ends before that, or takes longer than a minute
   */
  async waitUntilReady(): Promise<void> {
    await untilUp(this, `${this.name} to be ready`, async () => {
      try {
        const response = await fetch(`${this.healthUrl}/readyz`, {
          signal: AbortSignal.timeout(LOOK_LIMIT_MS),
        });
        await response.body?.cancel();
        return response.ok;
      } catch {
        // It does not listen yet.
        return false;
      }
    });
  }
}
