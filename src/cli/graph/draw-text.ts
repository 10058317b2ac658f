import { coloured, type Terminal } from '../terminal/terminal.ts';
import { inColourOf } from '../view/state-looks.ts';
import { absenceOf, type DependencyGraph, type GraphEdge, type GraphNode } from './dependency-graph.ts';
import { stepsOf } from './steps.ts';

/**
 * Graphs as tables, a line a node: the step, the name, the state where it is known, and what it waits for. What does not
 * fit into the width of a terminal goes on below itself.
 */
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
    ...steps.flatMap((nodes, index) => rowsOf(nodes, String(index + 1), graph)),
    ...rowsOf(never, 'never', graph),
  ];
  const width = widest('JOB', rows, ({ name }) => name);
  const stateWidth = rows.some(({ node }) => node.state !== undefined)
    ? widest('STATE', rows, ({ node }) => node.state ?? '') + GAP.length
    : 0;
  const indent = STEP_WIDTH + width + GAP.length + stateWidth;
  const room = Math.max(MIN_ROOM, (terminal.size()?.columns ?? Infinity) - indent);
  const header = `STEP   ${'JOB'.padEnd(width)}${GAP}${'STATE'.padEnd(stateWidth).slice(0, stateWidth)}WAITS FOR`;
  const lines = rows.flatMap(({ step, name, node, waits }) => {
    const isStuck = step === 'never';
    const { state, isUnknown } = node;
    const shownName = isUnknown && !isStuck ? coloured(terminal, 'yellow', name) : name;
    const shownState = state === undefined || isStuck ? (state ?? '') : inColourOf(state, state, terminal);
    const [first = '', ...others] = inLines(waits, room);
    const line = [
      `${step.padStart(STEP_WIDTH - 2)}  ${shownName}${' '.repeat(width - name.length)}${GAP}`,
      `${shownState}${' '.repeat(stateWidth - (state ?? '').length)}${first}`,
    ];
    const all = [line.join(''), ...others.map((other) => ' '.repeat(indent) + other)];
    return isStuck ? all.map((each) => coloured(terminal, 'red', each)) : all;
  });
  return [coloured(terminal, 'grey', header), ...lines].map((line) => `${line.trimEnd()}\n`).join('');
}

const GAP = '   ';
/** The column of the step, with what divides it from the next. */
const STEP_WIDTH = 7;
/** So much is left for what a Job waits for, however narrow the terminal is. */
const MIN_ROOM = 20;

interface Row {
  readonly step: string;
  readonly name: string;
  readonly node: GraphNode;
  /** What it waits for, each a word of its own. */
  readonly waits: readonly string[];
}

function rowsOf(nodes: readonly GraphNode[], step: string, { absence }: DependencyGraph): Row[] {
  return nodes.map((node, index) => ({
    // Once a step, so that the steps are seen as blocks; of those that never come each line is a warning.
    step: index === 0 || step === 'never' ? step : '',
    name: oneLine(node.name),
    node,
    waits: node.isUnknown ? [`(${absenceOf(node, absence)})`] : waitsOf(node),
  }));
}

function waitsOf({ waitsFor, held }: GraphNode): string[] {
  return [...waitsFor.map(edgeText), ...(held ? ['a person (hold)'] : [])];
}

function edgeText({ name, wants }: GraphEdge): string {
  return oneLine(wants === undefined || wants === 'Complete' ? name : `${name}=${wants}`);
}

/** Words with commas between them, in lines of at most so many characters where that is possible. */
function inLines(words: readonly string[], room: number): string[] {
  const lines: string[] = [];
  for (const [index, word] of words.entries()) {
    const text = index < words.length - 1 ? `${word},` : word;
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= room)
      lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(text);
  }
  return lines;
}

function widest(header: string, rows: readonly Row[], text: (row: Row) => string): number {
  return rows.reduce((most, row) => Math.max(most, text(row).length), header.length);
}

/** A name that Kubernetes would refuse may hold anything. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
