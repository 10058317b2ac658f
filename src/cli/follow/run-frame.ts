import { cutLine } from '../terminal/live-lines.ts';
import { coloured, type Terminal, type TerminalSize } from '../terminal/terminal.ts';
import { humanDuration } from '../view/human-duration.ts';
import { STATE_LOOKS } from '../view/state-looks.ts';
import type { NamespaceProgress } from './follow-run.ts';
import { depthsOf } from './part-depths.ts';
import { labelOf } from './plain-reporter.ts';
import { listWords } from './run-event.ts';
import type { RunPart } from './run-progress.ts';
import { importanceOf, treeLines, type TreeNode } from './run-tree.ts';
import { countStates } from './summary-words.ts';

/** What a frame is drawn from. */
export interface FrameInput {
  readonly progress: readonly NamespaceProgress[];
  /** In milliseconds since the epoch. */
  readonly nowMs: number;
  /** How long it has been followed, in milliseconds. */
  readonly tookMs: number;
  /** What is told of the way to the cluster, if it does not answer. */
  readonly contact: string | undefined;
}

/** A row of the tree: a part, or the JobFlow above its parts. */
interface Row extends TreeNode {
  readonly part: RunPart;
  readonly label: string;
}

/** Of a short list of failures nothing else is hidden; of a long one only a part is shown. */
const FAILURES_SHARE = 0.5;
/** The share of the width that names get at most. */
const NAMES_SHARE = 0.45;
const NARROWEST_NAMES = 12;
const ELAPSED_WIDTH = 6;

/**
 * Draws where all stands as lines that fit a terminal: a tree of what waits for what, and a line that sums up. Where there
 * is no room for all, what has ended gives way first.
 *
 * @param size what is to be filled at most; one row of it is left free for the cursor
 */
export function frameLines(input: FrameInput, size: TerminalSize, terminal: Terminal): string[] {
  const { progress, nowMs, contact } = input;
  const rows = progress.flatMap((one) => rowsOf(one, progress.length === 1));
  const top = contact === undefined ? [] : [cutLine(coloured(terminal, 'yellow', contact), size.columns)];
  const bottom = cutLine(summaryLine(input, size, terminal), size.columns);
  const room = Math.max(1, size.rows - 1 - top.length - 1);
  const shown = rows.length <= room ? new Set(rows) : mostImportant(rows, Math.max(0, room - 1));
  const lines = treeLines(rows, (row) => shown.has(row)).map(({ node, branch }) => ({
    name: branch + node.label,
    row: node,
  }));
  const widest = lines.reduce((width, { name }) => Math.max(width, name.length), 0);
  const nameWidth = Math.min(widest, Math.max(NARROWEST_NAMES, Math.floor(size.columns * NAMES_SHARE)));
  const barWidth = size.columns >= 120 ? 16 : 8;
  const drawn = lines.map(({ name, row }) => {
    const bar = podBar(row.part, barWidth, terminal);
    const elapsed = elapsedOf(row.part, nowMs).padStart(ELAPSED_WIDTH);
    const line = `${cutLine(name, nameWidth).padEnd(nameWidth)}  ${bar}${elapsed}  ${stateWords(row.part, terminal)}`;
    return cutLine(line, size.columns).trimEnd();
  });
  const hidden = rows.filter((row) => !shown.has(row)).map(({ part }) => part);
  const more =
    hidden.length === 0
      ? []
      : [coloured(terminal, 'grey', `… and ${hidden.length} more: ${countStates(hidden)}`)];
  return [...top, ...drawn, ...more.map((line) => cutLine(line, size.columns)), bottom];
}

function rowsOf({ namespace, snapshot }: NamespaceProgress, isOne: boolean): Row[] {
  const keyOf = (name: string): string => labelOf(name, namespace, isOne);
  const flows = snapshot.flows.map((part): Row => {
    const name = keyOf(part.name);
    return { name, label: name, part, upstreams: part.upstreams.map(keyOf), under: undefined };
  });
  const parts = snapshot.parts.map((part): Row => {
    const name = keyOf(part.name);
    const under = part.flow === undefined ? undefined : keyOf(`jobflow/${part.flow}`);
    return { name, label: name, part, upstreams: part.upstreams.map(keyOf), under };
  });
  return [...flows, ...parts];
}

