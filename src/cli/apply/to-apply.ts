import type { JsonObject } from '../../api/job.ts';
import { API_GROUP } from '../../api/names.ts';
import { textAt } from '../../core/admission/flow/named-list.ts';
import type { Manifest } from '../manifests/parse-manifests.ts';

/** An object that is to be applied. */
export interface ToApply {
  readonly object: JsonObject;
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for one that has only a `generateName`. */
  readonly name: string;
  /** As stated in the object. */
  readonly namespace: string | undefined;
}

/** Kinds of object that jobflow has to do with. */
export type FollowedKind = 'Job' | 'JobFlow' | 'DaemonJob';

/** The object of a manifest. */
export function toApply({ object, apiVersion, kind, name, namespace }: Manifest): ToApply {
  return { object, apiVersion, kind, name, namespace };
}

/** An object that was made here rather than read, such as a Job of an imported pipeline. */
export function madeToApply(object: JsonObject): ToApply {
  const namespace = textAt(object.metadata, 'namespace');
  return {
    object,
    apiVersion: textAt(object, 'apiVersion'),
    kind: textAt(object, 'kind'),
    name: textAt(object.metadata, 'name'),
    namespace: namespace === '' ? undefined : namespace,
  };
}

/** Whether an object is one that runs, and so can be followed to its end. */
export function followedKind({
  apiVersion,
  kind,
}: Pick<ToApply, 'apiVersion' | 'kind'>): FollowedKind | undefined {
  const [group] = apiVersion.split('/');
  if (group === 'batch' && kind === 'Job') return kind;
  if (group === API_GROUP && (kind === 'JobFlow' || kind === 'DaemonJob')) return kind;
  return undefined;
}

/** Whether an object is a CronJob: its Jobs come later. */
export function isCronJob({ apiVersion, kind }: Pick<ToApply, 'apiVersion' | 'kind'>): boolean {
  return apiVersion.startsWith('batch/') && kind === 'CronJob';
}

/** An object in a sentence: `Job "a"`, or `Job "a-*"` where its name is yet to be made. */
export function describeObject({ kind, name, object }: Pick<ToApply, 'kind' | 'name' | 'object'>): string {
  return `${kind} "${name === '' ? `${textAt(object.metadata, 'generateName')}*` : name}"`;
}
