import type { IBuffer, IBufferCell } from '@xterm/headless';

/** The sixteen colours of a terminal's palette, by number (https://en.wikipedia.org/wiki/ANSI_escape_code#Colors). */
const PALETTE = [
  ...['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'],
  ...['grey', 'bright-red', 'bright-green', 'bright-yellow'],
  ...['bright-blue', 'bright-magenta', 'bright-cyan', 'bright-white'],
];

/** Which lines of a terminal, and how. */
export type ScreenOptions = {
  /**
   * Shows how text looks: `<red>failed</>`, `<bold green>done</>`, `<on-blue>…</>`; a colour without a name by its
   * number or as `#rrggbb` (default: no).
   */
  colours?: boolean;
  /** Begins with the lines that have scrolled away (default: no). */
  scrolledAway?: boolean;
};

/** The lines of a terminal as a person sees them, without blanks at the ends and without empty lines at the bottom. */
export function screenText(buffer: IBuffer, options: ScreenOptions = {}): string[] {
  const lines: string[] = [];
  for (let y = options.scrolledAway === true ? 0 : buffer.baseY; y < buffer.length; y++) {
    const line = buffer.getLine(y);
    if (line === undefined) break;
    if (options.colours !== true) {
      lines.push(line.translateToString(true).trimEnd());
      continue;
    }
    const cells = Array.from({ length: line.length }, (_, x) => line.getCell(x));
    lines.push(withLooks(cells.filter((cell) => cell !== undefined)));
  }
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
}

function withLooks(cells: readonly IBufferCell[]): string {
  const end = cells.findLastIndex((cell) => cell.getChars().trim() !== '' || looksOf(cell) !== '') + 1;
  let text = '';
  let before = '';
  for (const cell of cells.slice(0, end)) {
    // The second half of a wide character.
    if (cell.getWidth() === 0) continue;
    const looks = looksOf(cell);
    if (looks !== before) {
      text += `${before === '' ? '' : '</>'}${looks === '' ? '' : `<${looks}>`}`;
      before = looks;
    }
    text += cell.getChars() === '' ? ' ' : cell.getChars();
  }
  return before === '' ? text : `${text}</>`;
}

function looksOf(cell: IBufferCell): string {
  if (cell.isAttributeDefault()) return '';
  const looks = [
    ...(cell.isBold() ? ['bold'] : []),
    ...(cell.isDim() ? ['dim'] : []),
    ...(cell.isItalic() ? ['italic'] : []),
    ...(cell.isUnderline() ? ['underline'] : []),
    ...(cell.isInverse() ? ['inverse'] : []),
    ...(cell.isStrikethrough() ? ['struck'] : []),
    ...(cell.isFgDefault() ? [] : [colourName(cell.getFgColor(), cell.isFgRGB())]),
    ...(cell.isBgDefault() ? [] : [`on-${colourName(cell.getBgColor(), cell.isBgRGB())}`]),
  ];
  return looks.join(' ');
}

function colourName(colour: number, isRgb: boolean): string {
  if (isRgb) return `#${colour.toString(16).padStart(6, '0')}`;
  return PALETTE[colour] ?? String(colour);
}
