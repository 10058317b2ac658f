import { annotationField, refusal, type Refusal } from '../../api/errors.ts';
import type { JobMetadata, JobObject } from '../../api/job.ts';
import { FLOW_LABEL, KEEP_OUTCOME_FINALIZER, OWN_ANNOTATIONS, USER_ANNOTATIONS } from '../../api/names.ts';

const LABEL_FIELD = `metadata.labels["${FLOW_LABEL}"]`;

/**
 * What a new Job may not carry: jobflow's own annotations and finalizer, and a flow label that says something else
 * than the flow annotation.
 */
export function refuseOwnFieldsOnCreate({ metadata }: JobObject): Refusal | undefined {
  const annotation = Object.values(OWN_ANNOTATIONS).find(
    (key) => textOf(metadata.annotations, key) !== undefined,
  );
  if (annotation !== undefined) return refusal('OwnAnnotation', { field: annotationField(annotation) });
  if (hasFinalizer(metadata)) return refuseFinalizer();
  const label = textOf(metadata.labels, FLOW_LABEL);
  return label !== undefined && label !== textOf(metadata.annotations, USER_ANNOTATIONS.flow)
    ? refusal('OwnLabel', { field: LABEL_FIELD })
    : undefined;
}

/** What an edit may not do: write jobflow's own annotations, its finalizer or, on a Job of ours, its label. */
export function refuseOwnFieldEdits(old: JobObject, next: JobObject): Refusal | undefined {
  const annotation = Object.values(OWN_ANNOTATIONS).find((key) =>
    isRewritten(textOf(old.metadata.annotations, key), textOf(next.metadata.annotations, key)),
  );
  if (annotation !== undefined) return refusal('OwnAnnotation', { field: annotationField(annotation) });
  if (hasFinalizer(next.metadata) && !hasFinalizer(old.metadata)) return refuseFinalizer();
  const label = textOf(next.metadata.labels, FLOW_LABEL);
  return isOurs(old) && isRewritten(textOf(old.metadata.labels, FLOW_LABEL), label)
    ? refusal('OwnLabel', { field: LABEL_FIELD })
    : undefined;
}

/**
 * Puts jobflow's own annotations, finalizer and label back where an edit lacks them: `kubectl replace` sends a Job
 * without what its file does not have.
 */
export function withOwnFields(old: JobObject, next: JobObject): JobObject {
  const annotations = missing(
    Object.values(OWN_ANNOTATIONS),
    old.metadata.annotations,
    next.metadata.annotations,
  );
  const labels = missing(isOurs(old) ? [FLOW_LABEL] : [], old.metadata.labels, next.metadata.labels);
  const finalizer = hasFinalizer(old.metadata) && !hasFinalizer(next.metadata);
  return {
    ...next,
    metadata: {
      ...next.metadata,
      ...(annotations.length > 0 && {
        annotations: { ...next.metadata.annotations, ...Object.fromEntries(annotations) },
      }),
      ...(labels.length > 0 && { labels: { ...next.metadata.labels, ...Object.fromEntries(labels) } }),
      ...(finalizer && { finalizers: withFinalizerOf(old.metadata, next.metadata) }),
    },
  };
}

function isOurs(old: JobObject): boolean {
  return textOf(old.metadata.annotations, OWN_ANNOTATIONS.gated) !== undefined;
}

function isRewritten(old: string | undefined, next: string | undefined): boolean {
  return next !== undefined && next !== old;
}

function hasFinalizer({ finalizers }: JobMetadata): boolean {
  return (finalizers ?? []).includes(KEEP_OUTCOME_FINALIZER);
}

function refuseFinalizer(): Refusal {
  return refusal('OwnFinalizer', { field: 'metadata.finalizers', value: KEEP_OUTCOME_FINALIZER });
}

/** In the stored order, so that putting it back changes nothing. */
function withFinalizerOf(old: JobMetadata, next: JobMetadata): string[] {
  const sent = next.finalizers ?? [];
  const kept = (old.finalizers ?? []).filter(
    (name) => name === KEEP_OUTCOME_FINALIZER || sent.includes(name),
  );
  return [...new Set([...kept, ...sent])];
}

function missing(
  keys: readonly string[],
  old: Readonly<Record<string, string>> | null | undefined,
  next: Readonly<Record<string, string>> | null | undefined,
): (readonly [string, string])[] {
  return keys.flatMap((key) => {
    const value = textOf(old, key);
    return value === undefined || textOf(next, key) !== undefined ? [] : [[key, value] as const];
  });
}

function textOf(map: Readonly<Record<string, string>> | null | undefined, key: string): string | undefined {
  return map !== null && map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}
