/** One operation of a JSON patch (RFC 6902), of the three kinds that a difference needs. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/**
 * The JSON patch (RFC 6902) that turns one JSON object into another: object members are added, replaced and
 * removed one by one, at any depth; an array that differs is replaced whole, because an element's position means
 * nothing to us and other admission plugins may have their own view of it.
 *
 * Members whose value is undefined count as absent, as in JSON. Parts shared by reference cost nothing. Neither
 * object is copied or changed, so keys such as `__proto__` are as harmless as any other.
 *
 * @returns the operations in an order in which they apply; none if the two are equal
 */
export function createJsonPatch(before: object, after: object): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  if (isRecord(before) && isRecord(after)) {
    compareMembers(before, after, '', operations);
  } else if (!isEqual(before, after)) {
    operations.push({ op: 'replace', path: '', value: after });
  }
  return operations;
}

type JsonRecord = Record<string, unknown>;

function compareMembers(
  before: JsonRecord,
  after: JsonRecord,
  path: string,
  into: JsonPatchOperation[],
): void {
  for (const key of Object.keys(before)) {
    if (has(before, key) && !has(after, key)) into.push({ op: 'remove', path: pointer(path, key) });
  }
  for (const key of Object.keys(after)) {
    if (!has(after, key)) continue;
    const value = after[key];
    if (has(before, key)) compareValues(before[key], value, pointer(path, key), into);
    else into.push({ op: 'add', path: pointer(path, key), value });
  }
}

function compareValues(before: unknown, after: unknown, path: string, into: JsonPatchOperation[]): void {
  if (before === after) return;
  if (isRecord(before) && isRecord(after)) compareMembers(before, after, path, into);
  else if (!isEqual(before, after)) into.push({ op: 'replace', path, value: after });
}

function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isEqual(item, other[index]));
  }
  if (!isRecord(one) || !isRecord(other)) return false;
  return (
    Object.keys(one).every((key) => has(one, key) === has(other, key) && isEqual(one[key], other[key])) &&
    Object.keys(other).every((key) => has(one, key) === has(other, key))
  );
}

/** A member of its own with a value that JSON can hold; never one inherited from a prototype. */
function has(record: JsonRecord, key: string): boolean {
  return Object.hasOwn(record, key) && record[key] !== undefined;
}

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pointer(path: string, key: string): string {
  return `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
