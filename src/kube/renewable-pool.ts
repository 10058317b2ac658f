import type { Dispatcher, Pool } from 'undici';

/**
 * A pool that gives up all its connections at once when they seem dead. A network that goes away without a word
 * (a lost route, a failed-over address) leaves idle connections that look open, and each would cost a time limit.
 */
export class RenewablePool {
  readonly #make: () => Pool;
  readonly #now: () => number;
  /** Pools that were given up and still have requests under way. */
  readonly #old = new Set<Pool>();
  #pool: Pool;
  #answeredMs = -Infinity;

  /**
   * @param make makes an empty pool
   * @param now a monotonic clock, in milliseconds
   */
  constructor(make: () => Pool, now: () => number) {
    this.#make = make;
    this.#now = now;
    this.#pool = make();
  }

  /**
   * Sends a request.
   *
   * @param unanswered tells whether an error means that no answer came in time
   * @throws what undici throws
   */
  async request(
    options: Dispatcher.RequestOptions,
    unanswered: (error: unknown) => boolean,
  ): Promise<Dispatcher.ResponseData> {
    const pool = this.#pool;
    const sentMs = this.#now();
    try {
      const answer = await pool.request(options);
      this.#answeredMs = this.#now();
      return answer;
    } catch (error) {
      // Others were answered meanwhile: then it is this request that is slow, not the network that is dead.
      if (unanswered(error) && pool === this.#pool && this.#answeredMs < sentMs) this.#renew();
      throw error;
    }
  }

  /** Ends every request, and closes all connections. */
  async destroy(): Promise<void> {
    await Promise.all([this.#pool, ...this.#old].map((pool) => pool.destroy()));
  }

  /** Requests under way keep their connections, and their own limits. */
  #renew(): void {
    const old = this.#pool;
    if (old.destroyed) return;
    this.#pool = this.#make();
    this.#old.add(old);
    const forget = (): void => {
      this.#old.delete(old);
    };
    old.close().then(forget, forget);
  }
}
