import { parseAnnotations, isAnnotated, type Annotations } from '../api/annotations.ts';
import { parseGatedRecord } from '../api/gated-record.ts';
import type { JobMetadata, JobObject, OwnerReference } from '../api/job.ts';
import { API_GROUP, CONTROLLER_FIELD_MANAGER, OWN_ANNOTATIONS, USER_ANNOTATIONS } from '../api/names.ts';
import { parseOutcomes } from '../api/outcomes-record.ts';
import { ownsSuspend } from './field-owners.ts';
import type { ControllerOwner, GateTerms, JobRecord } from './job-record.ts';
import { outcomeOf } from './outcome.ts';

/** The value of `spec.managedBy` that means Kubernetes' own Job controller, as no value does. */
const JOB_CONTROLLER = 'kubernetes.io/job-controller';

const NO_FINALIZERS: readonly string[] = [];
const NO_ANNOTATIONS: Annotations = {};

/**
 * Takes from a Job what decisions need, and lets go of the rest.
 *
 * @param job a Job as the API server sent it: metadata with name, namespace, UID and resourceVersion
 */
export function projectJob(job: JobObject): JobRecord {
  const { metadata, spec, status } = job;
  const leftAloneBecause = leftAloneReason(job);
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    createdMs: timeMs(metadata.creationTimestamp) ?? 0,
    deletedMs: timeMs(metadata.deletionTimestamp),
    suspended: spec?.suspend === true,
    started: timeMs(status?.startTime) !== undefined || (status?.active ?? 0) > 0,
    outcome: outcomeOf(status?.conditions ?? []),
    hasTtl: typeof spec?.ttlSecondsAfterFinished === 'number',
    finalizers: metadata.finalizers?.length ? metadata.finalizers : NO_FINALIZERS,
    leftAloneBecause,
    owner: controllerOf(metadata),
    terms: projectTerms(metadata),
  };
}

/**
 * Why jobflow leaves a Job alone: something else is in charge of it.
 *
 * @returns a clause that completes "jobflow leaves this Job alone because …", or undefined if it is ours
 */
export function leftAloneReason({ metadata, spec }: JobObject): string | undefined {
  const controller = controllerReference(metadata);
  if (controller !== undefined && !isOurKindOfOwner(controller.apiVersion, controller.kind)) {
    return `it is controlled by ${controller.kind} "${controller.name}"`;
  }
  const managedBy = spec?.managedBy;
  if (typeof managedBy === 'string' && managedBy !== JOB_CONTROLLER) {
    return `spec.managedBy is "${managedBy}"`;
  }
  return undefined;
}

/** Whether a Job waits at its gate: ours, gated, suspended, never started, not released, not ended, not going away. */
export function isWaiting(job: JobRecord): boolean {
  return (
    job.terms?.gated === true &&
    !job.terms.released &&
    job.suspended &&
    !job.started &&
    job.outcome === undefined &&
    job.deletedMs === undefined &&
    job.leftAloneBecause === undefined
  );
}

function controllerReference({ ownerReferences }: JobMetadata): OwnerReference | undefined {
  return ownerReferences?.find((owner) => owner.controller === true);
}

function controllerOf(metadata: JobMetadata): ControllerOwner | undefined {
  const owner = controllerReference(metadata);
  return owner && { kind: owner.kind, name: owner.name, uid: owner.uid };
}

function isOurKindOfOwner(apiVersion: string, kind: string): boolean {
  const [group] = apiVersion.split('/');
  if (group === 'batch') return kind === 'CronJob';
  return group === API_GROUP && (kind === 'JobFlow' || kind === 'DaemonJob');
}

function projectTerms(metadata: JobMetadata): GateTerms | undefined {
  const annotations: Annotations = metadata.annotations ?? NO_ANNOTATIONS;
  if (!isAnnotated(annotations)) return undefined;
  const record = parseGatedRecord(annotations[OWN_ANNOTATIONS.gated]);
  const released = annotations[OWN_ANNOTATIONS.releasedAt] !== undefined;
  const parsed = parseAnnotations(annotations);
  const asksForGate =
    USER_ANNOTATIONS.dependsOn in annotations || annotations[USER_ANNOTATIONS.hold] === 'true';
  const shared = {
    gated: record?.gate === true || asksForGate,
    released,
    statedSuspend: record?.statedSuspend === true,
    // Only after a release of a Job whose file states `suspend` does it matter who owns the field.
    ownsSuspend: released && record?.statedSuspend === true && controllerOwnsSuspend(metadata),
    source: record?.source,
    ignoredUids: record?.ignoredUids ?? [],
    outcomes: parseOutcomes(annotations[OWN_ANNOTATIONS.outcomes]),
  };
  if (!parsed.ok) {
    const unreadable = parsed.refusals[0].message;
    return { ...shared, ...NOTHING_STATED, unreadable };
  }
  const { edges, run, flow, template, onUnmet, waitTimeoutMs, hold, approved } = parsed.annotations;
  return {
    ...shared,
    edges,
    run,
    flow,
    template,
    onUnmet,
    waitTimeoutMs,
    held: hold && !approved,
    unreadable: undefined,
  };
}

const NOTHING_STATED = {
  edges: [],
  run: undefined,
  flow: undefined,
  template: undefined,
  onUnmet: 'Fail',
  waitTimeoutMs: undefined,
  held: false,
} as const;

function controllerOwnsSuspend({ managedFields }: JobMetadata): boolean {
  return (managedFields ?? []).some(
    (entry) => entry.manager === CONTROLLER_FIELD_MANAGER && ownsSuspend(entry),
  );
}

function timeMs(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
