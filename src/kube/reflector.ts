import { setImmediate as turn } from 'node:timers/promises';
import { ApiError, errorOfNetwork, isApiError } from './api-error.ts';
import { backoffMs } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import type { Connection, Query } from './connection.ts';
import { readListPage, readWatchEvent } from './list-and-watch.ts';
import type { WatchEvent } from './list-and-watch.ts';
import type { Log } from './log.ts';
import { changesOnDeleted, changesOnSeen, keyOf } from './store-change.ts';
import type { Change, Identified } from './store-change.ts';
import { wait } from './wait.ts';

/** What a reflector follows, and how. */
export interface ReflectorOptions<T extends Identified> {
  readonly connection: Connection;
  /** The collection, such as `/apis/batch/v1/jobs`. */
  readonly path: string;
  /** `labelSelector` and `fieldSelector`, for list and watch. */
  readonly query?: Query;
  /** Keeps of an object what is needed. One that throws leaves that object out of the store, logged. */
  readonly project: (object: unknown) => T;
  readonly log: Log;
  /** A collection that may not be listed counts as synced, with what was known of it before; false. */
  readonly passesIfDenied?: boolean;
  /** Objects per request of a list; 500. */
  readonly pageSize?: number;
  /** After how long the API server ends a watch, in seconds; 45. Resuming costs one request. */
  readonly watchSeconds?: number;
  /** A watch that goes on for so much longer has stalled, in milliseconds; 5,000. */
  readonly stallGraceMs?: number;
  /** The limit of one request of a list, and of a watch's first bytes, in milliseconds; 30,000 and 10,000. */
  readonly listTimeoutMs?: number;
  readonly openTimeoutMs?: number;
  /** The longest wait before a list that an expired version has made necessary, in milliseconds; 1,000. */
  readonly relistJitterMs?: number;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
  /** A number from 0 (inclusive) to 1 (exclusive). */
  readonly random?: () => number;
}

/** Told of every change, synchronously, after the store has been changed. */
export type ChangeHandler<T> = (change: Change<T>) => void;

/** What has happened since the start; the numbers only grow. */
export interface ReflectorCounters {
  /** Watches opened. */
  readonly watches: number;
  /** Watches that ended otherwise than by their own time limit, and lists that failed. */
  readonly failures: number;
  /** Watches given up because they had stalled. */
  readonly stalls: number;
  /** Lists begun after the first. */
  readonly relists: number;
  /** Events of watches, bookmarks not counted. */
  readonly events: number;
  /** Handlers and projections that threw. */
  readonly errors: number;
}

/** Nobody answers. Asking is cheap, and being back within a second of the API server is worth it. */
const UNREACHABLE: Backoff = { baseMs: 100, factor: 1.5, capMs: 1_000 };

/** Somebody answers, but not with what was asked for. */
const REFUSED: Backoff = { baseMs: 200, factor: 2, capMs: 5_000 };

/** So many failed watches in a row, each with an answer, mean that the version itself may be what is wrong. */
const RELIST_AFTER_FAILURES = 3;

/** A watch that ends sooner than this did not work, even if it ended in order. */
const WORKED_AFTER_MS = 1_000;

/** After so many objects or events the event loop gets its turn; some 5 ms of work. */
const TURN_EVERY = 200;

/**
 * Follows one collection: a list in pages, then watches, each from where the last one ended. The store holds the
 * projected records and never a whole object.
 *
 * A quiet watch says nothing for up to a minute, so silence is no sign of a broken connection. The API server is
 * therefore asked to end each watch after 45 s; one that has not ended then has stalled.
 */
export class Reflector<T extends Identified> {
  /** Records by `namespace/name`. Complete once `synced`; read it, never write to it. */
  readonly store: ReadonlyMap<string, T>;
  /** Resolves when the first list is in the store; never rejects, and never resolves after `stop`. */
  readonly whenSynced: Promise<void>;
  readonly #records = new Map<string, T>();
  readonly #options: ReflectorOptions<T>;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #handlers = new Set<ChangeHandler<T>>();
  readonly #stopping = new AbortController();
  readonly #counters = { watches: 0, failures: 0, stalls: 0, relists: 0, events: 0, errors: 0 };
  readonly #announceSynced: () => void;
  #running: Promise<void> | undefined;
  #synced = false;
  #lastContactMs: number | undefined;
  #sinceTurn = 0;

