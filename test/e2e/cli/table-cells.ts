/** Durations as kubectl writes them, perhaps with ` ago`. */
const TIME = /\b(\d+[ydhms]){1,2}\b/g;

/**
 * The cells of a table as kubectl writes them, cut where its heads begin, so that a cell which is not below its head is
 * seen. Times are shown as `TIME`.
 *
 * @param lines the first one has the heads
 */
export function cellsOf(lines: readonly string[]): string[][] {
  const [header = ''] = lines;
  const starts = [...header.matchAll(/\S+( \S+)*/g)].map(({ index }) => index);
  return lines.map((line) => {
    const cells = starts.map((start, index) => line.slice(start, starts[index + 1]));
    return cells.map((cell) => cell.trim().replace(TIME, 'TIME'));
  });
}
