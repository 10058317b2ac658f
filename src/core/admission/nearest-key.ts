import { API_GROUP, USER_ANNOTATIONS } from '../../api/names.ts';

/** Edits (a letter added, dropped or changed) up to which a key is taken for a mistyped one. */
const MAX_EDITS = 2;

/** The prefix, the slash and the 63 characters that Kubernetes allows after it. */
const LONGEST_KEY = API_GROUP.length + 1 + 63;

/**
 * The annotation that somebody most likely meant.
 *
 * @param key a key with our prefix that means nothing
 * @returns the key of a user's annotation, or undefined if none is close
 */
export function nearestKey(key: string): string | undefined {
  // The API server has not yet looked at the length of the key.
  if (key.length > LONGEST_KEY) return undefined;
  const word = plain(key);
  const [nearest] = Object.values(USER_ANNOTATIONS)
    .map((known) => ({ known, edits: editDistance(word, plain(known)) }))
    .filter(({ known, edits }) => edits <= Math.min(MAX_EDITS, Math.floor(plain(known).length / 2)))
    .sort((a, b) => a.edits - b.edits);
  return nearest?.known;
}

/** `dependsOn`, `depends_on` and `depends-on` are the same word. */
function plain(key: string): string {
  return key
    .slice(`${API_GROUP}/`.length)
    .toLowerCase()
    .replace(/[^a-z]/g, '');
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of Array.from(a).entries()) {
    const current = [row + 1];
    for (const [column, other] of Array.from(b).entries()) {
      const changed = (above[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(changed, (above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
