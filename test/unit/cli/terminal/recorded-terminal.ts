import type { ExitCode, Terminal, TerminalSize } from '../../../../src/cli/terminal/terminal.ts';

/** What a {@link RecordedTerminal} is like. */
export interface RecordedTerminalOptions {
  readonly input?: string;
  readonly colour?: boolean;
  readonly size?: TerminalSize;
  /** What somebody answers when they are asked; without it nobody is there. */
  readonly answer?: string;
}

/** Keeps what is written to it. */
export class RecordedTerminal implements Terminal {
  readonly colour: boolean;
  written = '';
  errors = '';
  code: ExitCode | undefined;
  readonly ask: Terminal['ask'];
  readonly #input: string;
  #size: TerminalSize | undefined;

  constructor({ input = '', colour = false, size, answer }: RecordedTerminalOptions = {}) {
    this.#input = input;
    this.colour = colour;
    this.#size = size;
    this.ask =
      answer === undefined
        ? undefined
        : (question) => {
            this.errors += question;
            return Promise.resolve(answer);
          };
  }

  /** Gives it another size. */
  resize(size: TerminalSize): void {
    this.#size = size;
  }

  readonly size = (): TerminalSize | undefined => this.#size;

  readonly out = (text: string): void => {
    this.written += text;
  };
  readonly outBytes = (bytes: Uint8Array): Promise<void> => {
    this.written += Buffer.from(bytes).toString('latin1');
    return Promise.resolve();
  };
  readonly err = (text: string): void => {
    this.errors += text;
  };
  readonly end = (code: ExitCode): void => {
    this.code = code;
  };
  readonly readInput = (): Promise<Uint8Array> => Promise.resolve(Buffer.from(this.#input));
  readonly interruption = (): AbortSignal => new AbortController().signal;
}
