import type { JobObject } from '../api/job.ts';
import { API_GROUP } from '../api/names.ts';
import { isWaiting, projectJob } from './job-projection.ts';

/** What becomes of the objects of users when jobflow is uninstalled. */
export interface CleanupPolicy {
  /** Of Jobs that wait at their gate: kept, they stay suspended. */
  readonly jobs: 'keep' | 'delete';
  /** Of JobFlows and DaemonJobs, and with them of the Jobs that they own. */
  readonly flows: 'keep' | 'delete';
}

/** What is to be done with one object. */
export interface CleanupPlan {
  /** The finalizers that stay, if any of jobflow's is to go. */
  readonly finalizers: readonly string[] | undefined;
  /** Whether the object itself is to go. */
  readonly deleted: boolean;
}

/** What of a Job must go, so that it blocks nobody once jobflow is no more. */
export function planJobCleanup(job: JobObject, policy: CleanupPolicy): CleanupPlan {
  return {
    finalizers: finalizersThatStay(job),
    deleted: policy.jobs === 'delete' && isWaiting(projectJob(job)),
  };
}

/**
 * What of a JobFlow or DaemonJob must go.
 *
 * @param resource only its metadata counts
 */
export function planResourceCleanup(
  resource: Pick<JobObject, 'metadata'>,
  policy: CleanupPolicy,
): CleanupPlan {
  const inDeletion = typeof resource.metadata.deletionTimestamp === 'string';
  return { finalizers: finalizersThatStay(resource), deleted: policy.flows === 'delete' && !inDeletion };
}

/** Every finalizer with our prefix goes, also one that only another version knows. */
function finalizersThatStay({ metadata }: Pick<JobObject, 'metadata'>): readonly string[] | undefined {
  const all = metadata.finalizers ?? [];
  const others = all.filter((finalizer) => !finalizer.startsWith(`${API_GROUP}/`));
  return others.length === all.length ? undefined : others;
}
