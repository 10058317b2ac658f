import type { Json, JsonObject } from '../../api/job.ts';

/** Whether a value is an object (and neither a list nor null). */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether nothing is there: Kubernetes takes `null` for a field that is not set. */
export function isAbsent(value: Json | undefined): value is null | undefined {
  return value === undefined || value === null;
}

/** The field of an object, or undefined if the value is no object or has no such field of its own. */
export function fieldOf(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The value at the end of a path of fields, or undefined if the path leads nowhere. */
export function valueAt(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(fieldOf, value);
}

/** The value if it is an object, else an empty one. */
export function objectOrEmpty(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/**
 * A copy of the object with one field set, or without it where the value is undefined. The other fields keep their
 * order. Copies are made of entries, so that a field called `__proto__` is data like any other.
 */
export function withField(object: JsonObject, key: string, value: Json | undefined): JsonObject {
  const entries = new Map(Object.entries(object));
  if (value === undefined) entries.delete(key);
  else entries.set(key, value);
  return Object.fromEntries(entries);
}

/** A copy of the object with the value at the end of a path of fields set; objects on the way are made. */
export function withValueAt(
  object: JsonObject,
  [key, ...rest]: readonly [string, ...string[]],
  value: Json,
): JsonObject {
  const [next, ...others] = rest;
  if (next === undefined) return withField(object, key, value);
  return withField(object, key, withValueAt(objectOrEmpty(fieldOf(object, key)), [next, ...others], value));
}

/** Whether two values say the same to Kubernetes: the order of fields and fields at `null` do not count. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b || (isAbsent(a) && isAbsent(b))) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  return unionOfKeys(a, b).every((key) => sameJson(fieldOf(a, key), fieldOf(b, key)));
}

/** The keys of both objects, those of the first one first. */
export function unionOfKeys(a: JsonObject, b: JsonObject): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}
