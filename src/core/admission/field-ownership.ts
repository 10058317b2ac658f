import type { PathStep } from '../../api/gated-record.ts';
import type { JobObject, JsonObject, ManagedFieldsEntry } from '../../api/job.ts';
import { injectedLeaves } from './injected-leaves.ts';
import { fieldOf, isObject, withField } from './json-tree.ts';

/** A field as `managedFields` names it (https://kubernetes.io/docs/reference/using-api/server-side-apply/). */
const OWNED_SUSPEND = ['f:spec', 'f:suspend'] as const;

/**
 * Takes the ownership of the fields whose written value is not stored from those who wrote them by other means than
 * server-side apply.
 *
 * The API server notes who owns what before admission. Where jobflow then stores another value than was written,
 * the note is wrong, and a later server-side apply of the same file would be refused: it seems to change what the
 * client-side apply before it had set. Admission may correct the note.
 *
 * @param written the Job as it was written
 * @param job the Job as it is to be stored
 */
export function withTrueOwnership(written: JobObject, job: JobObject): JobObject {
  const { managedFields } = job.metadata;
  if (!managedFields) return job;
  const fields = [
    ...injectedLeaves(written, job).flatMap(({ path, stated }) =>
      stated === undefined ? [] : [ownedField(path)],
    ),
    ...(written.spec?.suspend === job.spec?.suspend ? [] : [OWNED_SUSPEND]),
  ];
  if (fields.length === 0) return job;
  const corrected = managedFields
    .map((entry) => withoutFields(entry, fields))
    .filter(({ fieldsV1 }) => fieldsV1 === undefined || Object.keys(fieldsV1).length > 0);
  return { ...job, metadata: { ...job.metadata, managedFields: corrected } };
}

function ownedField(path: readonly PathStep[]): string[] {
  return path.map((step) => (typeof step === 'string' ? `f:${step}` : `k:${JSON.stringify(step)}`));
}

function withoutFields(
  entry: ManagedFieldsEntry,
  fields: readonly (readonly string[])[],
): ManagedFieldsEntry {
  const { operation, subresource, fieldsV1 } = entry;
  if (operation !== 'Update' || subresource || fieldsV1 === undefined) return entry;
  return { ...entry, fieldsV1: fields.reduce((result, path) => without(result, path), fieldsV1) };
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
