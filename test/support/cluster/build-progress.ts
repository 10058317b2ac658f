const LINE_EVERY_MS = 20_000;
const TICK_MS = 1_000;

/** Where a ticking line can be drawn over and over; a TTY. */
export type LiveScreen = { isTTY?: boolean; write(text: string): unknown };

/** The progress of one step: a live line with the elapsed time on a terminal, a line every 20 s elsewhere. */
export class BuildProgress {
  readonly #step: string;
  readonly #log: (line: string) => void;
  readonly #screen: LiveScreen;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #timer: NodeJS.Timeout;

  /**
   * @param step what is done, as shown
   * @param log receives whole lines
   * @param now the time in milliseconds, from any fixed start
   */
  constructor(
    step: string,
    log: (line: string) => void,
    screen: LiveScreen = process.stderr,
    now: () => number = () => performance.now(),
  ) {
    this.#step = step;
    this.#log = log;
    this.#screen = screen;
    this.#now = now;
    this.#startedAt = now();
    const live = screen.isTTY === true;
    this.#timer = setInterval(
      () => {
        if (live) screen.write(`\r${this.#step} … ${this.#elapsed()}`);
        else log(`${this.#step} … ${this.#elapsed()}`);
      },
      live ? TICK_MS : LINE_EVERY_MS,
    );
  }

  /** Ends the step with one last line. */
  finish(result: string): void {
    clearInterval(this.#timer);
    if (this.#screen.isTTY === true) this.#screen.write('\r\u001b[K');
    this.#log(`${this.#step} ${result} in ${this.#elapsed()}`);
  }

  #elapsed(): string {
    const seconds = Math.round((this.#now() - this.#startedAt) / 1_000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  }
}
