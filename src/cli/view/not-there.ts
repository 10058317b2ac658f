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
  const near = nearNames(name, known).map((each) => `"${each}"`);
  const mend =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'name another, or another namespace with -n.';
  return `${what} does not exist in namespace "${namespace}"; ${mend}`;
}
