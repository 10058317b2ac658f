/** What one run of the command line ends with. */
export const EXIT_CODES = {
  /** All is well. */
  ok: 0,
  /** What was looked at has failed, or has errors. */
  failed: 1,
  /** The words on the command line make no sense. */
  usage: 2,
  /** It took longer than it was allowed to. */
  timeout: 3,
  /** What was asked about has not ended, neither well nor badly. */
  notEnded: 4,
  /** The user has interrupted it, as shells say it: 128 and the number of SIGINT. */
  interrupted: 130,
} as const;

/** One of the {@link EXIT_CODES}. */
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** The size of a terminal, in characters and lines. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The terminal, pipe or file that a command talks to, and how the command ends. */
export interface Terminal {
  /** Writes to the standard output, as it is. */
  readonly out: (text: string) => void;
  /** Writes bytes to the standard output, as they are; done once it can take more. */
  readonly outBytes: (bytes: Uint8Array) => Promise<void>;
  /** Writes to the standard error, as it is. */
  readonly err: (text: string) => void;
  /** Reads the standard input to its end. */
  readonly readInput: () => Promise<Uint8Array>;
  /** Whether the standard output shows colours. */
  readonly colour: boolean;
  /** How large the standard output is, as it is now; undefined if it is no terminal. */
  readonly size: () => TerminalSize | undefined;
  /**
   * From now on the first Ctrl-C (SIGINT) or SIGTERM aborts this signal, and only the next one ends the program where
   * it stands. For commands that follow something and have to end in order.
   */
  readonly interruption: () => AbortSignal;
  /**
   * Asks whoever sits at the terminal, and gives the line that they wrote: empty if they ended it by Ctrl-C or Ctrl-D.
   * Undefined if the standard input is no terminal.
   */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** States the exit code; the last one counts. */
  readonly end: (code: ExitCode) => void;
}

/** A colour of the terminal's own palette (https://en.wikipedia.org/wiki/ANSI_escape_code#Colors). */
const COLOURS = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, grey: 90 } as const;

/**
 * A text in a colour, where colours are shown.
 *
 * @param terminal tells whether they are
 */
export function coloured(terminal: Terminal, colour: keyof typeof COLOURS, text: string): string {
  return terminal.colour ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
}

/**
 * Whether to show colours: on a terminal only, and never where NO_COLOR is set to anything (https://no-color.org).
 *
 * @param isTerminal whether the output is a terminal
 * @param env the environment
 */
export function showsColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const refused = env.NO_COLOR !== undefined && env.NO_COLOR !== '';
  return isTerminal && !refused && env.TERM !== 'dumb';
}
