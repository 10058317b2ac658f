import type { JobObject } from '../src/api/job.ts';
import type { AdmissionView, Candidate } from '../src/core/admission/view.ts';
import { isWaiting, projectJob } from '../src/core/job-projection.ts';
import type { JobRecord } from '../src/core/job-record.ts';
import { WaitingGraph, waitingJob, type WaitingJob } from '../src/core/waiting-graph.ts';
import type { Connection } from '../src/kube/connection.ts';
import type { Log } from '../src/kube/log.ts';
import { Reflector } from '../src/kube/reflector.ts';
import { keyOf, type Change } from '../src/kube/store-change.ts';

/** What the index needs. */
export interface JobIndexOptions {
  readonly connection: Connection;
  readonly log: Log;
  /** A monotonic clock, in milliseconds. */
  readonly now: () => number;
}

/**
 * How long an admitted Job counts before the watch has brought it. It may have been refused after us (a quota,
 * another webhook), so it must not count for ever; by then the controller is the one to find a cycle.
 */
const ADMITTED_COUNTS_MS = 5_000;

/** A create that was admitted so long ago has most likely been stored or refused by now. */
const ADMITTED_SETTLES_MS = 1_000;

/** The webhook's own index of all Jobs, kept by a watch, together with those that it has just admitted. */
export class JobIndex {
  readonly #reflector: Reflector<JobRecord>;
  readonly #graphs = new Map<string, WaitingGraph>();
  /** Admitted and not yet brought by the watch, by key, in the order of their admission. */
  readonly #admitted = new Map<string, { readonly job: WaitingJob; readonly atMs: number }>();
  readonly #now: () => number;

  constructor({ connection, log, now }: JobIndexOptions) {
    this.#now = now;
    this.#reflector = new Reflector<JobRecord>({
      connection,
      path: '/apis/batch/v1/jobs',
      project: (object) => projectJob(object as JobObject),
      log,
    });
    this.#reflector.subscribe((change) => {
      this.#take(change);
    });
  }

  /** Begins to follow the Jobs. */
  start(): void {
    this.#reflector.start();
  }

  /** Whether every Job that existed at the start is in the index: no decision may be made before. */
  get synced(): boolean {
    return this.#reflector.synced;
  }

  /** How many Jobs it holds. */
  get size(): number {
    return this.#reflector.store.size;
  }

  /** Stops following. */
  async stop(): Promise<void> {
    await this.#reflector.stop();
  }

  /** What a decision about a Job of this namespace may ask. */
  view(namespace: string): AdmissionView {
    this.#forgetOldAdmissions();
    return {
      findCycle: (candidate) => this.#graphs.get(namespace)?.cycleThrough(candidate),
      uidsInDeletion: (names) =>
        names.flatMap((name) => {
          const job = this.#reflector.store.get(`${namespace}/${name}`);
          return job?.deletedMs === undefined ? [] : [job.uid];
        }),
    };
  }

  /** Counts a Job as waiting from now on, before the watch brings it. */
  admitted(namespace: string, job: Candidate): void {
    const key = keyOf({ namespace, name: job.name });
    this.#admitted.delete(key);
    this.#admitted.set(key, { job, atMs: this.#now() });
    this.#graph(namespace).set(job);
  }

  /** Of the named Jobs, those that only an admission speaks for, and for so long that a refusal is likely. */
  doubtful(namespace: string, names: readonly string[]): string[] {
    const settledMs = this.#now() - ADMITTED_SETTLES_MS;
    return names.filter((name) => {
      const admitted = this.#admitted.get(keyOf({ namespace, name }));
      return admitted !== undefined && admitted.atMs <= settledMs && !this.#isStored(namespace, name);
    });
  }

  /** Forgets the admission of a Job that was refused after it. */
  forget(namespace: string, name: string): void {
    if (this.#isStored(namespace, name)) return;
    this.#admitted.delete(keyOf({ namespace, name }));
    this.#show(namespace, name, undefined);
  }

  #isStored(namespace: string, name: string): boolean {
    return this.#reflector.store.has(keyOf({ namespace, name }));
  }

  #take({ kind, record }: Change<JobRecord>): void {
    const key = keyOf(record);
    const admitted = this.#admitted.get(key);
    if (admitted !== undefined) {
      // What is on the way is newer than this, unless this is it.
      if (kind === 'deleted' || !isWaiting(record) || !sameEdges(admitted.job, record)) return;
      this.#admitted.delete(key);
    }
    this.#show(record.namespace, record.name, kind === 'deleted' ? undefined : record);
  }

  #show(namespace: string, name: string, record: JobRecord | undefined): void {
    if (record !== undefined && isWaiting(record)) {
      this.#graph(namespace).set(waitingJob(record));
      return;
    }
    const graph = this.#graphs.get(namespace);
    graph?.delete(name);
    // Namespaces come and go.
    if (graph?.size === 0) this.#graphs.delete(namespace);
  }

  #forgetOldAdmissions(): void {
    const oldestMs = this.#now() - ADMITTED_COUNTS_MS;
    for (const [key, { job, atMs }] of this.#admitted) {
      if (atMs > oldestMs) return;
      this.#admitted.delete(key);
      const namespace = key.slice(0, key.length - job.name.length - 1);
      this.#show(namespace, job.name, this.#reflector.store.get(key));
    }
  }

  #graph(namespace: string): WaitingGraph {
    let graph = this.#graphs.get(namespace);
    if (graph === undefined) {
      graph = new WaitingGraph();
      this.#graphs.set(namespace, graph);
    }
    return graph;
  }
}

function sameEdges({ edges, run }: WaitingJob, record: JobRecord): boolean {
  const terms = record.terms;
  return (
    terms?.run === run &&
    terms?.edges.length === edges.length &&
    edges.every(({ name }, index) => terms.edges[index]?.name === name)
  );
}
