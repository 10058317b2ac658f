import type { Registry } from 'prom-client';
import { daemonAsJob, type DaemonRecord } from '../src/core/daemon/daemon-record.ts';
import { flowAsUpstream, type FlowRecord } from '../src/core/flow/flow-record.ts';
import { isWaiting } from '../src/core/job-projection.ts';
import type { JobRecord } from '../src/core/job-record.ts';
import type { Connection } from '../src/kube/connection.ts';
import { isApiError } from '../src/kube/api-error.ts';
import type { EventRecorder } from '../src/kube/events.ts';
import { LeaderElector } from '../src/kube/lease.ts';
import type { Log } from '../src/kube/log.ts';
import { keyOf, type Change } from '../src/kube/store-change.ts';
import type { ControllerConfig } from '../src/runtime/config.ts';
import { registerFollowing } from '../src/runtime/metrics.ts';
import { DaemonActor } from './daemons/daemon-actor.ts';
import { DaemonCache } from './daemons/daemon-cache.ts';
import { FlowActor } from './flows/flow-actor.ts';
import { FlowCache } from './flows/flow-cache.ts';
import { FollowedObjects } from './followed-objects.ts';
import { createGateMetrics, type GateMetrics, type QueueName } from './jobs/gate-metrics.ts';
import { JobActor } from './jobs/job-actor.ts';
import { JobCache } from './jobs/job-cache.ts';
import { reconcileJob } from './jobs/reconcile-job.ts';
import { flowKey, OwnedJobs } from './parts/owned-jobs.ts';
import { PartWriter } from './parts/part-writer.ts';
import { reconcileDaemon } from './daemons/reconcile-daemon.ts';
import { reconcileFlow } from './flows/reconcile-flow.ts';
import { reconcileTemplate } from './flows/reconcile-template.ts';
import { TemplateUses } from './flows/template-uses.ts';
import { WaitAnnouncements } from './jobs/wait-announcements.ts';
import { kindOfKey, waitingKeyOf, waitingRecords, type WaitingRecords } from './parts/waiting-records.ts';
import { WorkQueue } from './work-queue.ts';

/** What the controller stands on. */
export interface ControllerOptions {
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

/** Flows, and DaemonJobs, that are worked on at once; each makes several Jobs at a time. */
const FLOW_WORKERS = 2;
const DAEMON_WORKERS = 2;

/** How long changes of what uses a template are gathered, in milliseconds, before its status tells of them. */
const TEMPLATE_PACE_MS = 1_000;

/**
 * The Jobs of a flow change many at a time; its status can wait so long for all of them, in milliseconds, and longer the
 * more entries there are to look through.
 */
const FLOW_SETTLE_MS = 50;
const FLOW_SETTLE_PER_ENTRY_MS = 0.25;

/**
 * Opens gates and carries flows and DaemonJobs. Every replica follows the objects, so that a standby is ready at once; only the
 * leader decides and writes.
 */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #objects: FollowedObjects;
  readonly #waiting: WaitingRecords;
  readonly #owned: OwnedJobs;
  readonly #parts: PartWriter;
  readonly #jobs: { readonly cache: JobCache; readonly actor: JobActor; readonly queue: WorkQueue };
  readonly #flows: { readonly cache: FlowCache; readonly actor: FlowActor; readonly queue: WorkQueue };
  readonly #templates: { readonly uses: TemplateUses; readonly queue: WorkQueue };
  readonly #daemons: { readonly cache: DaemonCache; readonly actor: DaemonActor; readonly queue: WorkQueue };
  readonly #elector: LeaderElector;
  readonly #metrics: GateMetrics;

