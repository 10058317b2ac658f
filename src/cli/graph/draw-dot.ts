import type { DependencyGraph, GraphNode } from './dependency-graph.ts';
import { nodesByFlow } from './nodes-by-flow.ts';

/** Graphs in Graphviz' language (https://graphviz.org/doc/info/lang.html), each JobFlow in a box of its own. */
export function drawDot(graphs: readonly DependencyGraph[]): string {
  const lines = ['digraph jobflow {', '  rankdir=LR;', '  node [shape=box, style=rounded];'];
  for (const graph of graphs) {
    // Two namespaces may have Jobs of the same name.
    const idOf = (name: string): string => quoted(graphs.length > 1 ? `${graph.namespace}/${name}` : name);
    lines.push(...boxes(graph, idOf), ...edges(graph, idOf));
  }
  return `${[...lines, '}'].join('\n')}\n`;
}

type IdOf = (name: string) => string;

function boxes(graph: DependencyGraph, idOf: IdOf): string[] {
  return [...nodesByFlow(graph)].flatMap(([flow, nodes]) => {
    const lines = nodes.map((node) => `  ${idOf(node.name)}${attributes(node)};`);
    if (flow === undefined) return lines;
    const name = quoted(`cluster_${graph.namespace}/${flow}`);
    return [
      `  subgraph ${name} {`,
      `    label=${quoted(`JobFlow ${flow}`)};`,
      ...lines.map((line) => `  ${line}`),
      '  }',
    ];
  });
}

function attributes({ name, held, isUnknown }: GraphNode): string {
  const label = [`label=${quoted(held ? `${name} (held)` : name)}`];
  return ` [${[...label, ...(isUnknown ? ['style="rounded,dashed"'] : [])].join(', ')}]`;
}

function edges({ nodes }: DependencyGraph, idOf: IdOf): string[] {
  return [...nodes.values()].flatMap((node) =>
    node.waitsFor.map(({ name, wants }) => {
      const style = wants === undefined ? ' [style=dotted]' : '';
      const label = wants === undefined || wants === 'Complete' ? style : ` [label=${quoted(wants)}]`;
      return `  ${idOf(name)} -> ${idOf(node.name)}${label};`;
    }),
  );
}

function quoted(text: string): string {
  return `"${text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ').replace(/[\\"]/g, '\\$&')}"`;
}
