import { planJob, type JobAction } from '../../src/core/job-plan.ts';
import type { JobCache } from './job-cache.ts';
import type { JobActor, JobWrite } from './job-actor.ts';

/** What reconciling a Job needs. */
export interface JobGateOptions {
  readonly cache: JobCache;
  readonly actor: JobActor;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Reconciles one Job: observe, decide, act.
 *
 * @param key `namespace/name`
 * @returns the write that was made, if any
 * @throws ApiError if a write failed; the Job is to be reconciled again
 */
export async function reconcileJob(
  key: string,
  { cache, actor, now }: JobGateOptions,
): Promise<JobWrite | undefined> {
  const snapshot = cache.snapshot(key);
  if (snapshot === undefined || actor.awaitsOwnWrite(snapshot.job)) return undefined;
  const actions: readonly JobAction[] = planJob(snapshot, now());
  return actor.act(actions);
}
