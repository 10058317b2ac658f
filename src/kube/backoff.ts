/** How waiting grows from one failure to the next. */
export interface Backoff {
  /** The longest wait after the first failure, in milliseconds. */
  readonly baseMs: number;
  /** What each further failure multiplies it by. */
  readonly factor: number;
  /** The longest wait of all, in milliseconds. */
  readonly capMs: number;
}

/**
 * How long to wait before the next attempt: grows with each failure up to the cap, and lies at random between half
 * of that and all of it, so that many clients do not come back at the same moment.
 *
 * @param failures how many attempts have failed in a row, at least 1
 * @param random a number from 0 (inclusive) to 1 (exclusive)
 * @returns milliseconds
 */
export function backoffMs({ baseMs, factor, capMs }: Backoff, failures: number, random: number): number {
  const full = Math.min(capMs, baseMs * factor ** Math.max(0, failures - 1));
  return full / 2 + (full / 2) * random;
}
