import type { ContactChange } from '../cluster/follow-namespace.ts';
import { LiveLines } from '../terminal/live-lines.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { NamespaceProgress, RunReporter } from './follow-run.ts';
import { contactWords, labelOf, type LineStyle } from './plain-reporter.ts';
import { eventWords } from './run-event.ts';
import { frameLines } from './run-frame.ts';

/** Shows where all stands as a tree that is drawn anew in its place: for a person at a terminal. */
export class ScreenReporter implements RunReporter {
  readonly gapMs = 100;
  readonly #terminal: Terminal;
  readonly #lines: LiveLines;
  readonly #style: LineStyle;
  readonly #beganMs = performance.now();
  #progress: readonly NamespaceProgress[] = [];
  #contact: string | undefined;

  constructor(terminal: Terminal, style: LineStyle) {
    this.#terminal = terminal;
    this.#lines = new LiveLines(terminal);
    this.#style = style;
  }

  readonly show = (progress: readonly NamespaceProgress[]): void => {
    this.#progress = progress;
    const standstills = progress.flatMap(({ namespace, snapshot }) =>
      snapshot.events.flatMap((event) => {
        if (event.kind !== 'standsStill') return [];
        const label = labelOf(event.name, namespace, progress.length === 1);
        const words = eventWords(event, (command) => this.#style.commandLine(command, namespace));
        return [`${label} ${words}\n`];
      }),
    );
    if (standstills.length > 0) this.#above(standstills.join(''));
    else this.#draw();
  };

  readonly contact = (change: ContactChange): void => {
    this.#contact = change.kind === 'lost' ? contactWords(change) : undefined;
    this.#draw();
  };

  readonly note = (words: string): void => {
    this.#above(`${words}\n`);
  };

  readonly log = (heading: string, lines: readonly string[]): void => {
    this.#above(`${heading}\n${lines.map((line) => `  | ${line}\n`).join('')}`);
  };

  readonly finish = (progress: readonly NamespaceProgress[]): void => {
    this.#progress = progress;
    this.#draw();
  };

  /** Writes something that stays, above what is drawn anew. */
  #above(text: string): void {
    this.#lines.clear();
    this.#terminal.out(text);
    if (this.#progress.length > 0) this.#draw();
  }

  #draw(): void {
    const size = this.#terminal.size();
    if (size === undefined || this.#progress.length === 0) return;
    const input = {
      progress: this.#progress,
      nowMs: this.#style.nowMs(),
      tookMs: performance.now() - this.#beganMs,
      contact: this.#contact,
    };
    this.#lines.draw(frameLines(input, size, this.#terminal));
  }
}
