import { hasEnded, type PartView } from '../view/part-view.ts';
import type { LoggedJob } from './log-jobs.ts';

/** Jobs that one sentence names. */
const SHOWN = 8;

/** What is said of the Jobs that have no pods, and so no logs. */
export interface AbsentLogs {
  /** In sentences. */
  readonly sentences: readonly string[];
  /** Some had logs, which are gone. */
  readonly isLoss: boolean;
}

/** Says which of some Jobs have no logs, and why. */
export function absentLogs(jobs: readonly LoggedJob[]): AbsentLogs {
  const without = jobs.filter(({ pods }) => pods.length === 0).map(({ part }) => part);
  const waiting = without.filter((part) => !hasEnded(part));
  const unrun = without.filter((part) => hasEnded(part) && endedAtGate(part));
  const gone = without.filter((part) => hasEnded(part) && !endedAtGate(part));
  return {
    sentences: [
      ...sentence(gone, 'The pods are gone, and their logs with them, of'),
      ...sentence(unrun, 'Never ran, and so without logs:'),
      ...sentence(waiting, 'Without a pod so far, and so without logs:'),
    ],
    isLoss: gone.length > 0,
  };
}

function endedAtGate({ state, startedMs, record }: PartView): boolean {
  return state === 'Skipped' || (record !== undefined && startedMs === undefined);
}

function sentence(parts: readonly PartView[], said: string): string[] {
  if (parts.length === 0) return [];
  const names = parts.slice(0, SHOWN).map(({ name }) => name);
  const more = parts.length > SHOWN ? ` and ${parts.length - SHOWN} more` : '';
  return [`${said} ${names.join(', ')}${more}.`];
}
