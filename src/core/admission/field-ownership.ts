import type { JobObject, JsonObject, ManagedFieldsEntry } from '../../api/job.ts';
import { fieldOf, isObject, withField } from './json-tree.ts';

/** A field as `managedFields` names it (https://kubernetes.io/docs/reference/using-api/server-side-apply/). */
export const OWNED_SUSPEND = ['f:spec', 'f:suspend'] as const;

/** See {@link OWNED_SUSPEND}. */
export const OWNED_RESTART_POLICY = ['f:spec', 'f:template', 'f:spec', 'f:restartPolicy'] as const;

/**
 * Takes the ownership of fields from those who wrote them by other means than server-side apply.
 *
 * The API server notes who owns what before admission. Where jobflow then stores another value than was written,
 * the note is wrong, and a later server-side apply of the same file would be refused: it seems to change what the
 * client-side apply before it had set. Admission may correct the note.
 *
 * @param job the Job as it is to be stored
 * @param fields the fields whose written value was not stored
 */
export function withoutOwnership(job: JobObject, fields: readonly (readonly string[])[]): JobObject {
  const { managedFields } = job.metadata;
  if (!managedFields || fields.length === 0) return job;
  const corrected = managedFields
    .map((entry) => withoutFields(entry, fields))
    .filter(({ fieldsV1 }) => fieldsV1 === undefined || Object.keys(fieldsV1).length > 0);
  return { ...job, metadata: { ...job.metadata, managedFields: corrected } };
}

function withoutFields(
  entry: ManagedFieldsEntry,
  fields: readonly (readonly string[])[],
): ManagedFieldsEntry {
  const { operation, subresource, fieldsV1 } = entry;
  if (operation !== 'Update' || subresource || fieldsV1 === undefined) return entry;
  return { ...entry, fieldsV1: fields.reduce((result, path) => without(result, path), fieldsV1) };
}

/** An empty set would mean the ownership of the field that holds it, so what becomes empty goes as well. */
function without(owned: JsonObject, [key = '', ...rest]: readonly string[]): JsonObject {
  const inner = fieldOf(owned, key);
  if (!isObject(inner)) return owned;
  if (rest.length === 0) return withField(owned, key, undefined);
  const kept = without(inner, rest);
  return withField(owned, key, Object.keys(kept).length > 0 || kept === inner ? kept : undefined);
}
