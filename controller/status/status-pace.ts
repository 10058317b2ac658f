/** Between two writes of a status there is at least so much, in milliseconds, and more for each of its Jobs. */
const LEAST_MS = 500;
const PER_JOB_MS = 8;

/**
 * Keeps writes of a status apart: a flow of 1,000 Jobs writes its status, some 60 KB, every few seconds, however
 * often its Jobs change. What others wait for, its begin and its end, is not held back.
 */
export class StatusPace {
  readonly #writtenMs = new Map<string, number>();

  /**
   * Whether a status may be written now; if so, it counts as written.
   *
   * @param uid of the flow
   * @param jobs how many Jobs its status tells of
   * @param urgent whether the flow has come to another state
   * @returns undefined if it may, else when it may (milliseconds since the epoch)
   */
  dueMs(uid: string, jobs: number, urgent: boolean, nowMs: number): number | undefined {
    const writtenMs = this.#writtenMs.get(uid);
    const dueMs = (writtenMs ?? -Infinity) + LEAST_MS + PER_JOB_MS * jobs;
    if (!urgent && nowMs < dueMs) return dueMs;
    this.#writtenMs.set(uid, nowMs);
    return undefined;
  }

  /** Forgets a flow that is gone. */
  forget(uid: string): void {
    this.#writtenMs.delete(uid);
  }

  /** Forgets everything. */
  reset(): void {
    this.#writtenMs.clear();
  }
}
