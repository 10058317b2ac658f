const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** A century: longer waits are a mistake, and timers and dates stay exact below it. */
const LONGEST_MS = 100 * 365 * 24 * 3_600_000;

/**
 * Reads a positive duration in Go's form (https://pkg.go.dev/time#ParseDuration), such as `2h`, `90s` or `1h30m`.
 *
 * @returns milliseconds, or undefined if the text is no such duration, or is not between 1 ms and 100 years
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > 64 || !/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, number = '', unit = ''] of text.matchAll(/([\d.]+)([^\d.]+)/g)) {
    totalMs += Number(number) * (UNIT_MS[unit] ?? Number.NaN);
  }
  return totalMs >= 1 && totalMs <= LONGEST_MS ? totalMs : undefined;
}

/**
 * Writes a duration in the form that {@link parseDuration} reads, in the largest units: `720h`, `1m30s`, `250ms`.
 *
 * @param ms milliseconds, a whole number
 */
export function formatDuration(ms: number): string {
  const parts: string[] = [];
  let rest = ms;
  for (const unit of ['h', 'm', 's', 'ms']) {
    const length = UNIT_MS[unit] ?? 1;
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.length === 0 ? '0s' : parts.join('');
}
