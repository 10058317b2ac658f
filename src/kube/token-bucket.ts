/** Allows a rate with bursts. Pure but for its own count: the time comes with each call. */
export class TokenBucket {
  #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  /**
   * @param perSecond how many may be taken a second in the long run
   * @param burst how many may be taken at once after a pause
   * @param nowMs a monotonic time, in milliseconds
   */
  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Changes how many may be taken a second from now on. */
  setRate(perSecond: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#perSecond = perSecond;
  }

  /** How long until one can be taken, in milliseconds; 0 if one can be taken now. */
  waitMs(nowMs: number): number {
    this.#refill(nowMs);
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / this.#perSecond) * 1_000;
  }

  /** Takes one. @returns false, and takes none, if there is none */
  take(nowMs: number): boolean {
    if (this.waitMs(nowMs) > 0) return false;
    this.#tokens -= 1;
    return true;
  }

  #refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsedMs / 1_000) * this.#perSecond);
    this.#atMs = nowMs;
  }
}
