import { API_GROUP, USER_ANNOTATIONS } from '../../api/names.ts';
import { editDistance } from '../edit-distance.ts';

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
