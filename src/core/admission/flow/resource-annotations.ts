import type { Annotations } from '../../../api/annotations.ts';
import { annotationField, refusal, type Refusal } from '../../../api/errors.ts';
import type { JsonObject } from '../../../api/job.ts';
import { OWN_ANNOTATIONS } from '../../../api/names.ts';
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
