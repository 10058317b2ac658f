import { STATE_LOOKS } from '../view/state-looks.ts';
import { labelOf, type DependencyGraph, type GraphNode } from './dependency-graph.ts';
import { nodesByFlow } from './nodes-by-flow.ts';

/** Graphs in Graphviz' language (https://graphviz.org/doc/info/lang.html), each JobFlow in a box of its own. */
export function drawDot(graphs: readonly DependencyGraph[]): string {
  const lines = ['digraph jobflow {', '  rankdir=LR;', '  node [shape=box, style=rounded];'];
  for (const graph of graphs) {
    // Two namespaces may have Jobs of the same name.
    const idOf = (id: string): string => quoted(graphs.length > 1 ? `${graph.namespace}/${id}` : id);
    lines.push(...boxes(graph, idOf), ...edges(graph, idOf));
  }
  return `${[...lines, '}'].join('\n')}\n`;
}

type IdOf = (id: string) => string;

function boxes(graph: DependencyGraph, idOf: IdOf): string[] {
  return [...nodesByFlow(graph)].flatMap(([flow, nodes]) => {
    const lines = nodes.map((node) => `  ${idOf(node.id)}${attributes(node)};`);
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

function attributes(node: GraphNode): string {
  const { state, isUnknown } = node;
  const styles = ['rounded', ...(isUnknown ? ['dashed'] : []), ...(state === undefined ? [] : ['filled'])];
  const looks = state && STATE_LOOKS[state];
  const all = [
    `label=${quoted(labelOf(node))}`,
    ...(styles.length > 1 ? [`style="${styles.join()}"`] : []),
    ...(looks === undefined ? [] : [`fillcolor="${looks.fill}"`, `color="${looks.frame}"`]),
  ];
  return ` [${all.join(', ')}]`;
}

function edges({ nodes }: DependencyGraph, idOf: IdOf): string[] {
  return [...nodes.values()].flatMap((node) =>
    node.waitsFor.map(({ id, wants }) => {
      const style = wants === undefined ? ' [style=dotted]' : '';
      const label = wants === undefined || wants === 'Complete' ? style : ` [label=${quoted(wants)}]`;
      return `  ${idOf(id)} -> ${idOf(node.id)}${label};`;
    }),
  );
}

function quoted(text: string): string {
  return `"${text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ').replace(/[\\"]/g, '\\$&')}"`;
}
