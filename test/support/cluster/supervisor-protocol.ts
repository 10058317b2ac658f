/** One program that a supervisor runs. */
export type ProgramSpec = {
  /** Unique among the programs of one supervisor. */
  name: string;
  /** Absolute path of the executable. */
  command: string;
  args: readonly string[];
  /** The whole environment: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  /** Working directory (absolute); the supervisor's directory when absent. */
  workingDirectory?: string;
  /** Absolute path that receives stdout and stderr; appended to at a restart. */
  logFile: string;
  /** How long a SIGTERM may take before SIGKILL follows, in milliseconds. */
  stopLimitMs: number;
  /** Programs that started one after another with the same tier are stopped together at the supervisor's end. */
  tier: string;
};

/** How a program ended: exactly one of the two is not null. */
export type ProgramEnd = { code: number | null; signal: NodeJS.Signals | null };

/** What an owner asks of its supervisor. */
export type SupervisorRequest =
  | { kind: 'start'; id: number; program: ProgramSpec }
  | { kind: 'signal'; id: number; name: string; signal: NodeJS.Signals }
  | { kind: 'stop'; id: number; name: string }
  | { kind: 'close'; id: number };

/** What a supervisor tells its owner. */
export type SupervisorReport =
  | { kind: 'opened'; directory: string }
  | { kind: 'answer'; id: number; pid?: number; error?: string }
  | { kind: 'ended'; name: string; pid: number; end: ProgramEnd };
