import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ProgramEnd, ProgramSpec, SupervisorReport, SupervisorRequest } from './supervisor-protocol.ts';

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;
type Run = {
  pid: number;
  claimed: boolean;
  end: ProgramEnd | undefined;
  ended: PromiseWithResolvers<ProgramEnd>;
};
/** What a program needs of its supervisor. */
type Reins = {
  ask: (request: Unnumbered<SupervisorRequest>) => Promise<number | undefined>;
  launch: (spec: ProgramSpec) => Promise<Run>;
};

/**
 * Runs programs that never outlive this process: they are children of a separate process in a session of its
 * own, which stops them in reverse order and removes its directory as soon as this process ends, be it by
 * `close`, by returning from main, by an uncaught error, by SIGINT or by SIGKILL.
 */
export class Supervisor {
  /** A fresh temporary directory that ends with the supervisor. */
  readonly directory: string;
  readonly #process: ChildProcess;
  readonly #programs = new Map<string, Program>();
  /** By process id; a run that ends at once is known here before `start` has returned. */
  readonly #runs = new Map<number, Run>();
  readonly #pending = new Map<
    number,
    { resolve: (pid: number | undefined) => void; reject: (error: Error) => void }
  >();
  #lastId = 0;
  #closing: Promise<void> | undefined;

  private constructor(child: ChildProcess, directory: string) {
    this.#process = child;
    this.directory = directory;
    child.on('message', (report: SupervisorReport) => {
      this.#receive(report);
    });
    child.once('exit', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('The supervisor process has ended.'));
      this.#pending.clear();
    });
    this.#holdLoop();
  }

  /**
   * Starts a supervisor process.
   *
   * @throws Error when it ends before it is ready
   */
  static async open(): Promise<Supervisor> {
    const child = fork(fileURLToPath(new URL('./supervisor-process.ts', import.meta.url)), {
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    const directory = await new Promise<string>((resolve, reject) => {
      child.once('message', (report: SupervisorReport) => {
        if (report.kind === 'opened') resolve(report.directory);
      });
      child.once('error', reject);
      child.once('exit', (code) => {
        reject(new Error(`The supervisor process ended with code ${code ?? 'none'} before it was ready.`));
      });
    });
    return new Supervisor(child, directory);
  }

  /** The process id of the supervisor process. */
  get pid(): number {
    if (this.#process.pid === undefined) throw new Error('The supervisor has no process.');
    return this.#process.pid;
  }

  /** The process ids of all programs that run now. */
  get programPids(): number[] {
    return [...this.#programs.values()].filter((program) => program.running).map((program) => program.pid);
  }

  /**
   * Starts a program and returns once it is spawned.
   *
   * @throws Error when it cannot be spawned, when one of that name runs, or when the supervisor is closing
   */
  async start(spec: ProgramSpec): Promise<Program> {
    const program = new Program(spec, await this.#launch(spec), {
      ask: (request) => this.#ask(request),
      launch: (again) => this.#launch(again),
    });
    this.#programs.set(spec.name, program);
    return program;
  }

  /** Stops every program, the last started first, and removes the directory. May be called again. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise<void>((resolve) =>
      this.#process.once('exit', () => {
        resolve();
      }),
    );
    await this.#ask({ kind: 'close' });
    this.#process.ref();
    await ended;
  }

  #receive(report: SupervisorReport): void {
    switch (report.kind) {
      case 'opened':
        return;
      case 'ended': {
        const run = this.#runOf(report.pid);
        // A program that ends at once may be told to have ended before it is told to have started.
        if (run.claimed) this.#runs.delete(report.pid);
        run.end = report.end;
        run.ended.resolve(report.end);
        return;
      }
      case 'answer': {
        const waiting = this.#pending.get(report.id);
        this.#pending.delete(report.id);
        this.#holdLoop();
        if (report.error === undefined) waiting?.resolve(report.pid);
        else waiting?.reject(new Error(report.error));
      }
    }
  }

  async #launch(spec: ProgramSpec): Promise<Run> {
    const pid = await this.#ask({ kind: 'start', program: spec });
    if (pid === undefined) throw new Error(`The supervisor did not name the process of ${spec.name}.`);
    const run = this.#runOf(pid);
    run.claimed = true;
    if (run.end !== undefined) this.#runs.delete(pid);
    return run;
  }

  #runOf(pid: number): Run {
    const known = this.#runs.get(pid);
    if (known !== undefined) return known;
    const run: Run = { pid, claimed: false, end: undefined, ended: Promise.withResolvers<ProgramEnd>() };
    this.#runs.set(pid, run);
    return run;
  }

  #ask(request: Unnumbered<SupervisorRequest>): Promise<number | undefined> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (!this.#process.connected) {
        reject(new Error('The supervisor process has ended.'));
        return;
      }
      this.#pending.set(id, { resolve, reject });
      this.#holdLoop();
      this.#process.send({ ...request, id });
    });
  }

  /** Keeps this process alive exactly while an answer is awaited: an owner may simply return from its main. */
  #holdLoop(): void {
    if (this.#pending.size > 0) {
      this.#process.channel?.ref();
    } else {
      this.#process.channel?.unref();
      this.#process.unref();
    }
  }
}

/** A program under a supervisor, across its restarts. */
export class Program {
  readonly #reins: Reins;
  #spec: ProgramSpec;
  #run: Run;

  /** Made by `Supervisor.start`. */
  constructor(spec: ProgramSpec, run: Run, reins: Reins) {
    this.#spec = spec;
    this.#run = run;
    this.#reins = reins;
  }

  /** Its name among the programs of its supervisor. */
  get name(): string {
    return this.#spec.name;
  }

  /** The process id of the current run, or of the last one. */
  get pid(): number {
    return this.#run.pid;
  }

  /** Whether the current run has not ended yet, as far as the supervisor has told. */
  get running(): boolean {
    return this.#run.end === undefined;
  }

  /** How the last run ended; `undefined` while it runs. */
  get end(): ProgramEnd | undefined {
    return this.#run.end;
  }

  /** Sends a signal (SIGSTOP, SIGCONT, SIGHUP…) to it and to what it started, without waiting for anything. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    await this.#reins.ask({ kind: 'signal', name: this.name, signal });
  }

  /** Ends it by a signal, SIGKILL unless stated, and waits for the end. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<ProgramEnd> {
    if (this.#run.end !== undefined) return this.#run.end;
    await this.signal(signal);
    return this.waitForEnd();
  }

  /** Stops it in good order: SIGTERM, then SIGKILL after the limit. */
  async stop(): Promise<void> {
    await this.#reins.ask({ kind: 'stop', name: this.name });
  }

  /**
   * Starts it again, after stopping a run that still lasts.
   *
   * @param env settings that replace or add to those of the last start, for this run and those that follow
   */
  async restart(env: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.running) await this.stop();
    this.#spec = { ...this.#spec, env: { ...this.#spec.env, ...env } };
    this.#run = await this.#reins.launch(this.#spec);
  }

  /** Waits for the end of the current run. */
  async waitForEnd(): Promise<ProgramEnd> {
    // The supervisor's reports do not keep this process alive; this timer does.
    const hold = setInterval(() => undefined, 1_000);
    try {
      return await this.#run.ended.promise;
    } finally {
      clearInterval(hold);
    }
  }

  /** What it has written to stdout and stderr so far, over all its runs. */
  async logText(): Promise<string> {
    return readFile(this.#spec.logFile, 'utf8');
  }
}
