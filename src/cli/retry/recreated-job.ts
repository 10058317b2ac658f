import { parseGatedRecord } from '../../api/gated-record.ts';
import type { JobMetadata, JobObject, JsonObject } from '../../api/job.ts';
import { FLOW_LABEL, OWN_ANNOTATIONS, USER_ANNOTATIONS } from '../../api/names.ts';
import { fieldOf, objectOrEmpty, valueAt, withField } from '../../core/admission/json-tree.ts';
import { SERVER_LABELS } from '../../core/admission/restore-injected.ts';
import { undoInjected } from '../../core/admission/undo-injected.ts';

/** What belongs to one life of a Job: jobflow's own record of it, an approval, and a mark of old Kubernetes. */
const ANNOTATIONS_OF_A_LIFE: readonly string[] = [
  ...Object.values(OWN_ANNOTATIONS),
  USER_ANNOTATIONS.approved,
  'batch.kubernetes.io/job-tracking',
];

/**
 * What a Job is made from once more: the live one without what Kubernetes and jobflow have generated. Its name, labels,
 * annotations (so also what `kubectl apply` remembers) and owners stay. An approval is for one life, and goes.
 *
 * @param live the Job as the API server sent it
 */
export function recreatedJob(live: JobObject): JobObject {
  const record = parseGatedRecord(live.metadata.annotations?.[OWN_ANNOTATIONS.gated]);
  const stated = record === undefined ? live : undoInjected(live, record.injected);
  const spec = withoutServerFields(objectOrEmpty(stated.spec ?? {}));
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: lastingMetadata(stated.metadata),
    spec: record?.gate === true ? withField(spec, 'suspend', record.statedSuspend || undefined) : spec,
  };
}

/** The annotation of kubectl's client-side apply (https://kubernetes.io/docs/reference/labels-annotations-taints/). */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The field manager that made a Job: when the Job is made once more in its name, it may go on editing it without
 * conflicts. Undefined if it is not known.
 */
export function makerOf({ metadata }: JobObject): string | undefined {
  const annotations = metadata.annotations ?? {};
  const manager = parseGatedRecord(annotations[OWN_ANNOTATIONS.gated])?.manager ?? '';
  if (manager !== '') return manager;
  return LAST_APPLIED in annotations ? 'kubectl-client-side-apply' : undefined;
}

function lastingMetadata(metadata: JobMetadata): JobMetadata {
  const { name, generateName, namespace, ownerReferences } = metadata;
  // A Job without labels of its own is shown with those of its pods
  // (SetDefaults_Job, https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/batch/v1/defaults.go).
  const labels = without(metadata.labels, [...SERVER_LABELS, FLOW_LABEL]);
  const annotations = without(metadata.annotations, ANNOTATIONS_OF_A_LIFE);
  return {
    ...(name !== undefined && { name }),
    ...(generateName !== undefined && { generateName }),
    ...(namespace !== undefined && { namespace }),
    ...(labels !== undefined && { labels }),
    ...(annotations !== undefined && { annotations }),
    ...(ownerReferences?.length && { ownerReferences }),
  };
}

/** A selector that its user manages, and the labels that it selects, are no fields of the server. */
function withoutServerFields(spec: JsonObject): JsonObject {
  if (fieldOf(spec, 'manualSelector') === true) return spec;
  const unselected = withField(spec, 'selector', undefined);
  const metadata = objectOrEmpty(valueAt(spec, 'template', 'metadata'));
  const labels = objectOrEmpty(fieldOf(metadata, 'labels'));
  const kept = Object.entries(labels).filter(([key]) => !SERVER_LABELS.some((label) => label === key));
  const lasting = withField(
    withField(metadata, 'labels', kept.length === 0 ? undefined : Object.fromEntries(kept)),
    'creationTimestamp',
    undefined,
  );
  return withField(
    unselected,
    'template',
    withField(objectOrEmpty(fieldOf(spec, 'template')), 'metadata', lasting),
  );
}

/** Undefined if nothing is left. */
function without(
  map: Readonly<Record<string, string>> | null | undefined,
  keys: readonly string[],
): Record<string, string> | undefined {
  const kept = Object.entries(map ?? {}).filter(([key]) => !keys.includes(key));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
