import { refusal, type Refusal } from './errors.ts';
import { parseReference } from './dependency-reference.ts';
import { isJobName, isResourceName } from './kubernetes-names.ts';
import { LIMITS } from './names.ts';
import { isWanted, type Wanted } from './outcomes.ts';

/** One object to wait for, and the outcome that opens the edge. */
export interface DependencyEdge {
  /** The name of a Job, `jobflow/NAME` or `daemonjob/NAME`. */
  readonly name: string;
  readonly wants: Wanted;
}

/** A list of edges, or the first thing wrong with the text. */
export type ParsedDependencies =
  | { readonly ok: true; readonly edges: readonly DependencyEdge[] }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * Reads `a, b=Failed, jobflow/c=Finished`: names separated by commas or newlines, each with the outcome that it waits
 * for (`Complete` unless stated). A comma at the end of a line, and empty lines, separate nothing more.
 *
 * @param text the value of `depends-on`
 * @param field how the field is named in a refusal
 */
export function parseDependencies(text: string, field: string): ParsedDependencies {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > LIMITS.dependsOnBytes) {
    return no(refusal('DependencyTooLong', { field, bytes, limit: LIMITS.dependsOnBytes }));
  }
  const entries = splitEntries(text);
  if (entries.length > LIMITS.dependencies) {
    return no(refusal('DependencyTooMany', { field, count: entries.length, limit: LIMITS.dependencies }));
  }
  const edges = new Map<string, DependencyEdge>();
  for (const [index, entry] of entries.entries()) {
    if (entry === '') return no(refusal('DependencyEmpty', { field, position: index + 1 }));
    const edge = parseEntry(entry, field);
    if ('code' in edge) return no(edge);
    if (edges.has(edge.name)) return no(refusal('DependencyDuplicate', { field, name: edge.name }));
    edges.set(edge.name, edge);
  }
  return { ok: true, edges: [...edges.values()] };
}

/** Writes edges in the form that {@link parseDependencies} reads. */
export function formatDependencies(edges: readonly DependencyEdge[]): string {
  return edges.map(({ name, wants }) => (wants === 'Complete' ? name : `${name}=${wants}`)).join(', ');
}

function splitEntries(text: string): string[] {
  if (text.trim() === '') return [''];
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .flatMap((line, index, lines) => {
      const entries = line.split(',').map((entry) => entry.trim());
      // In a list written over several lines the comma at the end of a line belongs to the line break.
      if (entries.length > 1 && entries.at(-1) === '' && index < lines.length - 1) entries.pop();
      return entries;
    });
}

function parseEntry(entry: string, field: string): DependencyEdge | Refusal {
  const [name = '', outcome, ...rest] = entry.split('=').map((part) => part.trim());
  const reference = parseReference(name);
  if (reference === undefined) {
    return refusal('DependencyKindUnknown', { field, value: entry, kind: name.slice(0, name.indexOf('/')) });
  }
  const isName = reference.kind === 'job' ? isJobName : isResourceName;
  if (!isName(reference.name)) return refusal('DependencyNameInvalid', { field, value: name });
  if (outcome === undefined) return { name, wants: 'Complete' };
  if (!isWanted(outcome) || rest.length > 0) {
    return refusal('DependencyOutcomeUnknown', {
      field,
      value: entry,
      outcome: [outcome, ...rest].join('='),
      name,
    });
  }
  return { name, wants: outcome };
}

function no(reason: Refusal): ParsedDependencies {
  return { ok: false, refusal: reason };
}
