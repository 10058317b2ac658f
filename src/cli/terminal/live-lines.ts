import type { Terminal } from './terminal.ts';

/**
 * Lines at the bottom of a terminal that are drawn anew in their place. What was there before them stays, and the last
 * drawing stays when the program has ended.
 */
export class LiveLines {
  readonly #terminal: Terminal;
  /** The last drawing, and how wide the terminal was. */
  #drawn: readonly string[] = [];
  #columns = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /**
   * Draws lines over those that were drawn before; what is the same is not written again. Those too wide for the terminal
   * are cut, and where there are more than it has room for the last ones give way to a count.
   *
   * @param lines their texts, perhaps with colours; each character is one column wide
   */
  draw(lines: readonly string[]): void {
    const { columns, rows } = this.#terminal.size() ?? NO_LIMITS;
    // One line is left for the cursor.
    const room = Math.max(1, rows - 1);
    const hidden = lines.length - room + 1;
    const shown = hidden > 1 ? [...lines.slice(0, room - 1), `… and ${hidden} more`] : lines;
    const cut = shown.map((line) => cutLine(line, columns));
    const isInPlace = this.#columns === columns && this.#drawn.length > 0 && this.#drawn.length <= room;
    const text = isInPlace
      ? changes(this.#drawn, cut)
      : this.#toBeginning(columns) + cut.map((line) => `${line}\n`).join('');
    if (text !== '') this.#terminal.out(text);
    this.#drawn = cut;
    this.#columns = columns;
  }

  /** Takes the drawing away, so that something else can be written that stays; the next drawing follows it. */
  clear(): void {
    const text = this.#toBeginning((this.#terminal.size() ?? NO_LIMITS).columns);
    if (text !== '') this.#terminal.out(text);
    this.#drawn = [];
  }

  /** In a window that has become narrower a line takes the room of several. */
  #toBeginning(columns: number): string {
    if (this.#drawn.length === 0) return '';
    const lines = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    return `\r\u001b[${lines}A\u001b[J`;
  }
}

/** What makes one drawing of the other, from the line below it to the line below it. */
function changes(before: readonly string[], after: readonly string[]): string {
  if (before.length === after.length && after.every((line, index) => line === before[index])) return '';
  const lines = after.map((line, index) => {
    const old = before[index];
    if (old === undefined) return `${line}\n`;
    if (old === line) return '\n';
    const same = sameBeginning(old, line);
    const forward = same === 0 ? '' : `\u001b[${same}C`;
    // The rest is erased first: after a last column the cursor still stands on it.
    return `${forward}\u001b[K${line.slice(same)}\n`;
  });
  return `\r\u001b[${before.length}A${lines.join('')}${after.length < before.length ? '\u001b[J' : ''}`;
}

/** How many characters two lines begin with that are the same, before anything that sets a colour. */
function sameBeginning(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length] && a[length] !== '\u001b') length += 1;
  return length;
}

const NO_LIMITS = { columns: Infinity, rows: Infinity };

/** What sets a colour (https://en.wikipedia.org/wiki/ANSI_escape_code#SGR). */
const COLOUR = /(\u001b\[[\d;]*m)/;

/** How many columns a text takes, without its colours. */
export function widthOf(text: string): number {
  return piecesOf(text).reduce((width, { isColour, piece }) => width + (isColour ? 0 : piece.length), 0);
}

/**
 * A text of at most so many columns; one that is longer ends in `…`. Its colours stay.
 *
 * @param columns at least 1
 */
export function cutLine(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let room = columns;
  return piecesOf(text)
    .map(({ isColour, piece }) => {
      if (isColour || room === 0) return isColour ? piece : '';
      const isWhole = piece.length < room;
      const shown = isWhole ? piece : `${piece.slice(0, room - 1)}…`;
      room = isWhole ? room - piece.length : 0;
      return shown;
    })
    .join('');
}

function piecesOf(text: string): { isColour: boolean; piece: string }[] {
  // What a pattern captures stands between what it divides.
  return text.split(COLOUR).map((piece, index) => ({ isColour: index % 2 === 1, piece }));
}
