import type { DependencyGraph, GraphNode } from './dependency-graph.ts';

/** A graph in steps: nothing waits for what is in a later one. */
export interface Steps {
  /** Each node is in the first step in which all that it waits for is in earlier ones. */
  readonly steps: readonly (readonly GraphNode[])[];
  /** What is on a cycle, or waits for such: no step ever comes for it. */
  readonly never: readonly GraphNode[];
}

/** Puts a graph into steps, in one pass over its nodes and edges; within a step the order of the graph is kept. */
export function stepsOf({ nodes }: DependencyGraph): Steps {
  const open = new Map<string, number>();
  const dependents = new Map<string, GraphNode[]>();
  for (const node of nodes.values()) {
    open.set(node.id, node.waitsFor.length);
    for (const { id } of node.waitsFor) {
      const known = dependents.get(id);
      if (known === undefined) dependents.set(id, [node]);
      else known.push(node);
    }
  }
  const rank = new Map([...nodes.keys()].map((id, index) => [id, index]));
  const steps: GraphNode[][] = [];
  let step = [...nodes.values()].filter(({ waitsFor }) => waitsFor.length === 0);
  while (step.length > 0) {
    steps.push(step.sort((a, b) => (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0)));
    const next: GraphNode[] = [];
    for (const { id } of step) {
      open.delete(id);
      for (const dependent of dependents.get(id) ?? []) {
        const left = (open.get(dependent.id) ?? 0) - 1;
        open.set(dependent.id, left);
        if (left === 0) next.push(dependent);
      }
    }
    step = next;
  }
  return { steps, never: [...nodes.values()].filter(({ id }) => open.has(id)) };
}
