import { setTimeout as delay } from 'node:timers/promises';

/** Limits of a wait. */
export type WaitOptions = {
  /** How long to wait at most, in milliseconds (default 30,000). */
  limitMs?: number;
  /** The pause between two looks, in milliseconds (default 25). */
  intervalMs?: number;
  /** Called once when the limit has passed; what it returns is added to the error. */
  explain?: () => string | Promise<string>;
};

/**
 * Waits until `look` returns something other than `undefined` or `false`, and returns it.
 *
 * @param what names the awaited condition in the error, as in `the API server to be ready`
 * @throws Error when the limit has passed; a throw of `look` goes straight through
 */
export async function waitUntil<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  { limitMs = 30_000, intervalMs = 25, explain }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() >= deadline) {
      const detail = explain === undefined ? '' : `\n${await explain()}`;
      throw new Error(`Waited ${limitMs / 1000} s for ${what}, in vain.${detail}`);
    }
    await delay(intervalMs);
  }
}
