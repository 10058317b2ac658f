import type { JobRow, JobState } from './job-rows.ts';

/** Where the table goes. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const SIGNS: Readonly<Record<JobState, string>> = {
  waiting: '·',
  starting: '›',
  running: '▶',
  done: '✔',
  failed: '✘',
  skipped: '–',
};

/**
 * Shows Jobs as they go: on a terminal a table drawn over itself, elsewhere a line for each change of a state.
 */
export class LiveTable {
  readonly #screen: Screen;
  readonly #states = new Map<string, JobState>();
  #drawnLines = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Shows the rows as they are now. */
  show(rows: readonly JobRow[], elapsedMs: number): void {
    if (this.#screen.isTTY === true) this.#draw(rows);
    else this.#tellChanges(rows, elapsedMs);
  }

  /** Leaves the last state on the screen as a table. */
  end(rows: readonly JobRow[]): void {
    this.#draw(rows);
    this.#drawnLines = 0;
  }

  #draw(rows: readonly JobRow[]): void {
    const width = Math.max(12, ...rows.map(({ name }) => name.length));
    const header = `  ${'JOB'.padEnd(width + 2)}${'STATE'.padEnd(11)}${'STARTED'.padEnd(9)}${'TOOK'.padEnd(7)}WAITS FOR`;
    const lines = rows.map(
      ({ name, state, about, startedAfter, took }) =>
        `${SIGNS[state]} ${name.padEnd(width + 2)}${state.padEnd(11)}${startedAfter.padEnd(9)}${took.padEnd(7)}${about}`,
    );
    const columns = this.#screen.columns ?? 160;
    const text = [header, ...lines].map((line) => line.trimEnd().slice(0, columns)).join('\n');
    // Up to the first line of the last drawing, then clear to the end of the screen.
    const back = this.#drawnLines > 0 ? `\x1b[${this.#drawnLines}A\x1b[J` : '';
    this.#screen.write(`${back}${text}\n`);
    this.#drawnLines = this.#screen.isTTY === true ? lines.length + 1 : 0;
  }

  #tellChanges(rows: readonly JobRow[], elapsedMs: number): void {
    for (const { name, state, about } of rows) {
      if (this.#states.get(name) === state) continue;
      this.#states.set(name, state);
      const elapsed = `${(elapsedMs / 1_000).toFixed(1)} s`.padStart(7);
      const forWhat = about === '' ? '' : ` for ${about}`;
      this.#screen.write(`${elapsed}  ${SIGNS[state]} ${name} ${state}${forWhat}\n`);
    }
  }
}
