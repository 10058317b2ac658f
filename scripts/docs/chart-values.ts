import { readFile } from 'node:fs/promises';
import { isMap, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml';

/** The chart's values with their comments. */
const VALUES_FILE = new URL('../../helm/jobflow/values.yaml', import.meta.url);

/** One value of the chart. */
export interface ChartValue {
  /** As `helm --set` takes it: `webhook.replicas`. */
  readonly name: string;
  /** As JSON. */
  readonly fallback: string;
  /** The comment above it, in one line; empty if there is none. */
  readonly meaning: string;
}

/**
 * Every value that the chart documents, in the order of the file: what has a comment is one value, whatever is below
 * it, and what has none is a group of values.
 */
export async function chartValues(): Promise<readonly ChartValue[]> {
  const document = parseDocument(await readFile(VALUES_FILE, 'utf8'));
  if (!isMap(document.contents)) throw new TypeError('helm/jobflow/values.yaml: this is no map');
  return valuesOf(document.contents, '');
}

function valuesOf(map: YAMLMap, path: string): ChartValue[] {
  return map.items.flatMap((pair, index) => {
    // Above the first entry of a map, a comment belongs to the map; above the first of all, so does the file's own.
    const meaning =
      commentOf(pair) ?? (index === 0 && path !== '' ? (map.commentBefore ?? undefined) : undefined);
    const name = path === '' ? keyOf(pair) : `${path}.${keyOf(pair)}`;
    if (meaning === undefined && isMap(pair.value) && pair.value.items.length > 0) {
      return valuesOf(pair.value, name);
    }
    const json: unknown = (pair.value as { toJSON: () => unknown }).toJSON();
    return [{ name, fallback: JSON.stringify(json), meaning: lastParagraph(meaning ?? '') }];
  });
}

function commentOf({ key }: Pair): string | undefined {
  return isScalar(key) ? (key.commentBefore ?? undefined) : undefined;
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : '';
}

function lastParagraph(comment: string): string {
  return (comment.split(/\n\s*\n/).at(-1) ?? '').replace(/\s*\n\s*/g, ' ').trim();
}
