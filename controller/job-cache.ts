import { KEEP_OUTCOME_FINALIZER } from '../src/api/names.ts';
import { NO_OUTCOMES, type RecordedOutcome } from '../src/api/outcomes-record.ts';
import { countingOutcome } from '../src/core/gate.ts';
import type { JobSnapshot } from '../src/core/job-plan.ts';
import { isWaiting } from '../src/core/job-projection.ts';
import type { JobRecord } from '../src/core/job-record.ts';
import { WaitingGraph, waitingJob } from '../src/core/waiting-graph.ts';
import { keyOf, type Change } from '../src/kube/store-change.ts';

/** What is known of one namespace beyond its Jobs. */
interface NamespaceState {
  readonly graph: WaitingGraph;
  /** The cycle that a waiting Job is on, by its name. */
  readonly cycles: Map<string, readonly string[]>;
  /** Outcomes seen as their Job went away, by the dependent's name and then the upstream's, until they are written. */
  readonly vanished: Map<string, Map<string, RecordedOutcome>>;
}

/**
 * What the controller knows: the reflector's Jobs, who waits for whom, who is on a cycle, and which outcomes have no
 * Job any more. It tells which Jobs a change may concern; it decides nothing.
 */
export class JobCache {
  readonly #jobs: ReadonlyMap<string, JobRecord>;
  readonly #concern: (key: string) => void;
  readonly #namespaces = new Map<string, NamespaceState>();
  #searchesCycles = false;

  /**
   * @param jobs the reflector's store, by `namespace/name`
   * @param concern called with the key of every Job that a change may concern
   */
  constructor(jobs: ReadonlyMap<string, JobRecord>, concern: (key: string) => void) {
    this.#jobs = jobs;
    this.#concern = concern;
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

  /**
   * Looks for cycles, which were left alone while the first list came in: one pass over each graph instead of one
   * search for each Job.
   */
  searchCycles(): void {
    this.#searchesCycles = true;
    for (const [namespace, { graph }] of this.#namespaces) {
      for (const name of graph.jobsOnCycles()) this.#findCycle(namespace, name);
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

  /** A Job and what surrounds it; undefined if there is no such Job any more. */
  snapshot(key: string): JobSnapshot | undefined {
    const job = this.#jobs.get(key);
    if (job === undefined) return undefined;
    const { namespace, name } = job;
    const state = this.#namespaces.get(namespace);
    return {
      job,
      upstream: (upstream) => this.#jobs.get(`${namespace}/${upstream}`),
      dependents: () => this.#dependents(namespace, name),
      vanished: state?.vanished.get(name) ?? NO_OUTCOMES,
      cycle: state?.cycles.get(name),
    };
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
    if (previous === undefined || differsForDependents(job, previous)) this.#concernDependents(job);
  }

  #deleted(job: JobRecord): void {
    if (job.outcome !== undefined) this.#keepVanished(job);
    if (isWaiting(job)) {
      this.#leaves(job);
      this.#concernUpstreams(job);
    }
    this.#concernDependents(job);
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

  #keepVanished(upstream: JobRecord): void {
    const vanished = this.#namespaces.get(upstream.namespace)?.vanished;
    if (vanished === undefined) return;
    for (const dependent of this.#dependents(upstream.namespace, upstream.name)) {
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
    const { graph, cycles } = this.#namespace(namespace);
    const members = new Set([name, ...graph.sharingCyclesWith(name)]);
    for (const [member, path] of cycles) if (path.includes(name)) members.add(member);
    for (const member of members) this.#findCycle(namespace, member);
  }

  #findCycle(namespace: string, name: string): void {
    const { graph, cycles } = this.#namespace(namespace);
    const job = graph.get(name);
    const path = job && graph.cycleThrough(job);
    const changed = path?.join() !== cycles.get(name)?.join();
    if (path === undefined) cycles.delete(name);
    else cycles.set(name, path);
    if (changed) this.#concern(`${namespace}/${name}`);
  }

  #concernDependents({ namespace, name }: JobRecord): void {
    const state = this.#namespaces.get(namespace);
    for (const dependent of state?.graph.dependentsOf(name) ?? []) this.#concern(`${namespace}/${dependent}`);
  }

  /** The upstreams whose finalizer depends on who waits for them. */
  #concernUpstreams({ namespace, terms }: JobRecord): void {
    for (const { name } of terms?.edges ?? []) {
      const upstream = this.#jobs.get(`${namespace}/${name}`);
      if (upstream !== undefined && (upstream.hasTtl || hasOurFinalizer(upstream)))
        this.#concern(keyOf(upstream));
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
      state = { graph: new WaitingGraph(), cycles: new Map(), vanished: new Map() };
      this.#namespaces.set(namespace, state);
    }
    return state;
  }
}

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
