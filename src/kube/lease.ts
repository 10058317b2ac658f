import { errorOfNetwork, isApiError } from './api-error.ts';
import { apiPath } from './connection.ts';
import type { Connection } from './connection.ts';
import { decideLease, microTime, observeLease, readLease } from './lease-record.ts';
import type { LeaseRecord, ObservedLease } from './lease-record.ts';
import type { Log } from './log.ts';
import { wait } from './wait.ts';

/** Why leadership ended: given up, not renewed within the deadline, or found to be another's. */
export type LeadershipEnd = 'released' | 'notRenewed' | 'taken';

/** How one process takes part in the election of a leader. */
export interface LeaderElectorOptions {
  readonly connection: Connection;
  readonly namespace: string;
  /** The name of the Lease. */
  readonly name: string;
  /** Who this process is; no other process may have the same one. */
  readonly identity: string;
  /** After how long without a renewal others may take over, in milliseconds; 15,000. */
  readonly leaseDurationMs?: number;
  /** After how long without a renewal this process stops leading, in milliseconds; 10,000. Less than the former. */
  readonly renewDeadlineMs?: number;
  /** How often the leader renews, in milliseconds; 2,000. */
  readonly retryPeriodMs?: number;
  /** How often a standby looks, in milliseconds; 1,000, so that it takes over soon after a graceful end. */
  readonly standbyPeriodMs?: number;
  /** The time of day, in milliseconds since the epoch; only ever written, for people to read. */
  readonly now?: () => number;
  /** A monotonic clock, in milliseconds, that also runs while the process is stopped. */
  readonly monotonicNow?: () => number;
  /** A number from 0 (inclusive) to 1 (exclusive). */
  readonly random?: () => number;
  readonly log: Log;
  /** Called when this process begins to lead. */
  readonly onStarted: () => void;
  /** Called when it no longer leads. It may already have ended: `isLeader` is what counts. */
  readonly onStopped: (end: LeadershipEnd) => void | Promise<void>;
}

/** The limit of each request that gives up the Lease at the end: a shutdown does not wait for a dead API server. */
const RELEASE_TIMEOUT_MS = 2_000;

/**
 * Elects one leader with a `coordination.k8s.io/v1` Lease, as client-go does it: only changes of the Lease count, as
 * this process sees them on its own monotonic clock, and each write carries the resourceVersion of what was read.
 *
 * It cannot promise that there is never a second one (no lease can): writes need preconditions of their own.
 */
