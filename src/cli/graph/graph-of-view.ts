import type { Unread } from '../cluster/read-objects.ts';
import { concernedParts, flowState, withUpstreams } from '../view/concerned-parts.ts';
import type { NamespaceView } from '../view/namespace-view.ts';
import { hasEnded, type PartView } from '../view/part-view.ts';
import { connectNodes, type DependencyGraph, type FoundNode } from './dependency-graph.ts';

/**
 * Takes from a namespace of a cluster what waits for what, and where it stands.
 *
 * @param options what to draw, all that jobflow has to do with unless stated; and what could not be read
 */
export function graphOfView(
  view: NamespaceView,
  {
    parts = concernedParts(view),
    unread = [],
  }: { readonly parts?: readonly PartView[]; readonly unread?: readonly Unread[] } = {},
): DependencyGraph {
  return connectNodes({
    namespace: view.namespace,
    absence: unread.some(({ because }) => because === 'forbidden') ? 'not seen' : 'not in the cluster',
    nodes: parts.map(nodeOf),
    flows: [...view.flows.values()].map(({ record }) => {
      return { name: record.name, run: record.run, state: flowState(record) };
    }),
  });
}

/** The graph of one JobFlow, with all that its Jobs wait for. */
export function graphOfFlow(
  view: NamespaceView,
  flow: string,
  unread: readonly Unread[] = [],
): DependencyGraph {
  return graphOfView(view, { parts: withUpstreams(view, view.flows.get(flow)?.parts ?? []), unread });
}

function nodeOf(part: PartView): FoundNode {
  const { name, flow, run, state, edges, record } = part;
  return {
    name,
    isNameless: false,
    flow,
    run,
    held: record?.terms?.held === true && !hasEnded(part) && state !== 'Running',
    state,
    edges,
    outcomes: record?.terms?.outcomes ?? new Map(),
  };
}
