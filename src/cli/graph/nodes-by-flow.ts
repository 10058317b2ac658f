import type { DependencyGraph, GraphNode } from './dependency-graph.ts';

/** The nodes of a graph by the JobFlow that they belong to; those that belong to none under undefined, first. */
export function nodesByFlow({
  nodes,
}: DependencyGraph): ReadonlyMap<string | undefined, readonly GraphNode[]> {
  const flows = new Map<string | undefined, GraphNode[]>([[undefined, []]]);
  for (const node of nodes.values()) {
    const known = flows.get(node.flow);
    if (known === undefined) flows.set(node.flow, [node]);
    else known.push(node);
  }
  return flows;
}
