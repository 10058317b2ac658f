import type { Json, JsonObject } from '../../api/job.ts';
import { fieldOf, isAbsent, isObject, unionOfKeys } from './json-tree.ts';
import { keyedElements } from './keyed-lists.ts';
import { isSourceless, statedFields, withArrivedDefaults } from './stated-fields.ts';

/**
 * Fields that are one value although they are objects: they hold one of several alternatives (`exec` or `httpGet`),
 * and half of one beside half of another would be invalid.
 */
const ONE_VALUE: ReadonlySet<string> = new Set([
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'postStart',
  'preStop',
  'podFailurePolicy',
  'successPolicy',
  'seccompProfile',
  'appArmorProfile',
  'selector',
]);

/** Keyed lists whose elements are one value each, for the same reason. */
const ONE_VALUE_ELEMENTS: ReadonlySet<string> = new Set(['env', 'volumes', 'volumeMounts', 'volumeDevices']);

/**
 * Lays a Job's spec over a template's. What the Job states wins, field by field; a field at the API server's default
 * counts as not stated. Keyed lists (containers, env, volumes …) merge by key, the template's elements first in
 * their order, because a variable may refer to those before it; all other lists are one value.
 *
 * @param template the JobSpec of a JobTemplate, as written
 * @param arrived the Job's spec as it arrived, defaults filled in
 */
export function mergeTemplate(template: JsonObject, arrived: JsonObject | null | undefined): JsonObject {
  const spec = arrived ?? {};
  return withArrivedDefaults(mergeObjects(template, statedFields(spec)), spec);
}

function mergeObjects(base: JsonObject, stated: JsonObject): JsonObject {
  return Object.fromEntries(
    unionOfKeys(base, stated).flatMap((key) => {
      const value = mergeValues(key, fieldOf(base, key), fieldOf(stated, key));
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

function mergeValues(name: string, base: Json | undefined, stated: Json | undefined): Json | undefined {
  if (isAbsent(stated)) return base;
  if (isAbsent(base)) return stated;
  if (isObject(base) && isObject(stated)) return ONE_VALUE.has(name) ? stated : mergeObjects(base, stated);
  return mergeLists(name, base, stated) ?? stated;
}

function mergeLists(name: string, base: Json, stated: Json): Json[] | undefined {
  const bases = keyedElements(name, base);
  const others = keyedElements(name, stated);
  if (bases === undefined || others === undefined) return undefined;
  const merged = new Map(bases.map(({ id, element }) => [id, element]));
  for (const { id, element } of others) {
    const below = merged.get(id);
    merged.set(id, below === undefined ? element : mergeElements(name, below, element));
  }
  return [...merged.values()];
}

function mergeElements(list: string, base: Json, stated: Json): Json {
  if (list === 'volumes' && isSourceless(stated)) return base;
  if (ONE_VALUE_ELEMENTS.has(list) || !isObject(base) || !isObject(stated)) return stated;
  return mergeObjects(base, stated);
}
