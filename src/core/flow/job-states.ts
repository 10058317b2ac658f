import type { JobState, StateCounts } from '../../api/flow-spec.ts';
import type { Outcome } from '../../api/outcomes.ts';
import { isWaiting } from '../job-projection.ts';
import type { JobRecord } from '../job-record.ts';

/**
 * Where a Job stands, in the words of a flow's status.
 *
 * @param isHeld whether a Job that waits is only held: everything that it waits for is there
 */
export function jobStateOf(job: JobRecord, isHeld: (job: JobRecord) => boolean): JobState {
  if (job.outcome !== undefined) return stateOfOutcome(job.outcome);
  // A Job that its own spec suspends has not begun either.
  if (!isWaiting(job)) return job.suspended && !job.started ? 'Waiting' : 'Running';
  return isHeld(job) ? 'Held' : 'Waiting';
}

/** Where a Job stands that has ended: the other way round of {@link outcomeNoted}. */
export function stateOfOutcome(outcome: Outcome): JobState {
  return outcome === 'Complete' ? 'Succeed' : outcome;
}

/** The outcome of a Job that a flow's status says has ended; undefined if it says nothing of an end. */
export function outcomeNoted(state: JobState | undefined): Outcome | undefined {
  switch (state) {
    case 'Succeed':
      return 'Complete';
    case 'Failed':
    case 'Skipped':
      return state;
    default:
      return undefined;
  }
}

/** Counts states. */
export function countStates(states: Iterable<JobState>): StateCounts {
  const counts = { total: 0, waiting: 0, held: 0, running: 0, succeeded: 0, failed: 0, skipped: 0 };
  for (const state of states) {
    counts.total += 1;
    counts[COUNTED_AS[state]] += 1;
  }
  return counts;
}

/** Whether every Job has ended. */
export function allEnded({ waiting, held, running }: StateCounts): boolean {
  return waiting + held + running === 0;
}

const COUNTED_AS: Readonly<Record<JobState, Exclude<keyof StateCounts, 'total'>>> = {
  Waiting: 'waiting',
  Held: 'held',
  Running: 'running',
  Succeed: 'succeeded',
  Failed: 'failed',
  Skipped: 'skipped',
};
