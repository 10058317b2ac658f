import type { FieldPath } from '../manifests/parse-manifests.ts';

const PART = /\.?([A-Za-z_]\w*)|\[(\d+)\]|\["([^"]*)"\]/y;
const ROOTS = /^(?:apiVersion|kind|metadata|spec)\b/;

/**
 * The field that a sentence is about: `spec.flows[2].dependencies[0]: …`. Every refusal and warning begins with it.
 *
 * @returns the path, empty if the sentence is about the whole object
 */
export function fieldIn(sentence: string): FieldPath {
  if (!ROOTS.test(sentence)) return [];
  const path: (string | number)[] = [];
  for (let at = 0; ; at = PART.lastIndex) {
    PART.lastIndex = at;
    const [whole, name, index, key] = PART.exec(sentence) ?? [];
    if (whole === undefined) return path;
    path.push(index === undefined ? (name ?? key ?? '') : Number(index));
  }
}

/** The same sentence about a field that lies deeper: `spec.jobTemplate` and `metadata.name: …`. */
export function below(base: string, sentence: string): string {
  return base === '' || !ROOTS.test(sentence) ? sentence : `${base}.${sentence}`;
}
