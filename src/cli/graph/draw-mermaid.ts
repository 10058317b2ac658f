import type { DependencyGraph, GraphNode } from './dependency-graph.ts';
import { nodesByFlow } from './nodes-by-flow.ts';

/** Graphs as one Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html), each JobFlow in a box of its own. */
export function drawMermaid(graphs: readonly DependencyGraph[]): string {
  const lines = ['flowchart LR'];
  for (const [index, graph] of graphs.entries()) {
    const ids = new Map([...graph.nodes.keys()].map((name, node) => [name, `n${index}_${node}`]));
    const idOf = (name: string): string => ids.get(name) ?? '';
    const title = graphs.length > 1 ? graph.namespace : undefined;
    if (title !== undefined) lines.push(`  subgraph ns${index}["Namespace ${escaped(title)}"]`);
    lines.push(...boxes(graph, index, idOf), ...edges(graph, idOf));
    if (title !== undefined) lines.push('  end');
  }
  if (graphs.some(({ nodes }) => [...nodes.values()].some(({ isUnknown }) => isUnknown))) {
    lines.push('  classDef unknown stroke-dasharray: 4 4');
  }
  return `${lines.join('\n')}\n`;
}

type IdOf = (name: string) => string;

function boxes(graph: DependencyGraph, index: number, idOf: IdOf): string[] {
  return [...nodesByFlow(graph)].flatMap(([flow, nodes], box) => {
    const lines = nodes.map((node) => `  ${idOf(node.name)}${shape(node)}`);
    if (flow === undefined) return lines;
    return [
      `  subgraph f${index}_${box}["JobFlow ${escaped(flow)}"]`,
      ...lines.map((line) => `  ${line}`),
      '  end',
    ];
  });
}

function shape({ name, held, isUnknown }: GraphNode): string {
  const label = escaped(held ? `${name} (held)` : name);
  return isUnknown ? `["${label}"]:::unknown` : `["${label}"]`;
}

function edges({ nodes }: DependencyGraph, idOf: IdOf): string[] {
  return [...nodes.values()].flatMap((node) =>
    node.waitsFor.map(({ name, wants }) => {
      const label = wants === undefined || wants === 'Complete' ? '' : `|${wants}|`;
      return `  ${idOf(name)} ${wants === undefined ? '-.->' : '-->'}${label} ${idOf(node.name)}`;
    }),
  );
}

/** Within the quotes of a label only quotes and the marks of entities mean anything. */
function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
    .replace(/[#"<>&]/g, (character) => `#${character.charCodeAt(0)};`);
}
