import { coloured, type Terminal } from '../terminal/terminal.ts';
import { humanDuration } from '../view/human-duration.ts';
import { inColourOf } from '../view/state-looks.ts';
import { columnWidths, tableLines, type Cell } from '../view/text-table.ts';
import type { TreeNode } from './owner-tree.ts';

/** Less room than this for the messages is none: they go below their objects. */
const MIN_ROOM = 30;

/** What a drawing needs to know. */
export interface DrawOptions {
  /** What was asked for, `kind/name`: it is marked where colours are shown. */
  readonly named: string;
  /** The time, in milliseconds since the epoch. */
  readonly nowMs: number;
  readonly terminal: Terminal;
}

/** One object as it is drawn. */
interface Row {
  readonly node: TreeNode;
  /** The lines of the tree before its name, and before what goes on below it. */
  readonly branch: string;
  readonly below: string;
}

/**
 * A tree as lines of text with a head. On a terminal a message takes as many lines as it needs, beside its object or, where
 * there is little room, below it.
 */
export function drawTree(root: TreeNode, options: DrawOptions): string[] {
  const { terminal } = options;
  const rows = rowsOf(root, '', '');
  const heads = ['NAME', 'STATE', 'RESTARTS', 'NODE', 'AGE'];
  const table = [heads.map((text) => greyCell(text, terminal)), ...rows.map((row) => rowCells(row, options))];
  const indent = columnWidths(table).reduce((sum, width) => sum + width, 0);
  const columns = terminal.size()?.columns ?? Infinity;
  const isBeside = columns - indent >= MIN_ROOM;
  const messages = rows.map(({ node, below }) => {
    const room = isBeside ? columns - indent : Math.max(MIN_ROOM, columns - below.length - BELOW.length);
    return inLines(node.message.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim(), room);
  });
  const beside = isBeside
    ? [greyCell('MESSAGE', terminal), ...messages.map(([text = '']) => ({ text }))]
    : table.map(() => ({ text: '' }));
  const lines = tableLines(table.map((cells, index) => [...cells, beside[index] ?? { text: '' }]));
  return lines.flatMap((line, index) => {
    const { below = '' } = rows[index - 1] ?? {};
    const message = messages[index - 1] ?? [];
    const more = isBeside ? message.slice(1) : message;
    return [line, ...more.map((text) => (isBeside ? below.padEnd(indent) : below + BELOW) + text)];
  });
}

const BELOW = '   ';

function rowsOf(node: TreeNode, branch: string, below: string): Row[] {
  const { children } = node;
  const ownBelow = below + (children.length > 0 ? '│' : ' ');
  const rows = children.flatMap((child, index) =>
    index < children.length - 1
      ? rowsOf(child, `${below}├─ `, `${below}│  `)
      : rowsOf(child, `${below}└─ `, `${below}   `),
  );
  return [{ node, branch, below: ownBelow }, ...rows];
}

function rowCells({ node, branch }: Row, { named, nowMs, terminal }: DrawOptions): Cell[] {
  const { kind, name, state, looks, restarts, node: on, createdMs } = node;
  const written = `${kind}/${name}`;
  const text = branch + written;
  const paint =
    written === named
      ? (shown: string) => shown.replace(written, coloured(terminal, 'cyan', written))
      : undefined;
  return [
    { text, paint },
    { text: state, paint: looks && ((shown) => inColourOf(looks, shown, terminal)) },
    { text: restarts === undefined ? '' : String(restarts) },
    { text: on ?? '' },
    { text: createdMs === undefined ? '' : humanDuration(nowMs - createdMs) },
  ];
}

function greyCell(text: string, terminal: Terminal): Cell {
  return { text, paint: (shown) => coloured(terminal, 'grey', shown) };
}

/** A text in lines of at most so many characters, divided at blanks; none for no text. */
function inLines(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
