import type { Json, JobMetadata, JobObject, JsonObject } from '../../../src/api/job.ts';
import { API_GROUP, OWN_ANNOTATIONS } from '../../../src/api/names.ts';
import type { JobFlow, JobTemplate } from '../../../src/api/resources.ts';
import { decideCreate, type CreateRequest } from '../../../src/core/admission/decide-create.ts';
import { decideUpdate } from '../../../src/core/admission/decide-update.ts';
import { objectOrEmpty, valueAt, withField, withValueAt } from '../../../src/core/admission/json-tree.ts';
import type { Verdict } from '../../../src/core/admission/verdict.ts';
import type { AdmissionView } from '../../../src/core/admission/view.ts';

/** What a JobSpec holds as it arrives when its file states nothing but `containers`. */
export function arrivedSpec(containers: Json, stated: JsonObject = {}, pod: JsonObject = {}): JsonObject {
  return {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: 'TerminatingOrFailed',
    ...stated,
    template: {
      metadata: {},
      spec: {
        containers: Array.isArray(containers) ? containers.map(arrivedContainer) : containers,
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 30,
        dnsPolicy: 'ClusterFirst',
        securityContext: {},
        schedulerName: 'default-scheduler',
        ...pod,
      },
    },
  };
}

/** A container as it arrives. */
export function arrivedContainer(stated: Json): Json {
  return {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
    ...objectOrEmpty(stated),
  };
}

/** Annotations of ours, by their short names. */
export function annotations(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${API_GROUP}/${name}`, value]));
}

/** A Job as it arrives at CREATE. */
export function arrivedJob(
  ours: Readonly<Record<string, string>>,
  spec: JsonObject = arrivedSpec([{ name: 'main', image: 'busybox:1.36' }]),
  metadata: JobMetadata = {},
): JobObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: 'b',
      namespace: 'ns',
      ...metadata,
      annotations: { ...metadata.annotations, ...annotations(ours) },
    },
    spec,
  };
}

/** A namespace without other Jobs. */
export const EMPTY_VIEW: AdmissionView = { findCycle: () => undefined, uidsInDeletion: () => [] };

/** A JobTemplate with this JobSpec. */
export function foundTemplate(jobTemplate: JsonObject): { kind: 'found'; resource: JobTemplate } {
  return { kind: 'found', resource: { spec: { jobTemplate } } };
}

/** A JobFlow with these shared parameters. */
export function foundFlow(globalParams: NonNullable<NonNullable<JobFlow['spec']>['globalParams']>): {
  kind: 'found';
  resource: JobFlow;
} {
  return { kind: 'found', resource: { spec: { globalParams } } };
}

/** Decides about a new Job, by `kubectl apply` unless stated. */
export function create(job: JobObject, request: Partial<CreateRequest> = {}): Verdict {
  return decideCreate({
    job,
    namespace: 'ns',
    manager: 'kubectl-client-side-apply',
    view: EMPTY_VIEW,
    template: undefined,
    flow: undefined,
    ...request,
  });
}

/** Decides about an edit, by `kubectl apply` unless stated. */
export function update(
  old: JobObject,
  next: JobObject,
  manager = 'kubectl-client-side-apply',
  view: AdmissionView = EMPTY_VIEW,
): Verdict {
  return decideUpdate({ old, next, manager, view });
}

/**
 * The Job of a verdict; `arrived` where it was admitted as it came.
 *
 * @throws Error with the sentence of a refusal
 */
export function admitted(verdict: Verdict, arrived: JobObject): JobObject {
  if (verdict.kind === 'refuse') throw new Error(`refused: ${verdict.refusal.message}`);
  return verdict.job ?? arrived;
}

/** The warnings of an admitted Job. */
export function warningsOf(verdict: Verdict): readonly string[] {
  return verdict.kind === 'admit' ? verdict.warnings : [];
}

/** The code and sentence of a refusal; empty if the Job was admitted. */
export function refusalOf(verdict: Verdict): { code: string; message: string } {
  return verdict.kind === 'refuse' ? verdict.refusal : { code: '', message: '' };
}

const SERVER_LABELS = {
  'batch.kubernetes.io/controller-uid': 'uid-b',
  'batch.kubernetes.io/job-name': 'b',
  'controller-uid': 'uid-b',
  'job-name': 'b',
};

/** The Job as the API server stores it after CREATE: with a UID, a selector and labels of its own. */
export function stored(job: JobObject): JobObject {
  const spec = job.spec ?? {};
  const labels = objectOrEmpty(valueAt(spec, 'template', 'metadata', 'labels'));
  return {
    ...job,
    metadata: { ...job.metadata, uid: 'uid-b', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: withField(
      withValueAt(spec, ['template', 'metadata', 'labels'], { ...labels, ...SERVER_LABELS }),
      'selector',
      { matchLabels: { 'batch.kubernetes.io/controller-uid': 'uid-b' } },
    ),
  };
}

/** The stored Job after its release. */
export function released(job: JobObject): JobObject {
  return withSuspend(
    {
      ...job,
      metadata: {
        ...job.metadata,
        annotations: { ...job.metadata.annotations, [OWN_ANNOTATIONS.releasedAt]: '2026-01-01T00:01:00Z' },
      },
      status: { startTime: '2026-01-01T00:01:00Z' },
    },
    false,
  );
}

/** The Job with `spec.suspend` as given. */
export function withSuspend(job: JobObject, suspend: boolean): JobObject {
  return withSpec(job, ['suspend'], suspend);
}

/** The Job with another value somewhere in its spec. */
export function withSpec(job: JobObject, path: readonly [string, ...string[]], value: Json): JobObject {
  return { ...job, spec: withValueAt(job.spec ?? {}, path, value) };
}

/** The Job with further annotations, by full key; undefined removes one. */
export function annotated(job: JobObject, changes: Readonly<Record<string, string | undefined>>): JobObject {
  const entries = Object.entries({ ...job.metadata.annotations, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { ...job, metadata: { ...job.metadata, annotations: Object.fromEntries(entries) } };
}
