import { refusal, type Refusal } from '../../../api/errors.ts';
import { plannedNodes, type PlannedEntry } from './planned-entries.ts';
import type { ResourceView } from './resource-view.ts';
import type { NewEdge } from './waiting-objects.ts';

/** A JobFlow as far as cycles are concerned. */
export interface FlowPlan {
  /** Empty if the name is yet to be generated. */
  readonly name: string;
  readonly run: string | undefined;
  readonly entries: readonly PlannedEntry[];
}

/** An edge, and the field that states it. */
interface StatedInField extends NewEdge {
  readonly field: string;
}

/**
 * Refuses a JobFlow whose entries would close a cycle, among themselves or over other JobFlows, DaemonJobs and Jobs.
 * Only what is new is checked.
 *
 * @param plan the JobFlow as it is sent
 * @param before as it is stored; undefined for a new one
 */
export function refuseFlowCycle(
  plan: FlowPlan,
  before: FlowPlan | undefined,
  view: ResourceView,
): Refusal | undefined {
  const ref = `jobflow/${plan.name}`;
  const isKnown = before?.run === plan.run ? knownEdges(before) : () => false;
  const added = edgesOf(plan, ref).filter((edge) => !isKnown(edge));
  if (added.length === 0) return undefined;
  const cycle = view.findWholeCycle({
    whole: { ref, run: plan.run, edges: [], parts: plannedNodes(plan.entries, plan.run) },
    added,
    isNew: before === undefined,
  });
  if (cycle === undefined) return undefined;
  return refusal('DependencyCycle', { field: cycle.edge.field, path: inOwnWords(cycle.path, ref, plan) });
}

/** Dependencies first, for they are what can be mended. */
function edgesOf({ entries }: FlowPlan, ref: string): StatedInField[] {
  return [
    ...entries.flatMap((entry) =>
      entry.edges.map(({ field, edge }) => ({ field, from: entry.ref, to: edge.name })),
    ),
    ...entries.map((entry) => ({ field: `${entry.path}.name`, from: ref, to: entry.ref })),
  ];
}

function knownEdges(before: FlowPlan | undefined): (edge: NewEdge) => boolean {
  if (before === undefined) return () => false;
  const known = new Set(edgesOf(before, `jobflow/${before.name}`).map(keyOf));
  return (edge) => known.has(keyOf(edge));
}

/** No name holds a blank. */
function keyOf({ from, to }: NewEdge): string {
  return `${from} ${to}`;
}

/**
 * A path that stays in the flow names its entries, as the file does. One that leaves it names the Jobs, as kubectl
 * shows them, since an entry of this flow and a Job beside it may have the same name.
 */
function inOwnWords(path: readonly string[], ref: string, { entries }: FlowPlan): readonly string[] {
  const names = new Map(entries.map((entry) => [entry.ref, entry.name]));
  const own = path.flatMap((name) => (name === ref ? [ref] : (names.get(name) ?? [])));
  return own.length === path.length ? own : path;
}
