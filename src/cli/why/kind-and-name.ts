import { parseReference } from '../../api/dependency-reference.ts';

/** As kubectl takes it: `job report`, `jobflow etl`. */
export function kindAndName(reference: string): string {
  const { kind, name } = parseReference(reference) ?? { kind: 'job', name: reference };
  return `${kind} ${name}`;
}
