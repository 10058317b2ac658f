import type { Terminal } from './terminal.ts';

/**
 * Lines at the bottom of a terminal that are drawn anew in their place. What was there before them stays, and the last
 * drawing stays when the program has ended.
 */
export class LiveLines {
  readonly #terminal: Terminal;
  /** What is on the screen of the last drawing, by the width of each of its lines. */
  #drawn: readonly number[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /**
   * Draws lines over those that were drawn before. Those too wide for the terminal are cut, and where there are more
   * than it has room for the last ones give way to a count.
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
    this.#terminal.out(this.#toBeginning(columns) + cut.map((line) => `${line}\n`).join(''));
    this.#drawn = cut.map((line) => widthOf(line));
  }

  /** Takes the drawing away, so that something else can be written that stays; the next drawing follows it. */
  clear(): void {
    this.#terminal.out(this.#toBeginning((this.#terminal.size() ?? NO_LIMITS).columns));
    this.#drawn = [];
  }

  /** In a window that has become narrower a line takes the room of several. */
  #toBeginning(columns: number): string {
    if (this.#drawn.length === 0) return '';
    const lines = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return `\r\u001b[${lines}A\u001b[J`;
  }
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
