import { createHash } from 'node:crypto';

/**
 * A short digest of what a JSON value says: the same whatever the order of its keys, and whether a field is absent or
 * null.
 *
 * @param value anything that JSON can hold
 */
export function contentDigest(value: unknown): string {
  const text = JSON.stringify(value, inOrder);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