function mostImportant(rows: readonly Row[], room: number): Set<Row> {
  const depths = depthsOf(rows);
  const ranked = rows
    .map((row, index) => ({
      row,
      index,
      importance: importanceOf(row.part),
      depth: depths.get(row.name) ?? 0,
    }))
    .sort(
      (a, b) =>
        a.importance - b.importance ||
        // The next to start, and what ended last.
        (a.importance === 3 ? a.depth - b.depth : (b.row.part.endedMs ?? 0) - (a.row.part.endedMs ?? 0)) ||
        a.index - b.index,
    );
  const failures = ranked.filter(({ importance }) => importance === 0);
  const others = ranked.slice(failures.length);
  const failureRoom = Math.max(Math.floor(room * FAILURES_SHARE), room - others.length);
  const chosen = failures.slice(0, failureRoom);
  return new Set([...chosen, ...others.slice(0, room - chosen.length)].map(({ row }) => row));
}

/** How much of a whole is done, runs, and is yet to come. */
function bar(total: number, done: number, active: number, width: number, terminal: Terminal): string {
  const cells = (count: number): number => (total === 0 ? 0 : Math.round((count / total) * width));
  const doneCells = Math.min(width, done > 0 ? Math.max(1, cells(done)) : 0);
  // Full only when all is done.
  const full = done < total && doneCells === width ? width - 1 : doneCells;
  const activeCells = Math.min(width - full, active > 0 ? Math.max(1, cells(active)) : 0);
  const rest = width - full - activeCells;
  return (
    inColour(terminal, 'green', '━'.repeat(full)) +
    inColour(terminal, 'cyan', '╍'.repeat(activeCells)) +
    inColour(terminal, 'grey', '·'.repeat(rest))
  );
}

function inColour(terminal: Terminal, colour: Parameters<typeof coloured>[1], text: string): string {
  return text === '' ? '' : coloured(terminal, colour, text);
}

function podBar(part: RunPart, width: number, terminal: Terminal): string {
  const { state, pods, completions } = part;
  // Nothing of it runs, and nothing will.
  if (state === 'Skipped' || state === 'Deleted') return ' '.repeat(width);
  if (state === 'Complete') return bar(1, 1, 0, width, terminal);
  return bar(completions, pods.succeeded, pods.active, width, terminal);
}

function elapsedOf({ startedMs, endedMs, state }: RunPart, nowMs: number): string {
  if (startedMs === undefined || state === 'Waiting') return '';
  return humanDuration((endedMs ?? nowMs) - startedMs);
}

function stateWords(part: RunPart, terminal: Terminal): string {
  const { state, problem, pods, completions, waitsFor } = part;
  const looks = state === 'Deleted' ? 'red' : STATE_LOOKS[state].terminal;
  const paint = (text: string): string => (looks === undefined ? text : coloured(terminal, looks, text));
  switch (state) {
    case 'Failed':
      return paint(problem === undefined ? 'failed' : `failed: ${problem}`);
    case 'Deleted':
      return paint('is gone; how it ended is not known');
    case 'Running': {
      const tally = completions > 1 ? ` ${pods.succeeded}/${completions}` : '';
      const failed =
        pods.failed === 0 ? '' : coloured(terminal, 'yellow', `, ${podsWords(pods.failed)} failed`);
      return paint(`running${tally}`) + failed;
    }
    case 'Complete':
    case 'Skipped':
      return paint(state.toLowerCase());
    case 'Waiting':
    case 'Held':
    case 'Suspended': {
      const words =
        waitsFor.length > 0 ? `waits for ${listWords(waitsFor)}` : (problem ?? 'is about to start');
      return problem === undefined ? words : coloured(terminal, 'yellow', words);
    }
  }
}

function podsWords(count: number): string {
  return count === 1 ? '1 pod' : `${count} pods`;
}

function summaryLine(
  { progress, tookMs }: FrameInput,
  { columns }: TerminalSize,
  terminal: Terminal,
): string {
  const parts = progress.flatMap(({ snapshot }) => snapshot.parts);
  const ended = parts.filter(
    ({ state }) =>
      importanceOf({ state, problem: undefined }) >= 4 || state === 'Failed' || state === 'Deleted',
  );
  const running = parts.filter(({ state }) => state === 'Running');
  const width = columns >= 120 ? 40 : 8;
  const noun = parts.length === 1 ? 'Job' : 'Jobs';
  const whole = bar(parts.length, ended.length, running.length, width, terminal);
  return `${whole}  ${parts.length} ${noun}, ${humanDuration(tookMs)}: ${countStates(parts)}`;
}
