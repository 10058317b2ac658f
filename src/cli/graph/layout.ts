import { labelOf, type DependencyGraph, type GraphNode } from './dependency-graph.ts';
import { stepsOf } from './steps.ts';

/** A box of a drawing, in pixels from its upper left corner. */
export interface Box {
  readonly node: GraphNode;
  readonly label: string;
  /** On a cycle, or waiting for such. */
  readonly isStuck: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where everything of a graph lies. */
export interface Layout {
  /** By the `id` of their nodes. */
  readonly boxes: ReadonlyMap<string, Box>;
  readonly width: number;
  readonly height: number;
}

const HEIGHT = 28;
const ROW = 44;
const PADDING = 12;
/** Room for arrows, and for the outcomes beside them. */
const BETWEEN_COLUMNS = 90;
/** The width of a character of a monospaced font of 12 pixels. */
const CHARACTER = 7.3;

/**
 * Lays a graph out from left to right: a column a step, and within it each box as near as may be to what it waits
 * for. One pass over nodes and edges, but for the sorting of columns.
 */
export function layOut(graph: DependencyGraph): Layout {
  const { steps, never } = stepsOf(graph);
  const stuck = new Set(never);
  const columns = never.length === 0 ? steps : [...steps, never];
  const tallest = columns.reduce((most, nodes) => Math.max(most, nodes.length), 0);
  const boxes = new Map<string, Box>();
  let x = 0;
  for (const nodes of columns) {
    const widths = nodes.map((node) => Math.ceil(labelOf(node).length * CHARACTER) + 2 * PADDING);
    const width = widths.reduce((widest, each) => Math.max(widest, each), 0);
    const top = ((tallest - nodes.length) * ROW) / 2;
    for (const [row, node] of byUpstreams(nodes, boxes).entries()) {
      const y = top + row * ROW;
      boxes.set(node.id, {
        node,
        label: labelOf(node),
        isStuck: stuck.has(node),
        x,
        y,
        width,
        height: HEIGHT,
      });
    }
    x += width + BETWEEN_COLUMNS;
  }
  return {
    boxes,
    width: Math.max(0, x - BETWEEN_COLUMNS),
    height: Math.max(0, tallest * ROW - (ROW - HEIGHT)),
  };
}

/** A box between those that it waits for has the shortest arrows. */
function byUpstreams(nodes: readonly GraphNode[], boxes: ReadonlyMap<string, Box>): GraphNode[] {
  return nodes
    .map((node, index) => {
      const heights = node.waitsFor.flatMap(({ id }) => boxes.get(id)?.y ?? []);
      const sum = heights.reduce((total, y) => total + y, 0);
      return { node, index, middle: heights.length === 0 ? 0 : sum / heights.length };
    })
    .sort((a, b) => a.middle - b.middle || a.index - b.index)
    .map(({ node }) => node);
}
