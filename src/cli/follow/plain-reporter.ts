import type { ContactChange } from '../cluster/follow-namespace.ts';
import { coloured, type Terminal } from '../terminal/terminal.ts';
import type { NamespaceProgress, RunReporter } from './follow-run.ts';
import { eventWords, type RunEvent } from './run-event.ts';
import { summaryWords } from './summary-words.ts';

/** How lines are written. */
export interface LineStyle {
  /** A command of this program as the user would write it, for a namespace. */
  readonly commandLine: (words: string, namespace: string) => string;
  /** The time by the cluster's clock, in milliseconds since the epoch. */
  readonly nowMs: () => number;
}

/** A name longer than that pushes its text to the right. */
const WIDEST_NAME = 40;

/** Kubernetes writes times in whole seconds, and ends a Job a moment after its pods. */
const LATE_MS = 5_000;

/** Tells each start, wait and end in a line of its own, with its time: for files, pipes and builds. */
export class PlainReporter implements RunReporter {
  readonly gapMs = 50;
  readonly #terminal: Terminal;
  readonly #style: LineStyle;
  readonly #beganMs = performance.now();
  #width = 0;

  constructor(terminal: Terminal, style: LineStyle) {
    this.#terminal = terminal;
    this.#style = style;
  }

  readonly show = (progress: readonly NamespaceProgress[]): void => {
    const isOne = progress.length === 1;
    for (const { namespace, snapshot } of progress) {
      const labels = snapshot.parts.map(({ name }) => labelOf(name, namespace, isOne).length);
      for (const length of labels) this.#width = Math.max(this.#width, Math.min(length, WIDEST_NAME));
    }
    for (const { namespace, snapshot } of progress) {
      for (const event of snapshot.events) {
        const label = labelOf(event.name, namespace, isOne).padEnd(this.#width);
        const words = eventWords(event, (command) => this.#style.commandLine(command, namespace));
        this.note(`${label}  ${inColour(event, words, this.#terminal)}${this.#lateWords(event.atMs)}`);
      }
    }
  };

  readonly contact = (change: ContactChange): void => {
    this.note(contactWords(change));
  };

  readonly finish = (progress: readonly NamespaceProgress[]): void => {
    const parts = progress.flatMap(({ snapshot }) => snapshot.parts);
    this.note(summaryWords(parts, performance.now() - this.#beganMs));
  };

  readonly note = (words: string): void => {
    this.#terminal.out(`${clockTime(this.#style.nowMs())}  ${words.trimEnd()}\n`);
  };

  readonly log = (heading: string, lines: readonly string[]): void => {
    this.note(heading);
    this.#terminal.out(lines.map((line) => `${' '.repeat(10)}| ${line}\n`).join(''));
  };

  /** What is told long after it happened, since the cluster did not answer, has its own time beside it. */
  #lateWords(atMs: number): string {
    return this.#style.nowMs() - atMs > LATE_MS ? ` (at ${clockTime(atMs)})` : '';
  }
}

/** Of several namespaces each name has its own before it. */
export function labelOf(name: string, namespace: string, isOne: boolean): string {
  return isOne ? name : `${namespace}/${name}`;
}

/** `15:04:05`, by the clock of this machine's own place. */
function clockTime(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((value) => String(value).padStart(2, '0'))
    .join(':');
}

/** What is told when the cluster goes away, and comes back. */
export function contactWords(change: ContactChange): string {
  switch (change.kind) {
    case 'lost':
      return `The cluster does not answer (${change.problem.replace(/\.$/, '')}); the Jobs go on, and this waits for it.`;
    case 'regained':
      return 'The cluster answers again; what happened meanwhile is told now.';
  }
}

function inColour(event: RunEvent, words: string, terminal: Terminal): string {
  if (event.kind === 'standsStill' || event.kind === 'podFailed') return coloured(terminal, 'yellow', words);
  if (event.kind === 'deleted') return coloured(terminal, 'red', words);
  if (event.kind !== 'ended') return words;
  return event.state === 'Failed'
    ? coloured(terminal, 'red', words)
    : event.state === 'Complete'
      ? coloured(terminal, 'green', words)
      : words;
}
