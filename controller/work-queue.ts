import { backoffMs, type Backoff } from '../src/kube/backoff.ts';

/** What a work queue needs from outside. */
export interface WorkQueueOptions {
  /**
   * Does the work for one key. A rejection puts the key back after a backoff. `sinceMs` is when it was added, the first
   * time if it has failed since.
   */
  readonly process: (key: string, sinceMs: number) => Promise<void>;
  /** How many keys are worked on at once. */
  readonly concurrency: number;
  /** Called with every rejection, and the milliseconds until the key's next turn. */
  readonly onError: (key: string, error: unknown, retryInMs: number) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A number from 0 to 1. */
  readonly random: () => number;
}

/** A conflict is gone as soon as the watch has caught up, so the first waits are short. */
const BACKOFF: Backoff = { baseMs: 20, factor: 2, capMs: 30_000 };

/** Node's timers take at most 2^31 - 1 ms; a later time is looked at again on the way. */
const LONGEST_TIMER_MS = 24 * 3_600_000;

/**
 * Keys waiting for their turn. A key is in it at most once and is worked on by one worker at a time; a key added
 * while it is being worked on gets another turn. Closed until it is opened: a standby adds nothing.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  /** In the order in which they came, with the time. */
  readonly #waiting = new Map<string, number>();
  readonly #running = new Set<string>();
  /** Added while they are being worked on, with the time. */
  readonly #again = new Map<string, number>();
  readonly #failures = new Map<string, { readonly count: number; readonly sinceMs: number }>();
  readonly #timers = new Map<string, { readonly atMs: number; readonly timer: NodeJS.Timeout }>();
  #isOpen = false;
  #turnScheduled = false;
  #idle: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** How many keys wait for their turn. */
  get depth(): number {
    return this.#waiting.size;
  }

  /** How long the key at the head has waited, in milliseconds; 0 if none waits. */
  get ageMs(): number {
    const first = this.#waiting.values().next();
    return first.done === true ? 0 : this.#options.now() - first.value;
  }

  /** Takes keys from now on. */
  open(): void {
    this.#isOpen = true;
  }

  /** Forgets every key that waits and takes no more; resolves when the work under way has ended. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#waiting.clear();
    this.#again.clear();
    this.#failures.clear();
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Gives a key a turn as soon as a worker is free. */
  add(key: string): void {
    if (!this.#isOpen) return;
    if (this.#running.has(key)) {
      if (!this.#again.has(key)) this.#again.set(key, this.#options.now());
      return;
    }
    this.#addSince(key, this.#options.now());
  }

  /** Gives a key a turn at a time, unless it has one sooner. */
  addAt(key: string, atMs: number): void {
    if (!this.#isOpen) return;
    const planned = this.#timers.get(key);
    if (planned !== undefined && planned.atMs <= atMs) return;
    clearTimeout(planned?.timer);
    const delayMs = Math.min(Math.max(0, atMs - this.#options.now()), LONGEST_TIMER_MS);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, delayMs);
    this.#timers.set(key, { atMs, timer });
  }

  #addSince(key: string, sinceMs: number): void {
    if (!this.#isOpen || this.#waiting.has(key)) return;
    this.#waiting.set(key, sinceMs);
    this.#scheduleTurns();
  }

  #scheduleTurns(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    // After the current batch of watch events has been taken in, so that one decision sees all of it.
    setImmediate(() => {
      this.#turnScheduled = false;
      this.#startTurns();
    });
  }

  #startTurns(): void {
    while (this.#running.size < this.#options.concurrency) {
      const first = this.#waiting.entries().next();
      if (first.done === true) return;
      const [key, addedMs] = first.value;
      this.#waiting.delete(key);
      this.#running.add(key);
      void this.#turn(key, addedMs);
    }
  }

  async #turn(key: string, addedMs: number): Promise<void> {
    const failed = this.#failures.get(key);
    const sinceMs = failed?.sinceMs ?? addedMs;
    try {
      await this.#options.process(key, sinceMs);
      this.#failures.delete(key);
    } catch (error) {
      const count = (failed?.count ?? 0) + 1;
      this.#failures.set(key, { count, sinceMs });
      const retryInMs = backoffMs(BACKOFF, count, this.#options.random());
      this.#options.onError(key, error, retryInMs);
      this.addAt(key, this.#options.now() + retryInMs);
    }
    this.#running.delete(key);
    const againSinceMs = this.#again.get(key);
    this.#again.delete(key);
    if (againSinceMs !== undefined) this.#addSince(key, againSinceMs);
    this.#startTurns();
    if (this.#running.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}
