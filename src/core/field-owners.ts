import type { JsonObject, ManagedFieldsEntry } from '../api/job.ts';
import { fieldOf, isObject, valueAt, withField } from './admission/json-tree.ts';

/** `spec.suspend` as `managedFields` names it (https://kubernetes.io/docs/reference/using-api/server-side-apply/). */
export const SUSPEND_FIELD = ['f:spec', 'f:suspend'] as const;

/** Whether an entry of `managedFields` owns `spec.suspend`. */
export function ownsSuspend({ subresource, fieldsV1 }: ManagedFieldsEntry): boolean {
  return !subresource && valueAt(fieldsV1, ...SUSPEND_FIELD) !== undefined;
}

/**
 * An entry of `managedFields` without some of the fields that it owns.
 *
 * @param fields each as its path in `fieldsV1`
 * @returns undefined if it owns nothing else
 */
export function withoutOwned(
  entry: ManagedFieldsEntry,
  fields: readonly (readonly string[])[],
): ManagedFieldsEntry | undefined {
  const { fieldsV1 } = entry;
  if (fieldsV1 === undefined) return entry;
  const left = fields.reduce((result, path) => without(result, path), fieldsV1);
  return Object.keys(left).length > 0 ? { ...entry, fieldsV1: left } : undefined;
}

/**
 * An empty set would mean the ownership of the field that holds it, so what becomes empty goes as well. Where the set
 * ends before the path does, the field is owned as one value, such as a node affinity.
 */
function without(owned: JsonObject, [key = '', ...rest]: readonly string[]): JsonObject {
  const inner = fieldOf(owned, key);
  if (!isObject(inner)) return owned;
  if (rest.length === 0 || Object.keys(inner).length === 0) return withField(owned, key, undefined);
  const kept = without(inner, rest);
  return withField(owned, key, Object.keys(kept).length > 0 ? kept : undefined);
}
