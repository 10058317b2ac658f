import type { PartState } from '../view/part-view.ts';
import { STATE_LOOKS } from '../view/state-looks.ts';
import { labelOf, type DependencyGraph, type GraphNode } from './dependency-graph.ts';
import { nodesByFlow } from './nodes-by-flow.ts';

/** Graphs as one Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html), each JobFlow in a box of its own. */
export function drawMermaid(graphs: readonly DependencyGraph[]): string {
  const lines = ['flowchart LR'];
  for (const [index, graph] of graphs.entries()) {
    const ids = new Map([...graph.nodes.keys()].map((id, node) => [id, `n${index}_${node}`]));
    const idOf = (id: string): string => ids.get(id) ?? '';
    const title = graphs.length > 1 ? graph.namespace : undefined;
    if (title !== undefined) lines.push(`  subgraph ns${index}["Namespace ${escaped(title)}"]`);
    lines.push(...boxes(graph, index, idOf), ...edges(graph, idOf), ...secondClasses(graph, idOf));
    if (title !== undefined) lines.push('  end');
  }
  const all = graphs.flatMap(({ nodes }) => [...nodes.values()]);
  const states = new Set(all.flatMap(({ state }) => state ?? []));
  lines.push(...[...states].sort().map(classOf));
  if (all.some(({ isUnknown }) => isUnknown)) lines.push(`  classDef ${UNKNOWN} stroke-dasharray: 4 4`);
  return `${lines.join('\n')}\n`;
}

const UNKNOWN = 'unknown';

type IdOf = (id: string) => string;

/** https://mermaid.js.org/syntax/flowchart.html#classes; the text is dark also where Mermaid's own theme is. */
function classOf(state: PartState): string {
  const { fill, frame } = STATE_LOOKS[state];
  return `  classDef ${state.toLowerCase()} fill:${fill},stroke:${frame},color:#1f2328`;
}

function boxes(graph: DependencyGraph, index: number, idOf: IdOf): string[] {
  return [...nodesByFlow(graph)].flatMap(([flow, nodes], box) => {
    const lines = nodes.map((node) => `  ${idOf(node.id)}${shape(node)}`);
    if (flow === undefined) return lines;
    return [
      `  subgraph f${index}_${box}["JobFlow ${escaped(flow)}"]`,
      ...lines.map((line) => `  ${line}`),
      '  end',
    ];
  });
}

function shape(node: GraphNode): string {
  const looks = node.state?.toLowerCase() ?? (node.isUnknown ? UNKNOWN : undefined);
  return `["${escaped(labelOf(node))}"]${looks === undefined ? '' : `:::${looks}`}`;
}

/** A node takes one class with its shape; what is unknown and has a state needs a second one. */
function secondClasses({ nodes }: DependencyGraph, idOf: IdOf): string[] {
  return [...nodes.values()]
    .filter(({ isUnknown, state }) => isUnknown && state !== undefined)
    .map(({ id }) => `  class ${idOf(id)} ${UNKNOWN}`);
}

function edges({ nodes }: DependencyGraph, idOf: IdOf): string[] {
  return [...nodes.values()].flatMap((node) =>
    node.waitsFor.map(({ id, wants }) => {
      const label = wants === undefined || wants === 'Complete' ? '' : `|${wants}|`;
      return `  ${idOf(id)} ${wants === undefined ? '-.->' : '-->'}${label} ${idOf(node.id)}`;
    }),
  );
}

/** Within the quotes of a label only quotes and the marks of entities mean anything. */
function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
    .replace(/[#"<>&]/g, (character) => `#${character.charCodeAt(0)};`);
}
