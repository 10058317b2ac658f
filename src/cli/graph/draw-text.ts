import { coloured, type Terminal } from '../terminal.ts';
import type { DependencyGraph, GraphEdge, GraphNode } from './dependency-graph.ts';
import { stepsOf } from './steps.ts';

/** Graphs as tables, a line a node: the step, the name, and what it waits for. */
export function drawText(graphs: readonly DependencyGraph[], terminal: Terminal): string {
  return graphs
    .map((graph) => {
      const title = graphs.length > 1 ? `Namespace ${graph.namespace}\n` : '';
      return title + drawTable(graph, terminal);
    })
    .join('\n');
}

function drawTable(graph: DependencyGraph, terminal: Terminal): string {
  const { steps, never } = stepsOf(graph);
  const rows = [
    ...steps.flatMap((nodes, index) => rowsOf(nodes, String(index + 1))),
    ...rowsOf(never, 'never'),
  ];
  const width = rows.reduce((widest, { name }) => Math.max(widest, name.length), 'JOB'.length);
  const header = `STEP   ${'JOB'.padEnd(width)}   WAITS FOR`;
  const lines = rows.map(({ step, name, waits, isUnknown }) => {
    const shown = name.padEnd(width);
    const line = `${step.padStart(5)}  ${isUnknown ? coloured(terminal, 'yellow', shown) : shown}   ${waits}`;
    return step === 'never' ? coloured(terminal, 'red', line) : line;
  });
  return [coloured(terminal, 'grey', header), ...lines].map((line) => `${line.trimEnd()}\n`).join('');
}

interface Row {
  readonly step: string;
  readonly name: string;
  readonly waits: string;
  readonly isUnknown: boolean;
}

function rowsOf(nodes: readonly GraphNode[], step: string): Row[] {
  return nodes.map((node, index) => ({
    // Once a step, so that the steps are seen as blocks; of those that never come each line is a warning.
    step: index === 0 || step === 'never' ? step : '',
    name: oneLine(node.name),
    waits: waitsOf(node),
    isUnknown: node.isUnknown,
  }));
}

function waitsOf({ waitsFor, held, isUnknown }: GraphNode): string {
  if (isUnknown) return '(not in these files)';
  const edges = waitsFor.map(edgeText);
  return [...edges, ...(held ? ['a person (hold)'] : [])].join(', ');
}

function edgeText({ name, wants }: GraphEdge): string {
  return oneLine(wants === undefined || wants === 'Complete' ? name : `${name}=${wants}`);
}

/** A name that Kubernetes would refuse may hold anything. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