export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #standbyPeriodMs: number;
  readonly #now: () => number;
  readonly #monotonicNow: () => number;
  readonly #random: () => number;
  readonly #stopping = new AbortController();
  #observed: ObservedLease | undefined;
  /** When the last successful renewal was sent; undefined while not leading. */
  #renewedMs: number | undefined;
  /** A write had no answer or was refused: what the Lease says is not known until it is read. */
  #unsure = true;
  #running: Promise<void> | undefined;

  /** @throws RangeError if the durations do not fit together */
  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.#leaseDurationMs = options.leaseDurationMs ?? 15_000;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryPeriodMs = options.retryPeriodMs ?? 2_000;
    this.#standbyPeriodMs = options.standbyPeriodMs ?? 1_000;
    this.#now = options.now ?? Date.now;
    this.#monotonicNow = options.monotonicNow ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
    if (this.#retryPeriodMs >= this.#renewDeadlineMs || this.#renewDeadlineMs >= this.#leaseDurationMs) {
      throw new RangeError('leader election needs retryPeriodMs < renewDeadlineMs < leaseDurationMs');
    }
  }

  /** Begins to take part. */
  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Whether this process leads at this very moment. False as soon as the deadline has passed, even if the process
   * was stopped or busy meanwhile and no timer has noticed yet.
   */
  isLeader(): boolean {
    return this.#renewedMs !== undefined && this.#monotonicNow() - this.#renewedMs < this.#renewDeadlineMs;
  }

  /** Who holds the Lease, as last seen; empty if nobody does. */
  get holder(): string {
    return this.#observed?.record.holderIdentity ?? '';
  }

  /** How often the holder has changed, as last seen. */
  get transitions(): number {
    return this.#observed?.record.leaseTransitions ?? 0;
  }

  /**
   * Ends taking part. A leader first ends its work (`onStopped` is awaited), then empties the Lease, so that a
   * standby takes over at once. Never throws: a Lease that could not be emptied expires.
   */
  async release(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    if (this.#renewedMs !== undefined) await this.#end('released');
    try {
      if (this.#unsure) await this.#read(RELEASE_TIMEOUT_MS);
      if (this.#observed?.record.holderIdentity !== this.#options.identity) return;
      // Another's since the last look? The resourceVersion refuses the write.
      await this.#write({ holderIdentity: '', leaseDurationSeconds: 1 }, RELEASE_TIMEOUT_MS);
    } catch (cause) {
      this.#warn(cause, 'lease could not be released, it expires');
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const pauseMs = await this.#step();
      await wait(pauseMs, this.#stopping.signal);
    }
  }

  /** One look at the Lease and what follows from it. @returns the pause before the next, in milliseconds */
  async #step(): Promise<number> {
    await this.#endIfLate();
    try {
      return await this.#tryOnce();
    } catch (cause) {
      if (!this.#stopping.signal.aborted) this.#warn(cause, 'lease request failed');
      return this.#pauseAfterFailure();
    }
  }

  async #tryOnce(): Promise<number> {
    // A leader writes upon what it wrote last without reading: one request a period, and a conflict tells the rest.
    if (this.#renewedMs === undefined || this.#unsure)
      await this.#read(this.#requestLimitMs(), this.#stopping.signal);
    const decision = decideLease(this.#observed, this.#options.identity, this.#monotonicNow());
    switch (decision.kind) {
      case 'wait':
        await this.#endIfTaken();
        return Math.min(decision.remainingMs, this.#standbyPeriodMs * (1 + 0.2 * this.#random()));
      case 'acquire':
        await this.#endIfTaken();
        break;
      case 'create':
      case 'renew':
        break;
    }
    await this.#hold();
    return this.#retryPeriodMs;
  }

  #pauseAfterFailure(): number {
    const retryMs = Math.min(this.#retryPeriodMs, this.#standbyPeriodMs);
    if (this.#renewedMs === undefined) return retryMs * (1 + 0.2 * this.#random());
    // Not a moment later than the deadline, so that onStopped is called in time.
    const leftMs = this.#renewedMs + this.#renewDeadlineMs - this.#monotonicNow();
    return Math.max(0, Math.min(retryMs, leftMs));
  }

  /** Writes this process into the Lease, and leads. @throws ApiError */
  async #hold(): Promise<void> {
    const sentMs = this.#monotonicNow();
    const { identity } = this.#options;
    const before = this.#observed?.record;
    const continued = before?.holderIdentity === identity;
    const time = microTime(this.#now());
    await this.#write(
      {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1_000),
        acquireTime: continued ? (before.acquireTime ?? time) : time,
        leaseTransitions: before === undefined ? 0 : before.leaseTransitions + (continued ? 0 : 1),
      },
      this.#requestLimitMs(),
      this.#stopping.signal,
    );
    // The answer may have come after the deadline of the renewal before: then that leadership has ended first.
    await this.#endIfLate();
    if (this.#stopping.signal.aborted || this.#monotonicNow() - sentMs >= this.#renewDeadlineMs) return;
    const leadsAlready = this.#renewedMs !== undefined;
    this.#renewedMs = sentMs;
    if (!leadsAlready) this.#begin();
  }

  /** Half the deadline at most: if one connection has gone dead, there is time for another try on a new one. */
  #requestLimitMs(): number {
    const halfMs = this.#renewDeadlineMs / 2;
    if (this.#renewedMs === undefined) return halfMs;
    const leftMs = this.#renewedMs + this.#renewDeadlineMs - this.#monotonicNow();
    return Math.max(1, Math.min(halfMs, leftMs));
  }

  #begin(): void {
    const { log, name, identity, onStarted } = this.#options;
    log.info({ lease: name, identity, transitions: this.transitions }, 'leading');
    try {
      onStarted();
    } catch (error) {
      log.error({ err: error, lease: name }, 'handler of the beginning of leadership threw');
    }
  }

  /** The process may have been stopped, or the API server away, for longer than leadership lasts. */
  async #endIfLate(): Promise<void> {
    if (this.#renewedMs !== undefined && !this.isLeader()) await this.#end('notRenewed');
  }

  async #endIfTaken(): Promise<void> {
    if (this.#renewedMs !== undefined) await this.#end('taken');
  }

  async #end(end: LeadershipEnd): Promise<void> {
    this.#renewedMs = undefined;
    const { log, name, identity, onStopped } = this.#options;
    log.info({ lease: name, identity, end }, 'no longer leading');
    try {
      await onStopped(end);
    } catch (error) {
      log.error({ err: error, lease: name }, 'handler of the end of leadership threw');
    }
  }

  async #read(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const { connection } = this.#options;
    try {
      this.#note(await connection.request({ method: 'GET', path: this.#path(), timeoutMs, signal }));
    } catch (error) {
      if (!isApiError(error, 'notFound')) throw error;
      this.#observed = undefined;
      this.#unsure = false;
    }
  }

  /** @throws ApiError, `conflict` if someone else has written meanwhile */
  async #write(spec: LeaseFields, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const { connection, namespace, name } = this.#options;
    const before = this.#observed?.record;
    const fields = { ...spec, renewTime: microTime(this.#now()) };
    this.#unsure = true;
    const answer =
      before === undefined
        ? await connection.request({
            method: 'POST',
            path: apiPath`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
            body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec: fields },
            timeoutMs,
            signal,
          })
        : await connection.request({
            // A merge patch keeps what others have put on the Lease; the resourceVersion makes it conditional.
            method: 'PATCH',
            path: this.#path(),
            body: { metadata: { resourceVersion: before.resourceVersion }, spec: fields },
            timeoutMs,
            signal,
          });
    this.#note(answer);
  }

  #note(answer: unknown): void {
    this.#observed = observeLease(this.#observed, readLease(answer), this.#monotonicNow());
    this.#unsure = false;
  }

  #path(): string {
    const { namespace, name } = this.#options;
    return apiPath`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
  }

  #warn(cause: unknown, message: string): void {
    const { status, reason, message: error } = errorOfNetwork(cause);
    this.#options.log.warn({ lease: this.#options.name, status, reason, error }, message);
  }
}

type LeaseFields = Partial<Omit<LeaseRecord, 'resourceVersion' | 'renewTime'>>;
