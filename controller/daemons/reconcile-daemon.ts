import type { DaemonRecord } from '../../src/core/daemon/daemon-record.ts';
import type { GateEnd } from '../../src/core/daemon/gate-end.ts';
import { planDaemon } from '../../src/core/daemon/plan-daemon.ts';
import { planJob } from '../../src/core/job-plan.ts';
import type { DaemonActor } from './daemon-actor.ts';
import type { DaemonCache } from './daemon-cache.ts';
import type { JobCache } from '../jobs/job-cache.ts';

/** What reconciling a DaemonJob needs. */
export interface DaemonReconcileOptions {
  readonly cache: DaemonCache;
  readonly jobs: JobCache;
  readonly actor: DaemonActor;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Reconciles one DaemonJob: observe, decide, act. At its gate it is a Job among Jobs, whose opening is not written: the
 * first Job of it says so, then the start in its status.
 *
 * @param key `namespace/name`
 * @returns the DaemonJob and how its gate has ended, if that has just been written
 * @throws ApiError if a write failed; the DaemonJob is to be reconciled again
 */
export async function reconcileDaemon(
  key: string,
  { cache, jobs, actor, now }: DaemonReconcileOptions,
): Promise<{ readonly daemon: DaemonRecord; readonly end: GateEnd } | undefined> {
  const nowMs = now();
  const view = cache.view(key, jobs, nowMs);
  if (view === undefined) return undefined;
  const { snapshot, waiting } = view;
  const { daemon } = snapshot;
  const atGate = waiting === undefined ? [] : planJob(waiting, nowMs);
  actor.tellWait(
    daemon,
    atGate.find((action) => action.kind === 'announceWait'),
  );
  const record = atGate.find((action) => action.kind === 'recordOutcomes');
  // It brings a new version of the DaemonJob, on which the rest is decided anew.
  if (record !== undefined) {
    await actor.recordOutcomes(daemon, record);
    return undefined;
  }
  const end = await actor.act(daemon, planDaemon(snapshot, nowMs));
  return end && { daemon, end };
}
