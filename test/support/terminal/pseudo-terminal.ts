import { spawn, type IPty } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { screenText, type ScreenOptions } from './screen-text.ts';

/** How a command is run. */
export type TerminalOptions = {
  /** Width in characters (default 80). */
  columns?: number;
  /** Height in lines (default 24). */
  rows?: number;
  /** The folder that the command starts in; that of this process when absent. */
  cwd?: string;
  /** Set over the environment of this process; `undefined` takes a variable away. */
  env?: Readonly<Record<string, string | undefined>>;
};

/** Keys that are no characters, as an xterm sends them (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html). */
const KEYS = {
  'ctrl-c': '\u0003',
  'ctrl-d': '\u0004',
  'ctrl-z': '\u001a',
  enter: '\r',
  tab: '\t',
  escape: '\u001b',
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
} as const;

/** What decides by itself whether a program draws in colour, and how wide: here the terminal alone says it. */
const OF_ANOTHER_TERMINAL = [
  'NO_COLOR',
  'FORCE_COLOR',
  'CLICOLOR',
  'CLICOLOR_FORCE',
  'COLUMNS',
  'LINES',
  'CI',
];

/** Lines that are kept when they scroll away. */
const SCROLLBACK = 10_000;

/**
 * A terminal with one command in it, whose screen can be read: what a person would see.
 *
 * ```ts
 * await using terminal = openTerminal(['node', 'src/cli/main.ts', 'status'], { columns: 80, rows: 24 });
 * await terminal.waitForScreen((lines) => lines.some((line) => line.includes('Running')), 10_000);
 * terminal.press('ctrl-c');
 * expect(await terminal.exitCode()).to.equal(130);
 * expect(terminal.screen()).to.deep.equal(['NAME  STATE', 'load  Running', '^C']);
 * ```
 */
export class PseudoTerminal implements AsyncDisposable {
  readonly #pty: IPty;
  readonly #terminal: xterm.Terminal;
  readonly #ended: Promise<number>;
  #hasEnded = false;

  constructor(pty: IPty, terminal: xterm.Terminal) {
    this.#pty = pty;
    this.#terminal = terminal;
    pty.onData((data) => {
      terminal.write(data);
    });
    // Answers of the terminal itself, such as to the question where the cursor is.
    terminal.onData((answer) => {
      if (!this.#hasEnded) pty.write(answer);
    });
    this.#ended = new Promise((resolve) => {
      pty.onExit(({ exitCode, signal }) => {
        // The screen is whole when the writes before this one are on it.
        terminal.write('', () => {
          this.#hasEnded = true;
          resolve(signal === undefined || signal === 0 ? exitCode : 128 + signal);
        });
      });
    });
  }

  /** The lines that are seen now. */
  screen(options: ScreenOptions = {}): string[] {
    return screenText(this.#terminal.buffer.active, options);
  }

  /**
   * Waits until the screen is as wanted, and gives it.
   *
   * @param isWanted sees the lines without colours
   * @param timeoutMs how long to wait at most
   * @throws Error with the screen on it, when the time is over or the command has ended and it is not as wanted
   */
  async waitForScreen(isWanted: (lines: readonly string[]) => boolean, timeoutMs: number): Promise<string[]> {
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    const look = () => {
      const lines = this.screen();
      if (isWanted(lines)) resolve(lines);
    };
    const giveUp = (because: string) => {
      reject(new Error(`${because}, and the screen is not as wanted:\n${this.screen().join('\n')}`));
    };
    const timer = setTimeout(() => {
      giveUp(`${timeoutMs / 1000} s have passed`);
    }, timeoutMs);
    const listeners = [this.#terminal.onWriteParsed(look), this.#terminal.onResize(look)];
    try {
      look();
      void this.#ended.then((code) => {
        look();
        giveUp(`The command has ended with code ${code}`);
      });
      return await promise;
    } finally {
      clearTimeout(timer);
      for (const listener of listeners) listener.dispose();
    }
  }

  /** Types a text, as it is. */
  type(text: string): void {
    this.#pty.write(text);
  }

  /** Presses a key that is no character. */
  press(key: keyof typeof KEYS): void {
    this.type(KEYS[key]);
  }

  /** Makes the window larger or smaller; the command is told of it (SIGWINCH). */
  resize(columns: number, rows: number): void {
    this.#pty.resize(columns, rows);
    this.#terminal.resize(columns, rows);
  }

  /** The exit code, when the command has ended and all that it wrote is on the screen; after a signal 128 + its number, as shells say it. */
  exitCode(): Promise<number> {
    return this.#ended;
  }

  /** Ends the command if it still runs, and closes the terminal. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) this.#pty.kill('SIGKILL');
    await this.#ended;
    this.#terminal.dispose();
  }
}

/**
 * Opens a terminal and runs a command in it.
 *
 * @param command the program and its words; none of them goes through a shell
 */
export function openTerminal(
  [program, ...words]: readonly [string, ...string[]],
  { columns = 80, rows = 24, cwd, env = {} }: TerminalOptions = {},
): PseudoTerminal {
  const pty = spawn(program, words, {
    name: 'xterm-256color',
    cols: columns,
    rows,
    ...(cwd === undefined ? {} : { cwd }),
    env: environment(env),
  });
  return new PseudoTerminal(
    pty,
    // The buffer of lines counts as a proposed API.
    new xterm.Terminal({ cols: columns, rows, scrollback: SCROLLBACK, allowProposedApi: true }),
  );
}

function environment(
  changes: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !OF_ANOTHER_TERMINAL.includes(name));
  return Object.fromEntries(
    Object.entries({ ...Object.fromEntries(inherited), ...changes }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}
