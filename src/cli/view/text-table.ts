/** One cell: its text, and how it looks where it is shown. */
export interface Cell {
  readonly text: string;
  /** Puts it into colours; of the same width. */
  readonly paint?: ((text: string) => string) | undefined;
}

/** What kubectl writes where there is nothing. */
export const NOTHING = '<none>';

/** As in kubectl (https://github.com/kubernetes/cli-runtime/blob/v0.36.0/pkg/printers/tabwriter.go). */
const MIN_WIDTH = 6;
const GAP = 3;

/**
 * Rows in columns as kubectl writes them. Every row has as many cells as the others.
 *
 * @param widths of rows that were printed before: columns become no narrower
 * @returns a line a row, without line ends
 */
export function tableLines(rows: readonly (readonly Cell[])[], widths: readonly number[] = []): string[] {
  const columns = columnWidths(rows, widths);
  return rows.map((row) =>
    row
      .map(({ text, paint = (same) => same }, index) => {
        const isLast = index === row.length - 1;
        const gap = isLast ? '' : ' '.repeat((columns[index] ?? 0) - text.length);
        return paint(text) + gap;
      })
      .join('')
      .trimEnd(),
  );
}

/** How wide the columns of some rows are, with what divides them. */
export function columnWidths(
  rows: readonly (readonly Cell[])[],
  widths: readonly number[] = [],
): readonly number[] {
  const columns = [...widths];
  for (const row of rows) {
    for (const [index, { text }] of row.entries())
      columns[index] = Math.max(columns[index] ?? MIN_WIDTH, text.length + GAP);
  }
  return columns;
}

/** No column is cut to less. */
const MIN_CUT = 11;

/**
 * The same rows with one column cut so that they fit into so many columns of a terminal, as far as that is possible.
 *
 * @param column its index
 */
export function withColumnCut(
  rows: readonly (readonly Cell[])[],
  column: number,
  terminalWidth: number,
): readonly (readonly Cell[])[] {
  const widths = columnWidths(rows);
  const excess = widths.reduce((sum, width) => sum + width, 0) - GAP - terminalWidth;
  if (excess <= 0) return rows;
  const room = Math.max(MIN_CUT, (widths[column] ?? 0) - GAP - excess);
  return rows.map((row) =>
    row.map((cell, index) =>
      index !== column || cell.text.length <= room
        ? cell
        : { ...cell, text: `${cell.text.slice(0, room - 1)}…` },
    ),
  );
}
