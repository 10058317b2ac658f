import { humanDuration } from '../view/human-duration.ts';
import type { RunPart } from './run-progress.ts';

const ORDER: readonly RunPart['state'][] = [
  'Complete',
  'Failed',
  'Skipped',
  'Deleted',
  'Running',
  'Suspended',
  'Held',
  'Waiting',
];

/** How many of the Jobs stand where: `8 complete, 1 failed, 1 skipped`. */
export function countStates(parts: readonly Pick<RunPart, 'state'>[]): string {
  const counts = Map.groupBy(parts, ({ state }) => state);
  return ORDER.flatMap((state) => {
    const count = counts.get(state)?.length ?? 0;
    return count === 0 ? [] : [`${count} ${state.toLowerCase()}`];
  }).join(', ');
}

/**
 * One line that sums up: `10 Jobs: 8 complete, 1 failed, 1 skipped; 14s.`
 *
 * @param tookMs milliseconds
 */
export function summaryWords(parts: readonly Pick<RunPart, 'state'>[], tookMs: number): string {
  if (parts.length === 0) return `There was no Job to follow; ${humanDuration(tookMs)}.`;
  const noun = parts.length === 1 ? 'Job' : 'Jobs';
  return `${parts.length} ${noun}: ${countStates(parts)}; ${humanDuration(tookMs)}.`;
}
