import { stringify } from 'yaml';

/** Quoted so that YAML 1.1, which kubectl reads, and YAML 1.2 read the same; no line is folded. */
const YAML = { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;

/** Any object of Kubernetes. */
interface WrittenObject {
  readonly metadata?: unknown;
}

/** Objects as a file of YAML that kubectl reads, a document each. */
export function yamlDocuments(objects: readonly WrittenObject[]): string {
  return objects.map((object) => stringify(object, YAML)).join('---\n');
}

/** Objects as kubectl writes and reads them: one as it is, several in a List, without what only the API server needs. */
export function formatObjects(objects: readonly WrittenObject[], form: 'json' | 'yaml'): string {
  const items = objects.map(withoutManagedFields);
  const [only, second] = items;
  const isOne = only !== undefined && second === undefined;
  const whole = isOne ? only : { apiVersion: 'v1', kind: 'List', items };
  return form === 'json' ? `${JSON.stringify(whole, undefined, 4)}\n` : stringify(whole, YAML);
}

function withoutManagedFields(object: WrittenObject): WrittenObject {
  const { metadata } = object;
  if (typeof metadata !== 'object' || metadata === null || !('managedFields' in metadata)) return object;
  const kept = Object.entries(metadata).filter(([key]) => key !== 'managedFields');
  return { ...object, metadata: Object.fromEntries(kept) };
}
