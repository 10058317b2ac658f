import type { ApiError } from './api-error.ts';
import { errorOfNetwork } from './api-error.ts';
import { backoffMs } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import { apiPath } from './connection.ts';
import type { Connection } from './connection.ts';
import { capMessage, EventQueue } from './event-queue.ts';
import type { Announcement, EventWrite } from './event-queue.ts';
import type { Log } from './log.ts';
import { TokenBucket } from './token-bucket.ts';

export type { Announcement } from './event-queue.ts';

/** How Events are written. */
export interface EventRecorderOptions {
  readonly connection: Connection;
  readonly log: Log;
  /** `source.component` and `reportingComponent`; jobflow-controller. */
  readonly component?: string;
  /** `reportingInstance`: which replica. */
  readonly instance?: string;
  /** For how long repeats are gathered before the count of their Event is written, in milliseconds; 5,000. */
  readonly windowMs?: number;
  /** Writes a second in the long run, and at once after a pause; 20 and 100. */
  readonly perSecond?: number;
  readonly burst?: number;
  /** Announcements that may wait; 5,000. */
  readonly queueLimit?: number;
  /** Events remembered, so that repeats are counted on them; 5,000. */
  readonly memoryLimit?: number;
  /** Requests at once, of those the connection allows; 2. */
  readonly concurrency?: number;
  /** The time of day, in milliseconds since the epoch. */
  readonly now?: () => number;
  /** A monotonic clock, in milliseconds. */
  readonly monotonicNow?: () => number;
  /** A number from 0 (inclusive) to 1 (exclusive). */
  readonly random?: () => number;
}

/** What has become of announcements; the numbers only grow. */
export interface EventCounters {
  readonly created: number;
  /** Writes of a count on an Event that existed. */
  readonly repeated: number;
  /** Given up: too many waiting, refused, or stopped. */
  readonly dropped: number;
}

const RETRIES = 5;
const RETRY: Backoff = { baseMs: 250, factor: 2, capMs: 5_000 };
const REQUEST_TIMEOUT_MS = 10_000;
const WARN_EVERY_MS = 60_000;

const PER_SECOND = 20;

/**
 * When a thousand Jobs start at the same time the API server has pods to make. As long as announcements keep coming,
 * with pauses of less than this, in milliseconds, only a few of them are written a second; but not for ever.
 */
const RUSH_PAUSE_MS = 1_000;
const RUSH_LIMIT_MS = 60_000;
const RUSH_PER_SECOND = 2;

