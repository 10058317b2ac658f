import { parseDependencies, type DependencyEdge } from '../../../api/dependency-list.ts';
import { formatReference, parseReference } from '../../../api/dependency-reference.ts';
import type { Refusal } from '../../../api/errors.ts';
import type { Json } from '../../../api/job.ts';
import { joinedName } from '../../flow/joined-name.ts';
import type { WaitingJob } from '../../waiting-graph.ts';
import { fieldOf, isAbsent } from '../json-tree.ts';
import { itemsAt, textAt, type ListItem } from './named-list.ts';

/** One edge of an entry, as it is stated and as its Job has it. */
export interface StatedEdge {
  /** `spec.flows[2].dependencies[0]`. */
  readonly field: string;
  /** As stated: the name of an entry, `jobflow/NAME` or `daemonjob/NAME`. */
  readonly stated: string;
  /** As the Job of the entry has it: entries have become Jobs or DaemonJobs. */
  readonly edge: DependencyEdge;
}

/** One entry of a flow, and what becomes of it. */
export interface PlannedEntry extends ListItem {
  readonly name: string;
  /** The name of its Job, or `daemonjob/NAME`. */
  readonly ref: string;
  readonly edges: readonly StatedEdge[];
  /** What is wrong with its dependencies as texts; those edges are left out. */
  readonly unreadable: readonly Refusal[];
}

/**
 * The entries of a flow with the names and edges that their Jobs will have. Nothing is refused: what cannot be read
 * is left out, and told.
 *
 * @param flowName the name of the JobFlow; empty if it has none yet
 * @param spec its spec
 */
export function plannedEntries(flowName: string, spec: Json | undefined): PlannedEntry[] {
  const items = itemsAt(fieldOf(spec, 'flows'), 'spec.flows');
  const daemons = new Set(
    items.filter(({ value }) => isDaemon(value)).map(({ value }) => textAt(value, 'name')),
  );
  const refOf = (name: string): string =>
    formatReference({ kind: daemons.has(name) ? 'daemonjob' : 'job', name: joinedName(flowName, name) });
  return items.map((item) => {
    const name = textAt(item.value, 'name');
    const { edges, unreadable } = readEdges(item, refOf);
    return { ...item, name, ref: refOf(name), edges, unreadable };
  });
}

/** The entries as the graph holds them. */
export function plannedNodes(entries: readonly PlannedEntry[], run: string | undefined): WaitingJob[] {
  return entries.map(({ ref, edges }) => ({
    name: ref,
    run,
    edges: edges.map(({ edge }) => ({ name: edge.name })),
  }));
}

/** Whether an entry is a DaemonJob: a Job per node. */
export function isDaemon(entry: Json): boolean {
  return !isAbsent(fieldOf(entry, 'daemonJob'));
}

function readEdges(
  { value, path }: ListItem,
  refOf: (name: string) => string,
): { edges: StatedEdge[]; unreadable: Refusal[] } {
  const edges: StatedEdge[] = [];
  const unreadable: Refusal[] = [];
  for (const { value: text, path: field } of itemsAt(
    fieldOf(value, 'dependencies'),
    `${path}.dependencies`,
  )) {
    if (typeof text !== 'string') continue;
    const parsed = parseDependencies(text, field);
    if (!parsed.ok) {
      unreadable.push(parsed.refusal);
      continue;
    }
    for (const edge of parsed.edges) {
      const isEntry = parseReference(edge.name)?.kind === 'job';
      edges.push({
        field,
        stated: edge.name,
        edge: isEntry ? { ...edge, name: refOf(edge.name) } : edge,
      });
    }
  }
  return { edges, unreadable };
}
