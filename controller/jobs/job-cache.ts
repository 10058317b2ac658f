import { KEEP_OUTCOME_FINALIZER } from '../../src/api/names.ts';
import { NO_OUTCOMES, type RecordedOutcome } from '../../src/api/outcomes-record.ts';
import { countingOutcome, decideGate, type WaitingOn } from '../../src/core/gate.ts';
import { mergeOutcomes, needsOutcomeOf, type JobSnapshot } from '../../src/core/job-plan.ts';
import { isWaiting } from '../../src/core/job-projection.ts';
import type { JobRecord, UpstreamRecord } from '../../src/core/job-record.ts';
import { KnownCycles } from '../../src/core/known-cycles.ts';
import { WaitingGraph, waitingJob } from '../../src/core/waiting-graph.ts';
import { keyOf, type Change } from '../../src/kube/store-change.ts';
import type { WaitingRecords } from '../parts/waiting-records.ts';

/** What is known of one namespace beyond its Jobs. */
interface NamespaceState {
  readonly graph: WaitingGraph;
  readonly cycles: KnownCycles;
  /** Outcomes seen as their Job went away, by the dependent's name and then the upstream's, until they are written. */
  readonly vanished: Map<string, Map<string, RecordedOutcome>>;
}

/** What the cache asks about objects of other kinds. */
export interface OtherKinds {
  /** The object of another kind that a reference names: `jobflow/NAME`. */
  upstream(namespace: string, reference: string): UpstreamRecord | undefined;
  /** What a Job waits for and what is gone, as the owner of the Job has noted its end. */
  formerUpstream(job: JobRecord, reference: string): UpstreamRecord | undefined;
  /** Whether the owner of a Job goes away by itself some time after its end, and the Job with it. */
  goesWithOwner(job: JobRecord): boolean;
  /** What the owner of a Job sets against its release. */
  limit(job: JobRecord): WaitingOn | undefined;
  /** Whether the owner of a Job has yet to note how it ended. */
  needsOutcome(job: JobRecord): boolean;
}

/**
 * What the controller knows: the Jobs, with the DaemonJobs seen as Jobs of the name `daemonjob/NAME`, who waits for whom, who is on a cycle, and which outcomes have no
 * Job any more. It tells which Jobs a change may concern; it decides nothing.
 */
export class JobCache {
  readonly #jobs: WaitingRecords;
  readonly #concern: (key: string) => void;
  readonly #others: OtherKinds;
  readonly #namespaces = new Map<string, NamespaceState>();
  #searchesCycles = false;

  /**
   * @param jobs the Jobs and DaemonJobs that there are: each of them may wait
   * @param concern called with the key of every Job and DaemonJob that a change may concern, and of every JobFlow whose
   *   dependents have changed
   * @param others what is known of objects of other kinds
   */
  constructor(jobs: WaitingRecords, concern: (key: string) => void, others: OtherKinds = NO_OTHERS) {
    this.#jobs = jobs;
    this.#concern = concern;
    this.#others = others;
  }

  /** Takes in one change, after the reflector's store has. */
  handle(change: Change<JobRecord>): void {
    const { record } = change;
    switch (change.kind) {
      case 'added':
        this.#changed(record, undefined);
        break;
      case 'updated':
        this.#changed(record, change.previous);
        break;
      case 'deleted':
        this.#deleted(record);
        break;
    }
  }

  /** Takes in a change of an object of another kind that Jobs may wait for. */
  handleUpstream(namespace: string, upstream: UpstreamRecord, gone: boolean): void {
    if (gone && upstream.outcome !== undefined) this.#keepVanished(namespace, upstream);
    this.#concernDependents(namespace, upstream.name);
  }

