import type { Annotations } from '../../../api/annotations.ts';
import { annotationField, refusal, type Refusal } from '../../../api/errors.ts';
import type { JsonObject } from '../../../api/job.ts';
import { FLOW_LABEL, OWN_ANNOTATIONS } from '../../../api/names.ts';
import { objectOrEmpty, valueAt, withValueAt } from '../json-tree.ts';
import { annotationsOf } from './whole-record.ts';

/**
 * The annotations that a write adds or changes: what was there before is not held against it.
 *
 * @param object the object as it is sent
 * @param old as it is stored; undefined for a new one
 */
export function newAnnotations(object: JsonObject, old: JsonObject | undefined): Annotations {
  const before = old === undefined ? {} : annotationsOf(old);
  return Object.fromEntries(
    Object.entries(annotationsOf(object)).filter(
      ([key, value]) => !Object.hasOwn(before, key) || before[key] !== value,
    ),
  );
}

/** Refuses annotations that only jobflow may write. */
export function refuseOwnAnnotations(added: Annotations): Refusal[] {
  return Object.values(OWN_ANNOTATIONS)
    .filter((key) => Object.hasOwn(added, key))
    .map((key) => refusal('OwnAnnotation', { field: annotationField(key) }));
}

/**
 * Puts back what jobflow has written on an object where an edit lacks it: `kubectl replace` sends an object without what
 * its file does not have.
 *
 * @param object the object as it is sent
 * @param old as it is stored; undefined for a new one
 * @returns the same object if nothing is missing
 */
export function withOwnAnnotations(object: JsonObject, old: JsonObject | undefined): JsonObject {
  if (old === undefined) return object;
  const annotated = withMissing(object, old, 'annotations', Object.values(OWN_ANNOTATIONS));
  // On a DaemonJob that a JobFlow has made.
  const isOurs = Object.hasOwn(annotationsOf(old), OWN_ANNOTATIONS.gated);
  return isOurs ? withMissing(annotated, old, 'labels', [FLOW_LABEL]) : annotated;
}

function withMissing(
  object: JsonObject,
  old: JsonObject,
  field: 'annotations' | 'labels',
  keys: readonly string[],
): JsonObject {
  const before = objectOrEmpty(valueAt(old, 'metadata', field));
  const sent = objectOrEmpty(valueAt(object, 'metadata', field));
  const missing = Object.entries(before).filter(([key]) => keys.includes(key) && !Object.hasOwn(sent, key));
  if (missing.length === 0) return object;
  return withValueAt(object, ['metadata', field], { ...sent, ...Object.fromEntries(missing) });
}
