import { coloured, type Terminal } from '../terminal/terminal.ts';
import type { TimedLine } from './log-position.ts';

/** How lines are written. */
export interface LogForm {
  /** Each line says whose it is. */
  readonly prefix: boolean;
  /** Each line begins with its time. */
  readonly timestamps: boolean;
}

/** Whose log it is. */
export interface LogLabel {
  readonly job: string;
  readonly pod: string;
  readonly container: string;
}

/** Colours for Jobs; red is left to what is wrong. */
const JOB_COLOURS = ['cyan', 'green', 'yellow', 'magenta', 'blue'] as const;

const NEWLINE = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);

/** Writes the lines of several logs to one output. */
export class LogOutput {
  readonly #terminal: Terminal;
  readonly #form: LogForm;
  /** Jobs in the order in which they first said something; each has a colour. */
  readonly #jobs = new Map<string, (typeof JOB_COLOURS)[number]>();
  #isAtLineStart = true;

  constructor(terminal: Terminal, form: LogForm) {
    this.#terminal = terminal;
    this.#form = form;
  }

  /**
   * Writes lines of one log.
   *
   * @returns once the output can take more
   */
  async write(label: LogLabel, lines: readonly TimedLine[]): Promise<void> {
    const prefix = this.#form.prefix ? this.#prefixOf(label) : NOTHING;
    const pieces: Buffer[] = [];
    for (const { bytes, time, isWhole } of lines) {
      // Another log has ended without a line feed.
      if (!this.#isAtLineStart) pieces.push(NEWLINE);
      if (prefix.length > 0) pieces.push(prefix);
      if (this.#form.timestamps && time !== undefined) pieces.push(Buffer.from(`${time} `));
      pieces.push(bytes);
      this.#isAtLineStart = isWhole || this.#form.prefix;
      if (this.#isAtLineStart) pieces.push(NEWLINE);
    }
    if (pieces.length > 0) await this.#terminal.outBytes(Buffer.concat(pieces));
  }

  #prefixOf(label: LogLabel): Buffer {
    const { job, container } = label;
    const text = `${job}/${shortPod(label)} ${container} | `;
    const colour = this.#jobs.get(job) ?? JOB_COLOURS[this.#jobs.size % JOB_COLOURS.length] ?? 'cyan';
    this.#jobs.set(job, colour);
    return Buffer.from(coloured(this.#terminal, colour, text));
  }
}

/** The name of a pod begins with that of its Job, which need not be said twice. */
function shortPod({ job, pod }: LogLabel): string {
  return pod.startsWith(`${job}-`) ? pod.slice(job.length + 1) : pod;
}
