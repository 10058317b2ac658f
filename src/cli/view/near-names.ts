import { editDistance } from '../../core/edit-distance.ts';

/** Letters that may be wrong in a name that was meant. */
const MAX_EDITS = 3;
/** Names that one sentence holds. */
const SHOWN = 3;
/** Longer words are no names of Kubernetes objects. */
const LONGEST_NAME = 253;

/**
 * The names that somebody most likely meant, nearest first.
 *
 * @param written a name that nothing has
 * @param known all names that there are
 */
export function nearNames(written: string, known: Iterable<string>): string[] {
  if (written.length > LONGEST_NAME) return [];
  const limit = Math.min(MAX_EDITS, Math.floor(written.length / 2));
  return [...known]
    .filter((name) => Math.abs(name.length - written.length) <= limit || isPartOf(written, name))
    .map((name) => ({ name, edits: isPartOf(written, name) ? limit : editDistance(written, name) }))
    .filter(({ edits }) => edits <= limit)
    .sort((a, b) => a.edits - b.edits || a.name.localeCompare(b.name))
    .slice(0, SHOWN)
    .map(({ name }) => name);
}

/** `report` is what is left of `etl-report` by whoever thinks of the entry of a flow. */
function isPartOf(written: string, name: string): boolean {
  return written.length > 2 && name.endsWith(`-${written}`);
}
