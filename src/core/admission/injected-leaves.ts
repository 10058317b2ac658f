import type { InjectedLeaf, PathStep } from '../../api/gated-record.ts';
import type { Json, JobObject, JsonObject } from '../../api/job.ts';
import { API_GROUP } from '../../api/names.ts';
import { fieldOf, isAbsent, isObject, objectOrEmpty, sameJson, unionOfKeys } from './json-tree.ts';
import { keyedElements, type KeyedElement } from './keyed-lists.ts';

/**
 * Objects that are walked into even where one side has none: they only hold other things, and a user may add
 * something of his own beside what was injected.
 */
export const HOLDERS: ReadonlySet<string> = new Set([
  'metadata',
  'spec',
  'template',
  'labels',
  'annotations',
  'nodeSelector',
]);

/** The parts of a Job that injection touches: its labels and annotations, jobflow's own left out, and its spec. */
export function injectablePart({ metadata, spec }: JobObject): JsonObject {
  return {
    metadata: { labels: withoutOwnKeys(metadata.labels), annotations: withoutOwnKeys(metadata.annotations) },
    spec: spec ?? {},
  };
}

/**
 * What injection changed, leaf by leaf, as small as it can be said. `spec.suspend` is no leaf: it has rules of its
 * own.
 *
 * @param arrived the Job as it arrived
 * @param sent the Job as it is sent back
 */
export function injectedLeaves(arrived: JobObject, sent: JobObject): InjectedLeaf[] {
  return differences([], '', injectablePart(arrived), injectablePart(sent)).filter(
    ({ path }) => !(path.length === 2 && path[0] === 'spec' && path[1] === 'suspend'),
  );
}

function differences(
  path: readonly PathStep[],
  name: string,
  arrived: Json | undefined,
  sent: Json | undefined,
): InjectedLeaf[] {
  if (sameJson(arrived, sent)) return [];
  if (isObject(arrived) && isObject(sent)) return fieldDifferences(path, arrived, sent);
  if (HOLDERS.has(name) && isAbsent(arrived) && isObject(sent)) return fieldDifferences(path, {}, sent);
  const elements = elementDifferences(path, name, arrived, sent);
  return elements ?? [{ path, stated: arrived ?? undefined }];
}

function fieldDifferences(path: readonly PathStep[], arrived: JsonObject, sent: JsonObject): InjectedLeaf[] {
  return unionOfKeys(arrived, sent).flatMap((key) =>
    differences([...path, key], key, fieldOf(arrived, key), fieldOf(sent, key)),
  );
}

/** Undefined if the list has to be a leaf as a whole. */
function elementDifferences(
  path: readonly PathStep[],
  name: string,
  arrived: Json | undefined,
  sent: Json | undefined,
): InjectedLeaf[] | undefined {
  const before = keyedElements(name, arrived);
  const after = keyedElements(name, sent);
  if (before === undefined || after === undefined || before.length === 0) return undefined;
  // Looked up, not searched for: a list may be as long as a request allows.
  const arrivedById = elementsById(before);
  const sentById = elementsById(after);
  const found = [...before, ...after.filter(({ id }) => !arrivedById.has(id))].flatMap(({ id, step }) =>
    differences([...path, step], '', arrivedById.get(id), sentById.get(id)),
  );
  // Equal elements in another order: only the list as a whole can tell.
  return found.length === 0 ? undefined : found;
}

function elementsById(elements: readonly KeyedElement[]): ReadonlyMap<string, Json> {
  return new Map(elements.map(({ id, element }) => [id, element]));
}

function withoutOwnKeys(map: Readonly<Record<string, string>> | null | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(objectOrEmpty(map ?? undefined)).filter(([key]) => !key.startsWith(`${API_GROUP}/`)),
  );
}
