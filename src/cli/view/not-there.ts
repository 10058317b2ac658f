import { nearNames } from './near-names.ts';

/**
 * One sentence for whoever names something that is not there.
 *
 * @param what it, in a sentence: `JobFlow "etl"`
 * @param name the name alone
 * @param namespace where it was looked for
 * @param known the names that are there
 */
export function notThere(what: string, name: string, namespace: string, known: Iterable<string>): string {
  const mend = didYouMean(name, known) ?? 'name another, or another namespace with -n.';
  return `${what} does not exist in namespace "${namespace}"; ${mend}`;
}

/** The end of such a sentence, with the names that were most likely meant; undefined if none is near. */
export function didYouMean(name: string, known: Iterable<string>): string | undefined {
  const near = nearNames(name, known).map((each) => `"${each}"`);
  return near.length > 0 ? `did you mean ${near.join(' or ')}?` : undefined;
}

/**
 * One sentence for whoever writes a name that several objects bear.
 *
 * @param kinds theirs, as they are written before a name
 */
export function severalNamed(name: string, kinds: readonly string[]): string {
  return `More than one object is called "${name}"; write ${kinds.map((kind) => `${kind}/${name}`).join(' or ')}.`;
}
