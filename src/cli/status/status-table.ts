import { describeCycle, describeWaiting } from '../../core/gate-messages.ts';
import { coloured, type Terminal } from '../terminal/terminal.ts';
import { flowState } from '../view/concerned-parts.ts';
import { humanDuration } from '../view/human-duration.ts';
import type { FlowView } from '../view/namespace-view.ts';
import type { PartState, PartView } from '../view/part-view.ts';
import { inColourOf } from '../view/state-looks.ts';
import { NOTHING, type Cell } from '../view/text-table.ts';
import { firstWords, waitingWords } from '../view/waiting-words.ts';

/** What the table shows. */
export interface TableForm {
  /** More columns. */
  readonly wide: boolean;
  readonly hasNamespaces: boolean;
}

/** Upstreams that the narrow table names of each Job. */
const SHOWN = 2;

/** The heads of the columns. */
export function headerCells({ wide, hasNamespaces }: TableForm, terminal: Terminal): Cell[] {
  const names = [
    ...(hasNamespaces ? ['NAMESPACE'] : []),
    ...['NAME', 'STATE', WAITING_FOR, 'STARTED', 'TOOK', 'ATTEMPTS', 'AGE'],
    ...(wide ? ['COMPLETIONS', 'FLOW', 'RUN', 'MESSAGE'] : []),
  ];
  return names.map((text) => ({ text, paint: (shown) => coloured(terminal, 'grey', shown) }));
}

const WAITING_FOR = 'WAITING FOR';

/** Which column may be cut where the terminal is too narrow for all. */
export function waitingColumn({ hasNamespaces }: TableForm): number {
  return hasNamespaces ? 3 : 2;
}

/**
 * The row of a Job.
 *
 * @param nowMs the time, in milliseconds since the epoch
 */
export function rowCells(
  { namespace, part, nowMs }: { readonly namespace: string; readonly part: PartView; readonly nowMs: number },
  { wide, hasNamespaces }: TableForm,
  terminal: Terminal,
): Cell[] {
  const { name, state, startedMs, createdMs, attempts, pods, completions, flow, run } = part;
  const age = (ms: number | undefined, after = ''): string =>
    ms === undefined ? NOTHING : `${humanDuration(nowMs - ms)}${after}`;
  const took = tookMs(part, nowMs);
  const texts = (...values: (string | undefined)[]): Cell[] =>
    values.map((value) => cellOf(value ?? '', terminal));
  return [
    ...texts(...(hasNamespaces ? [namespace] : []), name),
    { text: state, paint: (shown) => inColourOf(state, shown, terminal) },
    ...texts(
      firstWords(waitingWords(part), SHOWN),
      age(startedMs, ' ago'),
      took === undefined ? undefined : humanDuration(took),
      String(attempts),
      age(createdMs),
      ...(wide ? [`${pods.succeeded}/${completions}`, flow, run, messageOf(part)] : []),
    ),
  ];
}

/** How long a Job has run, or ran, in milliseconds; undefined if it never started. */
export function tookMs({ startedMs, endedMs }: PartView, nowMs: number): number | undefined {
  // Clocks of the cluster may differ by the second that they are rounded to.
  return startedMs === undefined ? undefined : Math.max(0, (endedMs ?? nowMs) - startedMs);
}

/** Why a Job ended as it did, or has not started, in a sentence; empty if there is nothing to say. */
export function messageOf({ ending, state, cycle, waitingOn }: PartView): string {
  if (ending !== undefined && state !== 'Complete')
    return [ending.reason, ending.message].filter(Boolean).join(': ');
  if (state !== 'Waiting' && state !== 'Held') return '';
  return cycle === undefined ? describeWaiting(waitingOn) : `on a cycle: ${describeCycle(cycle)}`;
}

/** What stands above the Jobs of a JobFlow: its state, how many of its Jobs are where, and what it says itself. */
export function flowHeading({ record, parts }: FlowView, terminal: Terminal): string {
  const state = flowState(record);
  const { message } = record.status;
  const said = message === undefined || /^\d+ of \d+ ended/.test(message) ? '' : `; ${message}`;
  return `JobFlow ${record.name}: ${inColourOf(state, state, terminal)}; ${describeCounts(parts)}${said}`;
}

/** How many of each state: `1 Failed, 1 Running, 2 Waiting of 4`. */
export function countStates(parts: readonly Pick<PartView, 'state'>[]): Partial<Record<PartState, number>> {
  const counts: Partial<Record<PartState, number>> = {};
  for (const { state } of parts) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

const ORDER = ['Complete', 'Skipped', 'Failed', 'Running', 'Waiting', 'Held', 'Suspended'] as const;

function describeCounts(parts: readonly PartView[]): string {
  const counts = countStates(parts);
  const words = ORDER.flatMap((state) => (counts[state] === undefined ? [] : `${counts[state]} ${state}`));
  return words.length === 0 ? 'no Jobs' : words.join(', ');
}

function cellOf(text: string, terminal: Terminal): Cell {
  if (text !== '' && text !== NOTHING) return { text: text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ') };
  return { text: NOTHING, paint: (shown) => coloured(terminal, 'grey', shown) };
}
