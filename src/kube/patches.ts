import { parseReference } from '../api/dependency-reference.ts';
import type { JobObject, ManagedFieldsEntry } from '../api/job.ts';
import {
  API_GROUP,
  API_VERSION,
  CONTROLLER_FIELD_MANAGER,
  KEEP_OUTCOME_FINALIZER,
  OWN_ANNOTATIONS,
} from '../api/names.ts';
import { formatOutcomes, type Outcomes } from '../api/outcomes-record.ts';
import { SUSPEND_FIELD, ownsSuspend, withoutOwned } from '../core/field-owners.ts';
import type { FailureReason } from '../core/job-plan.ts';
import { projectJob } from '../core/job-projection.ts';
import type { JobRecord } from '../core/job-record.ts';
import { SKIPPED_REASON } from '../core/outcome.ts';

/** One PATCH request on a Job. */
export interface JobPatch {
  readonly path: string;
  readonly contentType: `application/${'merge-patch' | 'strategic-merge-patch'}+json`;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const QUERY = { fieldManager: CONTROLLER_FIELD_MANAGER };

/** The path of a Job at the API server. */
export function jobPath({ namespace, name }: Pick<JobRecord, 'namespace' | 'name'>): string {
  return `/apis/batch/v1/namespaces/${encodeURIComponent(namespace)}/jobs/${encodeURIComponent(name)}`;
}

/**
 * The path of an object that waits at a gate: of a Job, or of a DaemonJob.
 *
 * @param object its name is that of a Job, or `daemonjob/NAME`
 */
export function partPath({ namespace, name }: Pick<JobRecord, 'namespace' | 'name'>): string {
  const reference = parseReference(name);
  if (reference?.kind !== 'daemonjob') return jobPath({ namespace, name });
  return `/apis/${API_GROUP}/${API_VERSION}/namespaces/${encodeURIComponent(namespace)}/daemonjobs/${encodeURIComponent(reference.name)}`;
}

/**
 * Every patch states the UID and resourceVersion that it was decided on: the API server answers 409 if the Job has
 * changed since, so that neither a stale cache nor a stale leader can do harm
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply).
 */
function precondition({ uid, resourceVersion }: JobRecord): { uid: string; resourceVersion: string } {
  return { uid, resourceVersion };
}

/** Opens a gate: `suspend: false` and the durable `released-at`, in one write. */
export function releasePatch(job: JobRecord, nowMs: number): JobPatch {
  const annotations = { [OWN_ANNOTATIONS.releasedAt]: new Date(nowMs).toISOString() };
  return mergePatch(job, { annotations }, { spec: { suspend: false } });
}

/** Writes outcomes on a Job or DaemonJob that waits, in place of those written before. */
export function outcomesPatch(job: JobRecord, outcomes: Outcomes): JobPatch {
  return mergePatch(job, { annotations: { [OWN_ANNOTATIONS.outcomes]: formatOutcomes(outcomes) } });
}

/** Adds the finalizer that keeps a Job until its outcome is written on those that wait. */
export function addFinalizerPatch(job: JobRecord): JobPatch {
  return mergePatch(job, { finalizers: [...job.finalizers, KEEP_OUTCOME_FINALIZER] });
}

/** Takes that finalizer away. */
export function removeFinalizerPatch(job: JobRecord): JobPatch {
  return mergePatch(job, { finalizers: job.finalizers.filter((name) => name !== KEEP_OUTCOME_FINALIZER) });
}

/**
 * Fails a suspended Job natively: the Job controller turns `FailureTarget` into `Failed` with the same reason and
 * message, without a pod. On a Job that has started it would kill the pods, hence the precondition.
 *
 * @param startMs the `startTime` to set, which must not be in the API server's future (the Job controller would wait)
 */
export function failPatch(job: JobRecord, reason: FailureReason, message: string, startMs: number): JobPatch {
  return endPatch(job, { type: 'FailureTarget', reason, message }, startMs);
}

/**
 * Fails a Job natively for its flow's sake: one that waits without a pod, one that runs with the end of its pods, as
 * Kubernetes itself does when a Job's own deadline passes. `nowMs` as `startMs` of {@link failPatch}.
 */
export function endJobPatch(job: JobRecord, reason: string, message: string, nowMs: number): JobPatch {
  return endPatch(job, { type: 'FailureTarget', reason, message }, nowMs);
}

/** Completes a suspended Job natively with reason `Skipped`, without a pod; `startMs` as for {@link failPatch}. */
export function skipPatch(job: JobRecord, message: string, startMs: number): JobPatch {
  return endPatch(job, { type: 'SuccessCriteriaMet', reason: SKIPPED_REASON, message }, startMs);
}

/**
 * The `startTime` for a Job that is ended natively: now, but neither in the API server's future, where it would keep
 * the Job controller waiting, nor before the Job's creation.
 *
 * @param nowMs by our own clock; this and the others in milliseconds since the epoch
 * @param serverTimeMs by the API server's
 */
export function startMsOf({ createdMs }: JobRecord, nowMs: number, serverTimeMs: number): number {
  return Math.max(createdMs, Math.min(nowMs, serverTimeMs));
}

/**
 * Gives up the ownership of `spec.suspend`, so that a server-side apply of a file that states `suspend` does not
 * conflict with the controller over it. The list is sent whole: a JSON patch that names the entry by its place is
 * answered with 422 where the list has changed, and not with the 409 of a conflict.
 *
 * @param live the Job as just read, with its managedFields
 * @returns undefined if the controller does not own the field
 */
export function relinquishPatch(live: JobObject): JobPatch | undefined {
  const { managedFields } = live.metadata;
  const isToChange = (entry: ManagedFieldsEntry): boolean =>
    entry.manager === CONTROLLER_FIELD_MANAGER && ownsSuspend(entry);
  if (!managedFields?.some(isToChange)) return undefined;
  const kept = managedFields.flatMap((entry) =>
    isToChange(entry) ? (withoutOwned(entry, [SUSPEND_FIELD]) ?? []) : entry,
  );
  return mergePatch(projectJob(live), { managedFields: kept });
}

function mergePatch(job: JobRecord, metadata: object, rest: object = {}): JobPatch {
  return {
    path: partPath(job),
    contentType: 'application/merge-patch+json',
    query: QUERY,
    body: { metadata: { ...precondition(job), ...metadata }, ...rest },
  };
}

function endPatch(
  job: JobRecord,
  condition: { type: string; reason: string; message: string },
  nowMs: number,
): JobPatch {
  // Kubernetes writes times in whole seconds.
  const time = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    path: `${jobPath(job)}/status`,
    // Conditions merge by their type here, so that those of the Job controller stay.
    contentType: 'application/strategic-merge-patch+json',
    query: QUERY,
    body: {
      metadata: precondition(job),
      status: {
        // The start of a Job that runs stays what it is.
        ...(job.started ? {} : { startTime: time }),
        conditions: [{ ...condition, status: 'True', lastProbeTime: time, lastTransitionTime: time }],
      },
    },
  };
}