/**
 * Tells people what happens to their objects, by Events (`kubectl describe`, `kubectl events`). Best effort, and
 * always behind the work itself: nothing is sent before the caller's turn of the event loop is over, few requests
 * run at once, and what is too much is dropped.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #now: () => number;
  readonly #monotonicNow: () => number;
  readonly #random: () => number;
  readonly #queue: EventQueue;
  readonly #perSecond: number;
  readonly #bucket: TokenBucket;
  readonly #stopping = new AbortController();
  readonly #counters = { created: 0, repeated: 0, dropped: 0 };
  readonly #onIdle = new Set<() => void>();
  #running = 0;
  #flushing = 0;
  #wake: { readonly cancel: () => void; readonly atMs: number } | undefined;
  #pausedUntilMs = 0;
  #announcedMs = -Infinity;
  #rushSinceMs = -Infinity;
  #warnedMs: number | undefined;

  constructor(options: EventRecorderOptions) {
    const {
      windowMs = 5_000,
      queueLimit = 5_000,
      memoryLimit = 5_000,
      perSecond = PER_SECOND,
      burst = 100,
    } = options;
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#monotonicNow = options.monotonicNow ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
    this.#queue = new EventQueue({ windowMs, queued: queueLimit, remembered: memoryLimit }, this.#random);
    this.#perSecond = perSecond;
    this.#bucket = new TokenBucket(perSecond, burst, this.#monotonicNow());
  }

  /** What has become of announcements so far. */
  get counters(): EventCounters {
    return { ...this.#counters, dropped: this.#counters.dropped + this.#queue.dropped };
  }

  /** Announcements that wait to be written, or are being written. */
  get pending(): number {
    return this.#queue.size + this.#running;
  }

  /** Queues an announcement and returns at once. Never throws; ignored after `stop`. */
  announce(announcement: Announcement): void {
    if (this.#stopping.signal.aborted) return;
    const message = capMessage(announcement.message);
    const nowMs = this.#monotonicNow();
    if (nowMs - this.#announcedMs >= RUSH_PAUSE_MS) this.#rushSinceMs = nowMs;
    this.#announcedMs = nowMs;
    this.#queue.add({ ...announcement, message }, { timeMs: this.#now(), monotonicMs: nowMs });
    this.#wakeIn(0);
  }

  /**
   * Writes what waits, repeats at once too.
   *
   * @param timeoutMs for how long to try, in milliseconds
   * @returns whether everything has been written or given up
   */
  async flush(timeoutMs: number): Promise<boolean> {
    if (this.pending === 0) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const idle = (): void => {
      resolve(true);
    };
    const timer = setTimeout(resolve, timeoutMs, false);
    this.#onIdle.add(idle);
    this.#flushing += 1;
    this.#wakeIn(0);
    const done = await promise;
    clearTimeout(timer);
    this.#onIdle.delete(idle);
    this.#flushing -= 1;
    return done;
  }

  /** Ends at once; what waits is dropped. `flush` first to write it. */
  stop(): void {
    this.#stopping.abort();
    this.#wake?.cancel();
    this.#counters.dropped += this.#queue.size;
  }

  /** Looks at the queue after so many milliseconds, or earlier if that was planned already. */
  #wakeIn(ms: number): void {
    const atMs = this.#monotonicNow() + ms;
    if (this.#stopping.signal.aborted || (this.#wake !== undefined && this.#wake.atMs <= atMs)) return;
    this.#wake?.cancel();
    const run = (): void => {
      this.#wake = undefined;
      this.#pump();
    };
    if (ms > 0) {
      const timer = setTimeout(run, ms);
      // Waiting to write a count is no reason to keep a process alive.
      if (this.#flushing === 0) timer.unref();
      this.#wake = {
        atMs,
        cancel: () => {
          clearTimeout(timer);
        },
      };
    } else {
      const immediate = setImmediate(run);
      this.#wake = {
        atMs,
        cancel: () => {
          clearImmediate(immediate);
        },
      };
    }
  }

  #pump(): void {
    const { concurrency = 2 } = this.#options;
    while (this.#running < concurrency) {
      const nowMs = this.#monotonicNow();
      const queueMs = this.#flushing > 0 && this.#queue.size > 0 ? 0 : this.#queue.waitMs(nowMs);
      if (queueMs === undefined) break;
      this.#bucket.setRate(this.#rateAt(nowMs), nowMs);
      const waitMs = Math.max(queueMs, this.#bucket.waitMs(nowMs), this.#pausedUntilMs - nowMs);
      if (waitMs > 0) {
        this.#wakeIn(waitMs);
        break;
      }
      const write = this.#queue.take(this.#flushing > 0 ? Infinity : nowMs);
      if (write === undefined) break;
      this.#bucket.take(nowMs);
      void this.#perform(write);
    }
    if (this.pending > 0) return;
    for (const idle of this.#onIdle) idle();
  }

  /** How many may be written a second at a moment. */
  #rateAt(nowMs: number): number {
    const isRush = nowMs - this.#announcedMs < RUSH_PAUSE_MS && nowMs - this.#rushSinceMs < RUSH_LIMIT_MS;
    return isRush && this.#flushing === 0 ? Math.min(this.#perSecond, RUSH_PER_SECOND) : this.#perSecond;
  }

  async #perform(write: EventWrite): Promise<void> {
    this.#running += 1;
    try {
      await this.#send(write);
      if (write.kind === 'create') this.#counters.created += 1;
      else this.#counters.repeated += 1;
    } catch (cause) {
      this.#failed(write, errorOfNetwork(cause));
    } finally {
      this.#running -= 1;
      this.#wakeIn(0);
    }
  }

  #failed(write: EventWrite, error: ApiError): void {
    const again = write.failures + 1;
    if (error.kind === 'retry' && again <= RETRIES) {
      const pauseMs = Math.max(backoffMs(RETRY, again, this.#random()), error.retryAfterMs ?? 0);
      this.#pausedUntilMs = this.#monotonicNow() + pauseMs;
      this.#queue.retry(write);
      return;
    }
    if (error.kind === 'notFound' && write.kind === 'repeat') {
      this.#queue.recreate(write);
      return;
    }
    // An attempt whose answer was lost had succeeded after all.
    if (error.kind === 'conflict' && write.kind === 'create' && write.failures > 0) {
      this.#counters.created += 1;
      return;
    }
    this.#counters.dropped += 1;
    this.#queue.forget(write);
    // A namespace that is being deleted refuses Events, with 403 and then with 404; the others would fare no better.
    if (write.kind === 'create' && (error.kind === 'denied' || error.kind === 'notFound'))
      this.#counters.dropped += this.#queue.forgetNamespace(write.announcement.object.namespace);
    this.#warn(write, error);
  }

  /** Whatever goes wrong with Events, it is no reason to fill the log. */
  #warn({ announcement }: EventWrite, { kind, status, reason, message }: ApiError): void {
    const nowMs = this.#monotonicNow();
    if (kind === 'aborted' || (this.#warnedMs !== undefined && nowMs - this.#warnedMs < WARN_EVERY_MS))
      return;
    this.#warnedMs = nowMs;
    const { namespace, name } = announcement.object;
    this.#options.log.warn({ namespace, name, status, reason, error: message }, 'event dropped');
  }

  async #send(write: EventWrite): Promise<void> {
    const { connection } = this.#options;
    const { namespace } = write.announcement.object;
    const limits = { timeoutMs: REQUEST_TIMEOUT_MS, signal: this.#stopping.signal };
    if (write.kind === 'create') {
      const path = apiPath`/api/v1/namespaces/${namespace}/events`;
      await connection.request({ method: 'POST', path, body: this.#eventOf(write), ...limits });
      return;
    }
    const path = apiPath`/api/v1/namespaces/${namespace}/events/${write.name}`;
    const body = { count: write.count, lastTimestamp: secondsTime(write.lastMs) };
    await connection.request({ method: 'PATCH', path, body, ...limits });
  }

  #eventOf({ name, announcement, firstMs, lastMs, count }: EventWrite): object {
    const { component = 'jobflow-controller', instance = '' } = this.#options;
    const { object, type, reason, message } = announcement;
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: object.namespace },
      involvedObject: object,
      type,
      reason,
      message,
      count,
      firstTimestamp: secondsTime(firstMs),
      lastTimestamp: secondsTime(lastMs),
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
    };
  }
}

/** A Kubernetes Time has whole seconds. */
function secondsTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
