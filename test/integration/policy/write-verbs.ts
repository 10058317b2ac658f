import type { Json, JsonObject } from '../../../src/api/job.ts';

/** One request that writes a Job. */
export interface WriteRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly contentType: string;
  readonly body: Json;
}

/** One way to send an edit of a Job that exists. */
export interface Verb {
  readonly name: string;
  /** Whether it writes `jobs/status`. */
  readonly onStatus: boolean;
  /** Needs the right to `update`; all others need `patch`. */
  readonly isUpdate: boolean;
  /** Server-side apply cannot say "remove this": it only stops stating it. */
  readonly canRemove: boolean;
  /**
   * @param path of the Job
   * @param before the Job as stored
   * @param edit as an RFC 7386 merge patch
   * @param query added to the path, without `?`
   */
  request(path: string, before: JsonObject, edit: JsonObject, query?: string): WriteRequest;
}

/** Every verb with which a Job, and through its status a Job's metadata, can be edited. */
export const VERBS: readonly Verb[] = ['', '/status'].flatMap((subresource): Verb[] => {
  const where = subresource === '' ? 'the Job' : 'its status';
  const target = (path: string, query: string) => `${path}${subresource}?${query}`;
  const verb = { onStatus: subresource !== '', isUpdate: false, canRemove: true };
  return [
    {
      ...verb,
      name: `an update of ${where}`,
      isUpdate: true,
      request: (path, before, edit, query = '') => ({
        method: 'PUT',
        path: target(path, query),
        contentType: 'application/json',
        body: mergePatched(withoutVersion(before), edit),
      }),
    },
    {
      ...verb,
      name: `a merge patch of ${where}`,
      request: (path, _before, edit, query = '') => ({
        method: 'PATCH',
        path: target(path, query),
        contentType: 'application/merge-patch+json',
        body: edit,
      }),
    },
    {
      ...verb,
      name: `a JSON patch of ${where}`,
      request: (path, before, edit, query = '') => ({
        method: 'PATCH',
        path: target(path, query),
        contentType: 'application/json-patch+json',
        body: Object.keys(edit).map((field) => ({
          op: 'add',
          path: `/${field}`,
          value: objectOf(mergePatched(withoutVersion(before), edit))[field] ?? null,
        })),
      }),
    },
    {
      ...verb,
      name: `a server-side apply of ${where}`,
      canRemove: false,
      request: (path, _before, edit, query = '') => ({
        method: 'PATCH',
        path: target(path, `fieldManager=somebody&force=true&${query}`),
        contentType: 'application/apply-patch+yaml',
        body: { apiVersion: 'batch/v1', kind: 'Job', ...edit },
      }),
    },
  ];
});

/** Applies an RFC 7386 merge patch. */
export function mergePatched(target: Json, patch: Json): Json {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = objectOf(target);
  const merged = Object.entries(patch).map(([key, value]): [string, Json] => [
    key,
    value === null ? null : mergePatched(base[key] ?? null, value),
  ]);
  return Object.fromEntries(
    Object.entries({ ...base, ...Object.fromEntries(merged) }).filter(([, value]) => value !== null),
  );
}

/** Without the preconditions, so that a status written in between is no conflict. */
function withoutVersion(object: JsonObject): JsonObject {
  return objectOf(mergePatched(object, { metadata: { resourceVersion: null, managedFields: null } }));
}

function objectOf(value: Json): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