  constructor(options: ControllerOptions) {
    const { connection, config, registry, log } = options;
    this.#options = options;
    this.#objects = new FollowedObjects(connection, log, config.namespaces);
    this.#waiting = waitingRecords(this.#objects.jobs.store, this.#objects.daemons.store);
    this.#owned = new OwnedJobs(this.#waiting);
    this.#parts = new PartWriter({
      connection,
      log,
      mayWrite: () => this.#elector.isLeader(),
      now: options.now,
    });
    this.#jobs = this.#createJobs();
    this.#flows = this.#createFlows();
    this.#daemons = this.#createDaemons();
    this.#templates = this.#createTemplates();
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
      waitingGates: () => this.#jobs.cache.waiting,
      cycles: () => this.#jobs.cache.cycles,
      queues: () => [
        ['job', this.#jobs.queue],
        ['flow', this.#flows.queue],
        ['daemonjob', this.#daemons.queue],
        ['template', this.#templates.queue],
      ],
      isLeader: () => this.#elector.isLeader(),
      events: () => options.events.counters,
    });
    const { jobs, flows, templates, daemons, nodes } = this.#objects;
    const followed = { jobs, jobflows: flows, jobtemplates: templates, daemonjobs: daemons, nodes };
    registerFollowing(registry, followed, () => performance.now());
    this.#objects.jobs.subscribe((change) => {
      this.#takeJob(change);
    });
    this.#objects.flows.subscribe((change) => {
      this.#takeFlow(change);
    });
    this.#objects.templates.subscribe((change) => {
      this.#flows.cache.handleTemplate(change);
      this.#recheckTemplates([keyOf(change.record)]);
    });
    this.#objects.daemons.subscribe((change) => {
      this.#takeDaemon(change);
    });
    this.#objects.nodes.subscribe((change) => {
      this.#daemons.cache.handleNode(change);
    });
  }

  /** Begins to follow the objects, and stands for election once it knows them all. */
  start(): void {
    this.#objects.start();
    void this.#objects.whenSynced().then(() => {
      this.#jobs.cache.searchCycles();
      const { jobs, flows, daemons } = this.#objects;
      const counts = {
        jobs: jobs.store.size,
        waiting: this.#jobs.cache.waiting,
        flows: flows.store.size,
        daemonJobs: daemons.store.size,
      };
      this.#options.log.info(counts, 'synced');
      this.#elector.start();
    });
  }

  /** Whether every object that existed at the start is known. */
  get synced(): boolean {
    return this.#objects.synced;
  }

  /** Ends the work under way, gives the Lease back and stops following. */
  async stop(): Promise<void> {
    await this.#closeQueues();
    await this.#elector.release();
    await this.#objects.stop();
  }

  #createJobs(): { cache: JobCache; actor: JobActor; queue: WorkQueue } {
    const { connection, events, config, log, now } = this.#options;
    const queue = this.#queue('job', config.workers, (key, sinceMs) => this.#reconcileJob(key, sinceMs));
    const cache = new JobCache(
      this.#waiting,
      (key) => {
        this.#concern(key);
      },
      {
        upstream: (namespace, reference) => this.#upstream(namespace, reference),
        formerUpstream: (job, reference) => this.#flows.cache.formerUpstream(job, reference),
        goesWithOwner: (job) => this.#flows.cache.goesWithOwner(job),
        limit: (job) => this.#flows.cache.limit(job),
        needsOutcome: (job) => this.#flows.cache.needsOutcome(job) || this.#daemons.cache.needsOutcome(job),
      },
    );
    const actor = new JobActor({
      connection,
      events,
      announcements: new WaitAnnouncements(),
      log,
      mayWrite: () => this.#elector.isLeader(),
      releases: this.#owned,
      recheckAt: (key, atMs) => {
        queue.addAt(key, atMs);
      },
      now,
    });
    return { cache, actor, queue };
  }

  #createFlows(): { cache: FlowCache; actor: FlowActor; queue: WorkQueue } {
    const { connection, events, now } = this.#options;
    const queue = this.#queue('flow', FLOW_WORKERS, (key) =>
      reconcileFlow(key, { cache: this.#flows.cache, jobs: this.#jobs.cache, actor: this.#flows.actor, now }),
    );
    const cache = new FlowCache({
      flows: this.#objects.flows.store,
      templates: this.#objects.templates.store,
      jobs: this.#waiting,
      owned: this.#owned,
      concernFlow: (key) => {
        queue.add(key);
      },
      concernFlowSoon: (key, entries) => {
        queue.addAt(key, now() + FLOW_SETTLE_MS + FLOW_SETTLE_PER_ENTRY_MS * entries);
      },
      concernJob: (key) => {
        this.#concern(key);
      },
    });
    const actor = new FlowActor({
      connection,
      events,
      parts: this.#parts,
      recheckAt: (key, atMs) => {
        queue.addAt(key, atMs);
      },
      now,
    });
    return { cache, actor, queue };
  }

  #createDaemons(): { cache: DaemonCache; actor: DaemonActor; queue: WorkQueue } {
    const { events, now } = this.#options;
    const { daemons, nodes, jobs } = this.#objects;
    const queue = this.#queue('daemonjob', DAEMON_WORKERS, async (key, sinceMs) => {
      try {
        const decided = await reconcileDaemon(key, { cache, jobs: this.#jobs.cache, actor, now });
        if (decided !== undefined) this.#metrics.decided(decided.end, decided.daemon, sinceMs, now());
      } finally {
        this.#flows.cache.handleLook(waitingKeyOf('daemonjob', key));
      }
    });
    const cache = new DaemonCache({
      daemons: daemons.store,
      nodes: nodes.store,
      jobs: jobs.store,
      owned: this.#owned,
      knowsNodes: () => nodes.synced,
      madeFor: (ownerUid) => this.#parts.madeFor(ownerUid),
      isSuspendedByFlow: (part) => this.#flows.cache.isSuspended(part),
      concernDaemon: (key) => {
        queue.add(key);
      },
      concernJob: (key) => {
        this.#jobs.queue.add(key);
      },
    });
    const actor = new DaemonActor({
      events,
      announcements: new WaitAnnouncements(),
      parts: this.#parts,
      releases: this.#owned,
      recheckAt: (key, atMs) => {
        queue.addAt(key, atMs);
      },
      now,
    });
    return { cache, actor, queue };
  }

  /** Gives an object its turn, in the queue of its kind. */
  #concern(key: string): void {
    const named = kindOfKey(key);
    const { queue } = { job: this.#jobs, jobflow: this.#flows, daemonjob: this.#daemons }[named.kind];
    queue.add(named.key);
  }

  #createTemplates(): { uses: TemplateUses; queue: WorkQueue } {
    const { connection, events } = this.#options;
    const uses = new TemplateUses();
    const templates = this.#objects.templates.store;
    const mayWrite = (): boolean => this.#elector.isLeader();
    const queue = this.#queue('template', 1, (key) =>
      reconcileTemplate(key, { templates, uses, connection, events, mayWrite }),
    );
    return { uses, queue };
  }

  #recheckTemplates(keys: readonly string[]): void {
    const atMs = this.#options.now() + TEMPLATE_PACE_MS;
    for (const key of keys) this.#templates.queue.addAt(key, atMs);
  }

  #queue(
    kind: QueueName,
    concurrency: number,
    reconcile: (key: string, sinceMs: number) => Promise<void>,
  ): WorkQueue {
    const { now, random } = this.#options;
    const process = async (key: string, sinceMs: number): Promise<void> => {
      const startedMs = performance.now();
      await reconcile(key, sinceMs);
      this.#metrics.reconciled(kind, (performance.now() - startedMs) / 1_000);
    };
    const onError = (key: string, error: unknown, retryInMs: number): void => {
      this.#logFailure(kind, key, error, retryInMs);
    };
    return new WorkQueue({ process, concurrency, onError, now, random });
  }

  #lead(): void {
    this.#options.log.info({ identity: this.#options.config.identity }, 'leading');
    this.#metrics.led();
    this.#jobs.queue.open();
    this.#flows.queue.open();
    this.#daemons.queue.open();
    this.#templates.queue.open();
    for (const key of this.#jobs.cache.pending()) this.#concern(key);
    for (const key of this.#objects.flows.store.keys()) this.#flows.queue.add(key);
    for (const key of this.#objects.daemons.store.keys()) this.#daemons.queue.add(key);
    this.#recheckTemplates([...this.#objects.templates.store.keys()]);
  }

  async #follow(): Promise<void> {
    this.#options.log.info({ identity: this.#options.config.identity }, 'no longer leading');
    await this.#closeQueues();
    this.#jobs.actor.reset();
    this.#flows.actor.reset();
    this.#flows.cache.reset();
    this.#daemons.actor.reset();
    this.#parts.reset();
  }

  async #closeQueues(): Promise<void> {
    const kinds = [this.#jobs, this.#flows, this.#daemons, this.#templates];
    await Promise.all(kinds.map(({ queue }) => queue.close()));
  }

  #takeJob(change: Change<JobRecord>): void {
    const { record, kind } = change;
    if (kind === 'deleted' || !isWaiting(record)) this.#jobs.actor.forget(record);
    this.#recheckTemplates(this.#templates.uses.handleJob(change));
    this.#takePart(change);
  }

  /** Takes in a change of a Job, or of a DaemonJob seen as a Job. */
  #takePart(change: Change<JobRecord>): void {
    this.#parts.seen(keyOf(change.record));
    const owners = this.#owned.handle(change);
    this.#jobs.cache.handle(change);
    if (change.kind === 'deleted') {
      this.#flows.cache.handleGone(change.record);
      this.#daemons.cache.handleGone(change.record);
    }
    for (const owner of owners) {
      const [kind, ...key] = owner.split('/');
      const { cache } = kind === 'jobflow' ? this.#flows : this.#daemons;
      cache.handleJob(key.join('/'));
    }
  }

  #takeDaemon(change: Change<DaemonRecord>): void {
    const { record, kind } = change;
    if (kind === 'deleted') this.#daemons.actor.forget(record);
    const seen = daemonAsJob(record);
    this.#takePart(
      kind === 'updated'
        ? { kind, record: seen, previous: daemonAsJob(change.previous) }
        : { kind, record: seen },
    );
    this.#daemons.cache.handleDaemon(change);
  }

  #takeFlow(change: Change<FlowRecord>): void {
    const { record, kind, previous } = change;
    if (kind === 'deleted') this.#flows.actor.forget(record);
    this.#flows.cache.handleFlow(change);
    this.#recheckTemplates(this.#templates.uses.handleFlow(change));
    const upstream = flowAsUpstream(record);
    const before = previous && flowAsUpstream(previous);
    const concerns =
      kind !== 'updated' ||
      upstream.outcome !== before?.outcome ||
      upstream.deletedMs !== before?.deletedMs ||
      upstream.vanishes !== before?.vanishes;
    if (concerns) this.#jobs.cache.handleUpstream(record.namespace, upstream, kind === 'deleted');
    // Whoever waits for a part of it has the outcome in writing before all of it goes.
    if (upstream.vanishes === true && before?.vanishes !== true)
      for (const part of this.#owned.controlledBy(flowKey(record.namespace, record.name), record.uid))
        this.#jobs.cache.handleUpstream(record.namespace, part, false);
  }

  #upstream(namespace: string, reference: string): ReturnType<typeof flowAsUpstream> | undefined {
    const [kind, name = ''] = reference.split('/');
    const flow = kind === 'jobflow' ? this.#objects.flows.store.get(`${namespace}/${name}`) : undefined;
    return flow && flowAsUpstream(flow);
  }

  async #reconcileJob(key: string, sinceMs: number): Promise<void> {
    const { now } = this.#options;
    try {
      const written = await reconcileJob(key, { cache: this.#jobs.cache, actor: this.#jobs.actor, now });
      if (written !== undefined) this.#metrics.wrote(written, sinceMs, now());
    } finally {
      this.#flows.cache.handleLook(key);
    }
  }

  #logFailure(kind: QueueName, key: string, error: unknown, retryInMs: number): void {
    const { log } = this.#options;
    // The object has changed since it was decided on; the watch brings the change.
    if (isApiError(error, 'conflict'))
      log.debug({ kind, key, retryInMs }, 'changed meanwhile, deciding again');
    else if (isApiError(error, 'aborted')) log.debug({ kind, key }, 'ended by shutdown');
    else {
      this.#metrics.failed(kind);
      log.warn({ kind, key, err: error, retryInMs }, 'write failed');
    }
  }
}
