import { STATE_LOOKS } from '../view/state-looks.ts';
import { absenceOf, type DependencyGraph, type GraphEdge } from './dependency-graph.ts';
import { layOut, type Box, type Layout } from './layout.ts';

const MARGIN = 20;
const TITLE = 28;

const STYLE = `
    text { font: 12px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; }
    rect { fill: #ffffff; stroke: #57606a; }
    path { fill: none; stroke: #57606a; }
    #arrow path { fill: #57606a; stroke: none; }
${Object.entries(STATE_LOOKS)
  .map(([state, { fill, frame }]) => `    .${state.toLowerCase()} { fill: ${fill}; stroke: ${frame}; }`)
  .join('\n')}
    .unknown { stroke-dasharray: 4 4; }
    .stuck { stroke: #cf222e; stroke-width: 2; }
    .part { stroke-dasharray: 2 3; }
    .outcome { font-size: 10px; fill: #57606a; }`;

/** Graphs as one drawing, from left to right, namespaces below each other. */
export function drawSvg(graphs: readonly DependencyGraph[]): string {
  const hasTitles = graphs.length > 1;
  const parts: string[] = [];
  let width = 0;
  let y = MARGIN;
  for (const graph of graphs) {
    const layout = layOut(graph);
    if (hasTitles) {
      parts.push(`  <text x="${MARGIN}" y="${y + 14}">Namespace ${escaped(graph.namespace)}</text>`);
      y += TITLE;
    }
    parts.push(`  <g transform="translate(${MARGIN} ${y})">`, ...drawGraph(layout, graph.absence), '  </g>');
    width = Math.max(width, layout.width);
    y += layout.height + MARGIN;
  }
  const size = `${Math.ceil(width) + 2 * MARGIN} ${Math.ceil(y)}`;
  const [wide = '', high = ''] = size.split(' ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}" viewBox="0 0 ${size}">`,
    `  <style>${STYLE}\n  </style>`,
    '  <defs>',
    '    <marker id="arrow" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">',
    '      <path d="M0 0L8 4L0 8z"/>',
    '    </marker>',
    '  </defs>',
    '  <rect width="100%" height="100%" style="stroke: none"/>',
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** Arrows first, so that they pass behind boxes. */
function drawGraph({ boxes }: Layout, absence: string): string[] {
  const all = [...boxes.values()];
  return [...all.flatMap((box) => arrowsTo(box, boxes)), ...all.map((box) => drawBox(box, absence))];
}

function arrowsTo(box: Box, boxes: ReadonlyMap<string, Box>): string[] {
  return box.node.waitsFor.flatMap((edge) => {
    const upstream = boxes.get(edge.id);
    return upstream === undefined ? [] : drawArrow(upstream, box, edge);
  });
}

function drawArrow(from: Box, to: Box, { wants }: GraphEdge): string[] {
  const [x1, y1] = [from.x + from.width, from.y + from.height / 2];
  const [x2, y2] = [to.x, to.y + to.height / 2];
  const bend = Math.max(40, (x2 - x1) / 2);
  const style = wants === undefined ? ' class="part"' : '';
  const curve = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  const arrow = `    <path${style} d="${curve}" marker-end="url(#arrow)"/>`;
  if (wants === undefined || wants === 'Complete') return [arrow];
  const label = `    <text class="outcome" x="${(x1 + x2) / 2}" y="${(y1 + y2) / 2 - 4}" text-anchor="middle">${wants}</text>`;
  return [arrow, label];
}

function drawBox({ node, label, isStuck, x, y, width, height }: Box, absence: string): string {
  const { state, flow, isUnknown } = node;
  const classes = [
    ...(state === undefined ? [] : [state.toLowerCase()]),
    ...(isStuck ? ['stuck'] : isUnknown ? ['unknown'] : []),
  ];
  const looks = classes.length === 0 ? '' : ` class="${classes.join(' ')}"`;
  const notes = [
    label,
    ...(flow === undefined ? [] : [`JobFlow ${flow}`]),
    ...(isUnknown ? [absenceOf(node, absence)] : []),
    ...(isStuck ? ['never starts: it is on a cycle, or waits for what is'] : []),
  ];
  return [
    `    <g><title>${escaped(notes.join('; '))}</title>`,
    `<rect${looks} x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`,
    `<text x="${x + width / 2}" y="${y + height / 2 + 4}" text-anchor="middle">${escaped(label)}</text></g>`,
  ].join('');
}

/** XML has no way at all to write most control characters. */
function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, ' ')
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
