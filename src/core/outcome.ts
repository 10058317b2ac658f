import type { JobCondition } from '../api/job.ts';
import type { Outcome, Wanted } from '../api/outcomes.ts';

/** The reason of the Complete condition of a Job that was skipped. */
export const SKIPPED_REASON = 'Skipped';

/**
 * The outcome of a Job from its conditions alone, never from counters.
 *
 * `SuccessCriteriaMet` and `FailureTarget` are no outcomes: pods may still be running
 * (https://kubernetes.io/docs/concepts/workloads/controllers/job/#termination-of-job-pods).
 *
 * @param conditions `status.conditions` of the Job
 * @returns the outcome, or undefined while the Job has not ended
 */
export function outcomeOf(conditions: readonly JobCondition[]): Outcome | undefined {
  for (const { type, status, reason } of conditions) {
    if (status !== 'True') continue;
    if (type === 'Complete') return reason === SKIPPED_REASON ? 'Skipped' : 'Complete';
    if (type === 'Failed') return 'Failed';
  }
  return undefined;
}

const OPENS_ON: Readonly<Record<Wanted, readonly Outcome[]>> = {
  Complete: ['Complete'],
  Failed: ['Failed'],
  NotFailed: ['Complete', 'Skipped'],
  Finished: ['Complete', 'Failed', 'Skipped'],
};

/** Whether an edge that waits for `wanted` opens on `outcome`; if not, it can never open after it. */
export function opensOn(wanted: Wanted, outcome: Outcome): boolean {
  return OPENS_ON[wanted].includes(outcome);
}
