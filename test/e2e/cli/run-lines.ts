/** Objects as one file. */
export function file(...objects: readonly object[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

/** Lines of output without what differs from run to run: times of day, lengths of time, generated parts of names. */
export function masked(output: string): string[] {
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) =>
      line
        .replace(/\b\d\d:\d\d:\d\d\b/g, 'hh:mm:ss')
        .replace(/\b(\d+m)?\d+s\b/g, 'Ns')
        .replace(/(pod "[a-z-]+)-\w{5}"/g, '$1-xxxxx"'),
    );
}

/** The same of a screen; what is masked keeps its width there. */
export function maskedScreen(lines: readonly string[]): string[] {
  return lines.map((line) =>
    line
      .replace(/ +(\d+m)?\d+s\b/g, (time) => 'Ns'.padStart(time.length))
      .replace(/(pod "[a-z-]+)-\w{5}"/g, '$1-xxxxx"')
      .replace(/-n cli-\w{8}/g, '-n cli-xxxxxxxx'),
  );
}
