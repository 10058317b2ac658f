import type { JobObject, JsonObject } from '../../api/job.ts';
import { OWN_ANNOTATIONS } from '../../api/names.ts';
import { ownsSuspend } from '../../core/field-owners.ts';
import type { PartView } from '../view/part-view.ts';
import { timeMs } from '../view/api-time.ts';
import type { Cause } from './cause.ts';
import type { FoundEvidence } from './found.ts';
import { causeOfPods, eventMs, lastEnd, latestEvent } from './pod-causes.ts';

/** The label by which Kueue knows what it queues (https://kueue.sigs.k8s.io/docs/tasks/run/jobs/). */
const QUEUE_LABEL = 'kueue.x-k8s.io/queue-name';

/** What decides about one Job that stands at no gate, or no longer. */
export interface SeenJob {
  readonly part: PartView;
  readonly job: JobObject;
  readonly found: FoundEvidence;
  readonly nowMs: number;
}

/** So long the Job controller and a scheduler may take before anybody is late, in milliseconds. */
export const GRACE_MS = 5_000;

/** What a Job is held up by that has not ended and does not wait at its gate. */
export function causeOfRun(seen: SeenJob): Cause {
  const { part, job } = seen;
  const ending = endingCondition(job);
  if (ending !== undefined && part.pods.active === 0) return ending;
  return job.spec?.suspend === true ? suspension(seen) : causeOfPodsOf(seen);
}

/** Why a Job failed that has run: what its condition says, and how its last pod ended. */
export function causeOfFailure({ part, job, found }: SeenJob): Cause {
  const pods = podsOf(job, found);
  const { reason = '', message = '' } = part.ending ?? {};
  return { kind: 'failed', reason, message, last: pods && lastEnd(pods) };
}

function suspension({ part, job, found }: SeenJob): Cause {
  const { metadata } = job;
  const queue = metadata.labels?.[QUEUE_LABEL];
  if (queue !== undefined) {
    const conditions = found.workload(part.name)?.status?.conditions ?? [];
    // What keeps it from being admitted: no quota yet, or a check that has not passed.
    const against = conditions.find(({ type, status }) => type === 'QuotaReserved' && status === 'False');
    const evicted = conditions.find(({ type, status }) => type === 'Evicted' && status === 'True');
    return { kind: 'kueue', queue, message: against?.message ?? evicted?.message };
  }
  const released = metadata.annotations?.[OWN_ANNOTATIONS.releasedAt] !== undefined;
  const suspendedMs = suspendedAt(job);
  // A Job that is created suspended gets the condition at once; one that ran gets it later.
  const later =
    suspendedMs !== undefined && part.createdMs !== undefined && suspendedMs - part.createdMs > LATER_MS;
  const hadPods = (): boolean =>
    found.events('Job', part.name, metadata.uid).some(({ reason }) => reason === 'SuccessfulCreate');
  const ranBefore = released || later || part.pods.succeeded + part.pods.failed > 0 || hadPods();
  return { kind: 'suspended', ranBefore, released, by: suspendedBy(job) };
}

/** Times of conditions and of the creation are in whole seconds. */
const LATER_MS = 2_000;

function suspendedAt({ status }: JobObject): number | undefined {
  const noted = status?.conditions?.find(({ type, status: is }) => type === 'Suspended' && is === 'True');
  return timeMs(noted?.lastTransitionTime);
}

function suspendedBy({ metadata }: JobObject): string | undefined {
  const owner = metadata.managedFields?.find(
    (entry) => (entry.subresource ?? '') === '' && ownsSuspend(entry),
  );
  return owner?.manager;
}

function causeOfPodsOf({ part, job, found, nowMs }: SeenJob): Cause {
  const { active, failed } = part.pods;
  const pods = podsOf(job, found);
  const held = pods && causeOfPods(pods, (pod) => found.events('Pod', pod));
  if (held !== undefined) return held;
  // The Job counts a pod that failed a second later than the pod says it.
  const failures = Math.max(failed, (pods ?? []).filter(({ status }) => status?.phase === 'Failed').length);
  if (active > 0 && (pods === undefined || failures === 0))
    return { kind: 'active', pods: active, ready: readyOf(job), sinceMs: part.startedMs };
  const refused = latestEvent(
    found.events('Job', part.name, job.metadata.uid).filter(({ reason }) => reason === 'FailedCreate'),
  );
  if (refused !== undefined) {
    return { kind: 'podsRefused', message: refused.message ?? '', atMs: eventMs(refused) };
  }
  if (failures > 0) {
    return { kind: 'retrying', failures, limit: limitOf(job.spec), last: pods && lastEnd(pods) };
  }
  const sinceMs =
    timeMs(job.metadata.annotations?.[OWN_ANNOTATIONS.releasedAt]) ??
    part.startedMs ??
    part.createdMs ??
    nowMs;
  return nowMs - sinceMs < GRACE_MS ? { kind: 'aboutToStart' } : { kind: 'noPods', sinceMs };
}

/** `status.ready`, which tells something of pods that may not be read. */
function readyOf({ status }: JobObject): number | undefined {
  const { ready } = (status ?? {}) as { readonly ready?: unknown };
  return typeof ready === 'number' ? ready : undefined;
}

/** Those of this very Job: an earlier one of its name may have left some. */
function podsOf({ metadata }: JobObject, found: FoundEvidence) {
  return found
    .pods(metadata.name ?? '')
    ?.filter(({ metadata: pod }) => pod.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true);
}

/** A Job that is being ended already; its pods may still have to go. */
function endingCondition({ status }: JobObject): Cause | undefined {
  const found = status?.conditions?.find(
    ({ type, status: is }) => (type === 'FailureTarget' || type === 'SuccessCriteriaMet') && is === 'True',
  );
  return found && { kind: 'ending', condition: found.type, reason: found.reason ?? '' };
}

/** `backoffLimit`, 6 unless stated (https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy). */
function limitOf(spec: JsonObject | null | undefined): number {
  const limit = spec?.backoffLimit;
  return typeof limit === 'number' ? limit : 6;
}
