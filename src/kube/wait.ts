import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits, or less if the signal aborts first.
 *
 * @param ms milliseconds
 * @param signal ends the wait; the promise then resolves all the same
 * @returns whether the whole time has passed
 */
export async function wait(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal });
    return true;
  } catch {
    // The only failure of a timer is its abort.
    return false;
  }
}
