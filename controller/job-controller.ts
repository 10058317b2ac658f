import type { Registry } from 'prom-client';
import type { JobObject } from '../src/api/job.ts';
import { isWaiting, projectJob } from '../src/core/job-projection.ts';
import type { JobRecord } from '../src/core/job-record.ts';
import type { Connection } from '../src/kube/connection.ts';
import { isApiError } from '../src/kube/api-error.ts';
import type { EventRecorder } from '../src/kube/events.ts';
import { LeaderElector } from '../src/kube/lease.ts';
import type { Log } from '../src/kube/log.ts';
import { Reflector } from '../src/kube/reflector.ts';
import type { Change } from '../src/kube/store-change.ts';
import type { ControllerConfig } from '../src/runtime/config.ts';
import { createGateMetrics, type GateMetrics } from './gate-metrics.ts';
import { JobActor } from './job-actor.ts';
import { JobCache } from './job-cache.ts';
import { reconcileJob } from './job-gate.ts';
import { WaitAnnouncements } from './wait-announcements.ts';
import { WorkQueue } from './work-queue.ts';

/** What the controller stands on. */
export interface JobControllerOptions {
  readonly connection: Connection;
  readonly events: EventRecorder;
  readonly config: ControllerConfig;
  readonly registry: Registry;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A number from 0 to 1. */
  readonly random: () => number;
}

/**
 * Opens gates. Every replica follows the Jobs, so that a standby is ready at once; only the leader decides and
 * writes.
 */
export class JobController {
  readonly #options: JobControllerOptions;
  readonly #reflector: Reflector<JobRecord>;
  readonly #cache: JobCache;
  readonly #queue: WorkQueue;
  readonly #actor: JobActor;
  readonly #elector: LeaderElector;
  readonly #metrics: GateMetrics;

  constructor(options: JobControllerOptions) {
    const { connection, events, config, registry, log, now, random } = options;
    this.#options = options;
    this.#reflector = new Reflector<JobRecord>({
      connection,
      path: '/apis/batch/v1/jobs',
      project: (object) => projectJob(object as JobObject),
      log,
    });
    this.#queue = new WorkQueue({
      process: (key) => this.#reconcile(key),
      concurrency: config.workers,
      onError: (key, error, retryInMs) => {
        this.#logFailure(key, error, retryInMs);
      },
      now,
      random,
    });
    this.#cache = new JobCache(this.#reflector.store, (key) => {
      this.#queue.add(key);
    });
    this.#elector = new LeaderElector({
      connection,
      namespace: config.namespace,
      name: config.leaseName,
      identity: config.identity,
      leaseDurationMs: config.leaseDurationMs,
      renewDeadlineMs: config.renewDeadlineMs,
      retryPeriodMs: config.retryPeriodMs,
      log,
      onStarted: () => {
        this.#lead();
      },
      onStopped: () => this.#follow(),
    });
    this.#metrics = createGateMetrics(registry, {
      waitingJobs: () => this.#cache.waiting,
      queueDepth: () => this.#queue.depth,
      queueAgeMs: () => this.#queue.ageMs,
      isLeader: () => this.#elector.isLeader(),
      watches: () => this.#reflector.counters.watches,
      relists: () => this.#reflector.counters.relists,
    });
    this.#actor = new JobActor({
      connection,
      events,
      announcements: new WaitAnnouncements(),
      log,
      mayWrite: () => this.#elector.isLeader(),
      recheckAt: (key, atMs) => {
        this.#queue.addAt(key, atMs);
      },
      wrote: (kind) => {
        this.#metrics.wrote(kind);
      },
      now,
    });
    this.#reflector.subscribe((change) => {
      this.#take(change);
    });
  }

  /** Begins to follow the Jobs, and stands for election once it knows them all. */
  start(): void {
    this.#reflector.start();
    void this.#reflector.whenSynced.then(() => {
      this.#cache.searchCycles();
      this.#options.log.info({ jobs: this.#reflector.store.size, waiting: this.#cache.waiting }, 'synced');
      this.#elector.start();
    });
  }

  /** Whether every Job that existed at the start is known. */
  get synced(): boolean {
    return this.#reflector.synced;
  }

  /** Ends the work under way, gives the Lease back and stops following. */
  async stop(): Promise<void> {
    await this.#queue.close();
    await this.#elector.release();
    await this.#reflector.stop();
  }

  #lead(): void {
    this.#options.log.info({ identity: this.#options.config.identity }, 'leading');
    this.#queue.open();
    for (const key of this.#cache.pending()) this.#queue.add(key);
  }

  async #follow(): Promise<void> {
    this.#options.log.info({ identity: this.#options.config.identity }, 'no longer leading');
    await this.#queue.close();
    this.#actor.reset();
  }

  #take(change: Change<JobRecord>): void {
    const { record } = change;
    if (change.kind === 'deleted' || !isWaiting(record)) this.#actor.forget(record);
    this.#cache.handle(change);
  }

  async #reconcile(key: string): Promise<void> {
    const startedMs = performance.now();
    await reconcileJob(key, { cache: this.#cache, actor: this.#actor, now: this.#options.now });
    this.#metrics.reconciled((performance.now() - startedMs) / 1_000);
  }

  #logFailure(key: string, error: unknown, retryInMs: number): void {
    const { log } = this.#options;
    // The Job has changed since it was decided on; the watch brings the change.
    if (isApiError(error, 'conflict')) log.debug({ key, retryInMs }, 'changed meanwhile, deciding again');
    else if (isApiError(error, 'aborted')) log.debug({ key }, 'ended by shutdown');
    else log.warn({ key, err: error, retryInMs }, 'write failed');
  }
}
