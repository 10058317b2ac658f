import { unknownKeys, type Annotations } from '../../api/annotations.ts';
import { annotationField } from '../../api/errors.ts';
import { API_GROUP, USER_ANNOTATIONS } from '../../api/names.ts';
import { nearestKey } from './nearest-key.ts';

/*
 * The sentences that kubectl shows as `Warning: …`. The API server cuts a warning at 256 characters, so each says
 * first what is the matter.
 */

const NEEDS_A_GATE = [
  USER_ANNOTATIONS.approved,
  USER_ANNOTATIONS.onUnmetDependency,
  USER_ANNOTATIONS.waitTimeout,
] as const;

/** Most unknown annotations that one answer names: a writer may send as many as a request holds. */
const MAX_UNKNOWN_KEYS = 10;

/** Annotations that mean nothing to jobflow, the first ten, each with the one that was probably meant. */
export function warnOfUnknownKeys(annotations: Annotations): string[] {
  const unknown = unknownKeys(annotations).slice(0, MAX_UNKNOWN_KEYS);
  return unknown.map((key) => {
    const meant = nearestKey(key);
    const mend = meant === undefined ? 'remove it.' : `did you mean "${meant}"?`;
    return `${annotationField(key)}: jobflow knows no such annotation; ${mend}`;
  });
}

/** Annotations that say how to wait, on a Job that waits for nothing. */
export function warnOfIdleAnnotations(annotations: Annotations): string[] {
  return NEEDS_A_GATE.filter((key) => Object.hasOwn(annotations, key)).map(
    (key) => `${annotationField(key)}: has no effect without depends-on or hold.`,
  );
}

/** The Job belongs to something else; `reason` completes "because …". */
export function warnOfLeftAlone(reason: string): string {
  return `jobflow leaves this Job alone, because ${reason}: its ${API_GROUP} annotations have no effect.`;
}

/** The pod's `restartPolicy` was written as something that flows cannot use. */
export function warnOfRestartPolicy(written: string): string {
  return `spec.template.spec.restartPolicy: "${written}" becomes "Never", as in every Job of jobflow.`;
}

/** An annotation that is read at CREATE only was changed. */
export function warnOfLateEdit(key: string): string {
  return `${annotationField(key)}: has no effect on a Job that exists; delete the Job and create it again.`;
}

/** A gate was added to a Job that is past it. */
export function warnOfLateGate(key: string): string {
  return `${annotationField(key)}: has no effect any more, because the Job has been started.`;
}

/** Somebody tried to start a waiting Job; `mend` says how to do it on purpose. */
export function warnOfEarlyStart(mend: string): string {
  return `spec.suspend: stays true, because the Job waits; to start it on purpose, ${mend}.`;
}

/** Somebody set injected fields back to what they were before. */
export function warnOfSetBack(fields: readonly string[]): string {
  const shown = fields.slice(0, 3).join(', ') + (fields.length > 3 ? ', …' : '');
  return `${shown}: kept as jobflow had set it at creation, because the new value is what it replaced then; delete the Job and create it again to change it.`;
}

/** The object is in a namespace that jobflow was not told to follow. */
export function warnOfUnfollowedNamespace(namespace: string): string {
  return `metadata.namespace: jobflow was told to leave the namespace "${namespace}" alone; nothing of it has an effect there.`;
}