  /** Whether somebody waits for an object and does not have its outcome in writing. */
  isWaitedFor(namespace: string, upstream: UpstreamRecord): boolean {
    return this.#dependents(namespace, upstream.name).some((dependent) =>
      needsOutcomeOf(dependent, upstream),
    );
  }

  /** Whether a Job that waits is only held: everything that it waits for is there. */
  isHeld(job: JobRecord): boolean {
    const snapshot = this.snapshot(keyOf(job));
    if (snapshot === undefined || !job.terms?.held) return false;
    const outcomes = mergeOutcomes(job.terms, snapshot.vanished);
    const decision = decideGate({ ...snapshot, terms: job.terms, outcomes, nowMs: job.createdMs });
    return decision.kind === 'wait' && decision.on.every(({ kind }) => kind === 'held');
  }

  /**
   * Looks for cycles, which were left alone while the first list came in: one pass over each graph instead of one
   * search for each Job.
   */
  searchCycles(): void {
    this.#searchesCycles = true;
    for (const [namespace, { graph, cycles }] of this.#namespaces) {
      this.#concernAll(namespace, cycles.search(graph.jobsOnCycles()));
    }
  }

  /** The keys of all Jobs about which there may be something to do: those that wait and those we must clean up. */
  *pending(): Generator<string, void, undefined> {
    for (const [key, job] of this.#jobs) if (this.#mayNeedWork(job)) yield key;
  }

  /** How many Jobs wait. */
  get waiting(): number {
    return this.#namespaces.values().reduce((sum, { graph }) => sum + graph.size, 0);
  }

  /** How many cycles of Jobs that wait for each other are known. */
  get cycles(): number {
    return this.#namespaces.values().reduce((sum, { cycles }) => sum + cycles.size, 0);
  }

  /** A Job and what surrounds it; undefined if there is no such Job any more. */
  snapshot(key: string): JobSnapshot | undefined {
    const job = this.#jobs.get(key);
    if (job === undefined) return undefined;
    const { namespace, name } = job;
    const state = this.#namespaces.get(namespace);
    return {
      job,
      upstream: (reference) =>
        this.#upstream(job, reference) ??
        (reference.includes('/') ? this.#others.upstream(namespace, reference) : undefined) ??
        this.#others.formerUpstream(job, reference),
      dependents: () => this.#dependents(namespace, name),
      vanished: state?.vanished.get(name) ?? NO_OUTCOMES,
      limit: () => this.#others.limit(job),
      ownerNeedsOutcome: hasOurFinalizer(job) && this.#others.needsOutcome(job),
      cycle: state?.cycles.of(name),
    };
  }

  #upstream(job: JobRecord, reference: string): UpstreamRecord | undefined {
    const found = this.#jobs.get(`${job.namespace}/${reference}`);
    if (found?.outcome === undefined || found.owner === undefined) return found;
    // Those of the same owner go with it.
    if (found.owner.uid === job.owner?.uid || !this.#others.goesWithOwner(found)) return found;
    return { ...found, vanishes: true };
  }

  #mayNeedWork(job: JobRecord): boolean {
    const { namespace, name } = job;
    if (isWaiting(job) || hasOurFinalizer(job) || job.terms?.ownsSuspend === true) return true;
    // It can vanish by itself while somebody waits for it, and may have come after those.
    return job.hasTtl && (this.#namespaces.get(namespace)?.graph.dependentsOf(name).size ?? 0) > 0;
  }

  #changed(job: JobRecord, previous: JobRecord | undefined): void {
    const waits = isWaiting(job);
    const waited = previous !== undefined && isWaiting(previous);
    if (waits) this.#joins(job, previous);
    else if (waited) this.#leaves(job);
    if (this.#mayNeedWork(job)) this.#concern(keyOf(job));
    if (waits) this.#concernUpstreams(job);
    // Also those that an edit has taken off the list.
    if (waited) this.#concernUpstreams(previous);
    if (previous === undefined || differsForDependents(job, previous)) {
      this.#concernDependents(job.namespace, job.name);
    }
  }

  #deleted(job: JobRecord): void {
    if (job.outcome !== undefined) this.#keepVanished(job.namespace, job);
    if (isWaiting(job)) {
      this.#leaves(job);
      this.#concernUpstreams(job);
    }
    this.#concernDependents(job.namespace, job.name);
  }

  #joins(job: JobRecord, previous: JobRecord | undefined): void {
    const { graph, vanished } = this.#namespace(job.namespace);
    // What is in writing need not be remembered; nor what was seen before the Job was created anew.
    const seen = vanished.get(job.name);
    for (const [name, { uid }] of seen ?? []) {
      if (job.terms?.outcomes.get(name)?.uid === uid) seen?.delete(name);
    }
    if (seen?.size === 0) vanished.delete(job.name);
    const unchanged =
      previous !== undefined &&
      isWaiting(previous) &&
      JSON.stringify(waitingJob(previous)) === JSON.stringify(waitingJob(job));
    if (unchanged) return;
    graph.set(waitingJob(job));
    this.#findCycles(job.namespace, job.name);
  }

  #leaves({ namespace, name }: JobRecord): void {
    const { graph, vanished } = this.#namespace(namespace);
    graph.delete(name);
    vanished.delete(name);
    this.#findCycles(namespace, name);
    // All that is known of a namespace is about Jobs that wait in it, and namespaces come and go.
    if (graph.size === 0) this.#namespaces.delete(namespace);
  }

  #keepVanished(namespace: string, upstream: UpstreamRecord): void {
    const vanished = this.#namespaces.get(namespace)?.vanished;
    if (vanished === undefined) return;
    for (const dependent of this.#dependents(namespace, upstream.name)) {
      if (dependent.terms === undefined) continue;
      const outcome = countingOutcome(dependent, dependent.terms, upstream);
      if (outcome === undefined || dependent.terms.outcomes.get(upstream.name)?.uid === upstream.uid)
        continue;
      const seen = vanished.get(dependent.name) ?? new Map<string, RecordedOutcome>();
      vanished.set(dependent.name, seen.set(upstream.name, outcome));
    }
  }

  /** Finds the cycles of a Job anew, and those of every Job that shared or now shares one with it. */
  #findCycles(namespace: string, name: string): void {
    if (!this.#searchesCycles) return;
    this.#concernAll(namespace, this.#namespace(namespace).cycles.changed(name));
  }

  #concernAll(namespace: string, names: Iterable<string>): void {
    for (const name of names) this.#concern(`${namespace}/${name}`);
  }

  #concernDependents(namespace: string, name: string): void {
    const state = this.#namespaces.get(namespace);
    this.#concernAll(namespace, state?.graph.dependentsOf(name) ?? []);
  }

  /** The upstreams whose finalizer depends on who waits for them. */
  #concernUpstreams({ namespace, terms }: JobRecord): void {
    for (const { name } of terms?.edges ?? []) {
      const key = `${namespace}/${name}`;
      const upstream = this.#jobs.get(key);
      // A flow is deleted after its TTL once nobody waits for it.
      const isFlow = upstream === undefined && name.includes('/');
      if (isFlow || upstream?.hasTtl === true || (upstream !== undefined && hasOurFinalizer(upstream)))
        this.#concern(key);
    }
  }

  *#dependents(namespace: string, name: string): Generator<JobRecord, void, undefined> {
    for (const dependent of this.#namespaces.get(namespace)?.graph.dependentsOf(name) ?? []) {
      const job = this.#jobs.get(`${namespace}/${dependent}`);
      if (job !== undefined) yield job;
    }
  }

  #namespace(namespace: string): NamespaceState {
    let state = this.#namespaces.get(namespace);
    if (state === undefined) {
      const graph = new WaitingGraph();
      state = { graph, cycles: new KnownCycles(graph), vanished: new Map() };
      this.#namespaces.set(namespace, state);
    }
    return state;
  }
}

/** Without a cluster's JobFlows: nothing to wait for, nothing to be limited by. */
const NO_OTHERS: OtherKinds = {
  upstream: () => undefined,
  formerUpstream: () => undefined,
  goesWithOwner: () => false,
  limit: () => undefined,
  needsOutcome: () => false,
};

function hasOurFinalizer(job: JobRecord): boolean {
  return job.finalizers.includes(KEEP_OUTCOME_FINALIZER);
}

function differsForDependents(job: JobRecord, previous: JobRecord): boolean {
  return (
    job.outcome !== previous.outcome ||
    job.deletedMs !== previous.deletedMs ||
    job.terms?.run !== previous.terms?.run
  );
}
