import type { ContactChange } from '../cluster/follow-namespace.ts';
import { LiveLines } from '../terminal/live-lines.ts';
import { coloured, type Terminal } from '../terminal/terminal.ts';
import type { PartView } from '../view/part-view.ts';
import { NOTHING, columnWidths, tableLines, type Cell } from '../view/text-table.ts';
import { changeLines, statusLines, type StatusForm } from './print-status.ts';
import type { Section } from './select-parts.ts';
import { flowHeading, headerCells, rowCells, type TableForm } from './status-table.ts';

/** Shows a status that changes. */
export interface StatusScreen {
  /** @param nowMs the time, in milliseconds since the epoch */
  readonly show: (sections: readonly Section[], nowMs: number) => void;
  readonly tellContact: (change: ContactChange) => void;
  /** Called before what is shown last. */
  readonly beginLast: () => void;
}

/** On a terminal a table that is drawn anew in its place, elsewhere and for programs what has changed. */
export function statusScreen(form: StatusForm, terminal: Terminal): StatusScreen {
  const isTable = form.output === 'table' || form.output === 'wide';
  return isTable && terminal.size() !== undefined
    ? new DrawnStatus(form, terminal)
    : new ToldStatus(form, terminal);
}

/** A table in its place. */
class DrawnStatus implements StatusScreen {
  readonly #form: StatusForm;
  readonly #terminal: Terminal;
  readonly #lines: LiveLines;
  #lost: string | undefined;

  constructor(form: StatusForm, terminal: Terminal) {
    this.#form = form;
    this.#terminal = terminal;
    this.#lines = new LiveLines(terminal);
  }

  show(sections: readonly Section[], nowMs: number): void {
    const terminal = this.#terminal;
    const lost = this.#lost;
    // First, for the last lines give way where there are too many.
    const notes = lost === undefined ? [] : [coloured(terminal, 'yellow', lostSentence(lost))];
    const lines = this.#linesWithin((terminal.size()?.rows ?? Infinity) - 1 - notes.length, sections, nowMs);
    this.#lines.draw([
      ...notes,
      ...(lines.length === 0 ? [coloured(terminal, 'grey', 'Nothing to show yet.')] : lines),
    ]);
  }

  /** Where there is no room for all, those that have ended well are left out. */
  #linesWithin(rows: number, sections: readonly Section[], nowMs: number): string[] {
    const terminal = this.#terminal;
    const lines = statusLines(sections, this.#form, { nowMs, terminal });
    const isDone = ({ state }: Pick<PartView, 'state'>): boolean =>
      state === 'Complete' || state === 'Skipped';
    const done = sections.reduce((sum, { parts }) => sum + parts.filter(isDone).length, 0);
    if (lines.length <= rows || done === 0) return lines;
    const open = sections.map((section) => {
      return { ...section, parts: section.parts.filter((part) => !isDone(part)) };
    });
    const note = `${done} that are Complete or Skipped are left out, for want of room.`;
    return [coloured(terminal, 'grey', note), ...statusLines(open, this.#form, { nowMs, terminal })];
  }

  /** Terminals write ^C below the table when a user presses it. */
  beginLast(): void {
    this.#lines.clear();
  }

  tellContact(change: ContactChange): void {
    this.#lost = change.kind === 'lost' ? change.problem : undefined;
  }
}

/** Every row when it is first seen, and again whenever it has changed, as `kubectl get --watch` writes them. */
class ToldStatus implements StatusScreen {
  readonly #form: StatusForm;
  readonly #terminal: Terminal;
  readonly #shape: TableForm;
  /** What was written last of each Job and JobFlow, without times. */
  readonly #told = new Map<string, Told>();
  #widths: readonly number[] = [];

  constructor(form: StatusForm, terminal: Terminal) {
    this.#form = form;
    this.#terminal = terminal;
    this.#shape = { wide: form.output === 'wide', hasNamespaces: form.hasNamespaces };
  }

  show(sections: readonly Section[], nowMs: number): void {
    const { output, hasHeaders } = this.#form;
    const terminal = this.#terminal;
    const rows: Cell[][] = [];
    const lines: string[] = [];
    const seen = new Set<string>();
    const isFirst = this.#told.size === 0;
    for (const { namespace, flow, parts } of sections) {
      if (flow !== undefined && hasHeaders && (output === 'table' || output === 'wide')) {
        const heading = flowHeading(flow, terminal);
        const key = `${namespace}/jobflow/${flow.record.name}`;
        seen.add(key);
        if (this.#told.get(key)?.text !== heading) lines.push(heading);
        this.#told.set(key, { text: heading, row: undefined });
      }
      for (const part of parts) {
        const key = `${namespace}/${part.name}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const { state, waitingOn, cycle, attempts, startedMs, pods } = part;
        const text = JSON.stringify([state, waitingOn, cycle, attempts, startedMs, pods, part.record?.uid]);
        const row = rowCells({ namespace, part, nowMs }, this.#shape, terminal);
        const isChanged = this.#told.get(key)?.text !== text;
        this.#told.set(key, { text, row });
        if (!isChanged) continue;
        if (output === 'table' || output === 'wide') rows.push(row);
        else lines.push(...changeLines({ namespace, part }, output, nowMs));
      }
    }
    rows.push(...this.#forgetAllBut(seen));
    if (rows.length > 0) lines.push(...this.#tableLines(rows, isFirst && hasHeaders));
    terminal.out(lines.map((line) => `${line}\n`).join(''));
  }

  beginLast(): void {
    // What has been told stays told.
  }

  tellContact(change: ContactChange): void {
    const sentence = change.kind === 'lost' ? lostSentence(change.problem) : 'The cluster answers again.';
    this.#terminal.err(`${sentence}\n`);
  }

  /** The rows of those that are gone. */
  #forgetAllBut(seen: ReadonlySet<string>): Cell[][] {
    const gone = [...this.#told].filter(([key]) => !seen.has(key));
    for (const [key] of gone) this.#told.delete(key);
    const state = this.#shape.hasNamespaces ? 2 : 1;
    return gone.flatMap(([, { row }]) =>
      row === undefined
        ? []
        : [
            row.map((cell, index) =>
              index < state ? cell : { text: index === state ? 'Deleted' : NOTHING },
            ),
          ],
    );
  }

  #tableLines(rows: readonly Cell[][], withHeader: boolean): string[] {
    const all = withHeader ? [headerCells(this.#shape, this.#terminal), ...rows] : rows;
    this.#widths = columnWidths(all, this.#widths);
    return tableLines(all, this.#widths);
  }
}

/** What was written of something. */
interface Told {
  readonly text: string;
  readonly row: Cell[] | undefined;
}

function lostSentence(problem: string): string {
  return `The cluster does not answer (${problem.replace(/\.$/, '')}); going on as soon as it does.`;
}
