import { planFlow } from '../../src/core/flow/plan-flow.ts';
import type { FlowActor } from './flow-actor.ts';
import type { FlowCache } from './flow-cache.ts';
import type { JobCache } from '../jobs/job-cache.ts';

/** What reconciling a flow needs. */
export interface FlowReconcileOptions {
  readonly cache: FlowCache;
  readonly jobs: JobCache;
  readonly actor: FlowActor;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Reconciles one JobFlow: observe, decide, act.
 *
 * @param key `namespace/name`
 * @throws ApiError if a write failed; the flow is to be reconciled again
 */
export async function reconcileFlow(
  key: string,
  { cache, jobs, actor, now }: FlowReconcileOptions,
): Promise<void> {
  const snapshot = cache.snapshot(key, jobs);
  if (snapshot === undefined) return;
  await actor.act(snapshot.flow, planFlow(snapshot, now()));
}