  constructor(options: ReflectorOptions<T>) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
    this.store = this.#records;
    this.whenSynced = promise;
    this.#announceSynced = () => {
      resolve(undefined);
    };
  }

  /** The first list is in the store. Stays true: later on the store is at worst out of date, see `lastContactMs`. */
  get synced(): boolean {
    return this.#synced;
  }

  /**
   * When the API server was last heard of, on the clock `now`, or undefined before the first time. On a quiet
   * collection up to a minute passes between two contacts.
   */
  get lastContactMs(): number | undefined {
    return this.#lastContactMs;
  }

  /** What has happened since the start. */
  get counters(): ReflectorCounters {
    return { ...this.#counters };
  }

  /**
   * Adds a handler of changes. One that throws is logged and called again for the next change. To miss nothing, add
   * it before `start`: the first list arrives as `added`, page by page.
   *
   * @returns a function that removes it
   */
  subscribe(handler: ChangeHandler<T>): () => void {
    this.#handlers.add(handler);
    return () => {
      this.#handlers.delete(handler);
    };
  }

  /** Begins to follow; at once, and for good until `stop`. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the watch; no handler is called after it has resolved. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    const { log, path } = this.#options;
    for (let failures = 0; !this.#isStopped();) {
      try {
        const resourceVersion = await this.#list();
        failures = 0;
        await this.#watchFrom(resourceVersion);
      } catch (cause) {
        if (this.#isStopped()) return;
        const error = errorOfNetwork(cause);
        failures += 1;
        this.#counters.failures += 1;
        log.warn({ path, status: error.status, reason: error.reason, error: error.message }, 'list failed');
        if (this.#options.passesIfDenied === true && error.status === 403) this.#listed();
        await this.#waitAfter(error, failures);
      }
      if (!this.#isStopped()) this.#counters.relists += 1;
    }
  }

  /**
   * Takes in the whole collection, page by page. After the first time what is gone goes before what is new comes: an
   * object that was created after another had been deleted must not be there to see it go.
   *
   * @throws ApiError
   */
  async #list(): Promise<string> {
    const { connection, path, query, pageSize = 500, listTimeoutMs = 30_000 } = this.#options;
    const seen = new Set<string>();
    const created: T[] = [];
    const isFirst = this.#records.size === 0;
    for (let token: string | undefined; ;) {
      const answer = await connection.request({
        method: 'GET',
        path,
        query: { ...query, limit: pageSize, continue: token },
        timeoutMs: listTimeoutMs,
        signal: this.#stopping.signal,
      });
      this.#touch();
      const page = readListPage(answer);
      for (const object of page.items) {
        const record = this.#project(object);
        if (record === undefined) continue;
        const key = keyOf(record);
        const stored = this.#records.get(key);
        if (isFirst || stored?.uid === record.uid) {
          seen.add(key);
          this.#apply(changesOnSeen(stored, record, 'list'));
        } else created.push(record);
        await this.#giveTurn();
      }
      token = page.continueToken;
      if (token !== undefined) continue;
      await this.#forgetAllBut(seen);
      for (const record of created) {
        this.#apply([{ kind: 'added', record }]);
        await this.#giveTurn();
      }
      this.#listed();
      return page.resourceVersion;
    }
  }

  async #forgetAllBut(seen: ReadonlySet<string>): Promise<void> {
    for (const [key, record] of this.#records) {
      if (seen.has(key)) continue;
      this.#apply([{ kind: 'deleted', record }]);
      await this.#giveTurn();
    }
  }

  #listed(): void {
    if (this.#synced || this.#isStopped()) return;
    this.#synced = true;
    this.#announceSynced();
  }

  /** Watches, again and again from where it was, until the API server no longer knows that version. */
  async #watchFrom(listed: string): Promise<void> {
    const { log, path } = this.#options;
    const position = { resourceVersion: listed };
    for (let failures = 0; !this.#isStopped();) {
      const { error, worked } = await this.#watchOnce(position);
      if (this.#isStopped()) return;
      if (worked) failures = 0;
      if (error === undefined) {
        failures = worked ? 0 : failures + 1;
        if (!worked) await this.#waitAfter(NOTHING_CAME, failures);
        continue;
      }
      failures += 1;
      this.#counters.failures += 1;
      const fields = { path, status: error.status, reason: error.reason, error: error.message };
      if (
        isApiError(error, 'gone', 'invalid') ||
        (error.status !== undefined && failures >= RELIST_AFTER_FAILURES)
      ) {
        log.info(fields, 'watch cannot be resumed, listing again');
        const jitterMs = (this.#options.relistJitterMs ?? 1_000) * this.#random();
        await wait(Math.max(jitterMs, error.retryAfterMs ?? 0), this.#stopping.signal);
        return;
      }
      log.info(fields, 'watch interrupted');
      await this.#waitAfter(error, failures);
    }
  }

  /** One watch, to its end, however it ends; `position` follows what has been taken in. */
  async #watchOnce(position: { resourceVersion: string }): Promise<{ error?: ApiError; worked: boolean }> {
    const { connection, path, query, openTimeoutMs = 10_000, stallGraceMs = 5_000 } = this.#options;
    // Up to a tenth less, so that many watches do not end at the same moment.
    const seconds = Math.ceil((this.#options.watchSeconds ?? 45) * (1 - 0.1 * this.#random()));
    const startedMs = this.#now();
    const stalled = new AbortController();
    const timer = setTimeout(
      () => {
        stalled.abort();
      },
      seconds * 1_000 + stallGraceMs,
    );
    let events = 0;
    const worked = (): boolean => events > 0 || this.#now() - startedMs >= WORKED_AFTER_MS;
    this.#counters.watches += 1;
    try {
      const lines = connection.stream({
        path,
        query: {
          ...query,
          watch: true,
          allowWatchBookmarks: true,
          resourceVersion: position.resourceVersion,
          timeoutSeconds: seconds,
        },
        headersTimeoutMs: openTimeoutMs,
        signal: AbortSignal.any([this.#stopping.signal, stalled.signal]),
        onOpen: () => {
          this.#touch();
        },
      });
      for await (const line of lines) {
        this.#touch();
        const event = readWatchEvent(line);
        if (event.kind === 'error') return { error: event.error, worked: events > 0 };
        this.#take(event);
        events += 1;
        // Only once it has been taken in: what comes before a failure is not asked for again, the rest is.
        if (event.resourceVersion !== undefined) position.resourceVersion = event.resourceVersion;
        await this.#giveTurn();
        if (this.#isStopped()) break;
      }
      this.#touch();
      return { worked: worked() };
    } catch (cause) {
      if (!stalled.signal.aborted || this.#isStopped())
        return { error: errorOfNetwork(cause), worked: worked() };
      this.#counters.stalls += 1;
      return { error: STALLED, worked: false };
    } finally {
      clearTimeout(timer);
    }
  }

  #take(event: Exclude<WatchEvent, { kind: 'error' }>): void {
    if (event.kind === 'bookmark') return;
    this.#counters.events += 1;
    const record = this.#project(event.object);
    if (record === undefined) return;
    const stored = this.#records.get(keyOf(record));
    this.#apply(
      event.kind === 'seen' ? changesOnSeen(stored, record, 'watch') : changesOnDeleted(stored, record),
    );
  }

  #apply(changes: readonly Change<T>[]): void {
    for (const change of changes) {
      if (this.#isStopped()) return;
      const key = keyOf(change.record);
      if (change.kind === 'deleted') this.#records.delete(key);
      else this.#records.set(key, change.record);
      for (const handler of this.#handlers) this.#tell(handler, change);
    }
  }

  #tell(handler: ChangeHandler<T>, change: Change<T>): void {
    try {
      handler(change);
    } catch (error) {
      this.#counters.errors += 1;
      const { namespace, name } = change.record;
      this.#options.log.error(
        { err: error, namespace, name, change: change.kind },
        'handler of a change threw',
      );
    }
  }

  #project(object: unknown): T | undefined {
    try {
      return this.#options.project(object);
    } catch (error) {
      this.#counters.errors += 1;
      this.#options.log.error({ err: error, path: this.#options.path }, 'object cannot be read, left out');
      return undefined;
    }
  }

  async #waitAfter(error: ApiError, failures: number): Promise<void> {
    const backoff = backoffMs(error.status === undefined ? UNREACHABLE : REFUSED, failures, this.#random());
    await wait(Math.max(backoff, error.retryAfterMs ?? 0), this.#stopping.signal);
  }

  async #giveTurn(): Promise<void> {
    this.#sinceTurn += 1;
    if (this.#sinceTurn < TURN_EVERY) return;
    this.#sinceTurn = 0;
    await turn();
  }

  #touch(): void {
    this.#lastContactMs = this.#now();
  }
}

const STALLED = new ApiError({
  kind: 'retry',
  reason: 'Stalled',
  message: 'the watch did not end when asked to',
});
const NOTHING_CAME = new ApiError({ kind: 'retry', reason: 'Ended', message: 'the watch ended at once' });
