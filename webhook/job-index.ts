import type { JobObject } from '../src/api/job.ts';
import type { SeenObject } from '../src/core/admission/flow/waiting-objects.ts';
import type { Candidate } from '../src/core/admission/view.ts';
import { isWaiting, projectJob } from '../src/core/job-projection.ts';
import type { JobRecord } from '../src/core/job-record.ts';
import { waitingJob } from '../src/core/waiting-graph.ts';
import type { Connection } from '../src/kube/connection.ts';
import { followCollection, type FollowedCollection } from '../src/kube/follow-collection.ts';
import type { Log } from '../src/kube/log.ts';
import { keyOf, type Change } from '../src/kube/store-change.ts';
import type { FollowedFigures } from '../src/runtime/metrics.ts';
import { AdmittedObjects } from './admitted-objects.ts';
import type { WaitingNamespaces } from './waiting-namespaces.ts';

/** What an index needs. */
export interface IndexOptions {
  readonly connection: Connection;
  /** Where to follow the objects; none stands for all namespaces. */
  readonly namespaces: readonly string[];
  readonly log: Log;
  /** A monotonic clock, in milliseconds. */
  readonly now: () => number;
  /** Kept up to date with what waits. */
  readonly waiting: WaitingNamespaces;
}

/** The webhook's own index of all Jobs, kept by a watch, together with those that it has just admitted. */
export class JobIndex {
  readonly #reflector: FollowedCollection<JobRecord>;
  readonly #waiting: WaitingNamespaces;
  readonly #admitted: AdmittedObjects<Candidate>;

  constructor({ connection, namespaces, log, now, waiting }: IndexOptions) {
    this.#waiting = waiting;
    this.#admitted = new AdmittedObjects(now);
    waiting.addSource((namespace, name) => this.#seen(namespace, name));
    this.#reflector = followCollection<JobRecord>({
      connection,
      namespaces,
      collection: 'jobs',
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

  /** The Jobs as they are followed. */
  get followed(): FollowedFigures {
    return this.#reflector;
  }

  /** Stops following. */
  async stop(): Promise<void> {
    await this.#reflector.stop();
  }

  /** The UID of a Job that is being deleted at this moment. */
  uidInDeletion(namespace: string, name: string): string | undefined {
    const job = this.#reflector.store.get(`${namespace}/${name}`);
    return job?.deletedMs === undefined ? undefined : job.uid;
  }

  /** Counts a Job as waiting from now on, before the watch brings it. */
  admitted(namespace: string, job: Candidate): void {
    this.#admitted.add(namespace, job.name, job);
    this.#waiting.of(namespace).refreshJob(job.name);
  }

  /** Lets go of Jobs that were admitted and have not come. */
  forgetOldAdmissions(): void {
    for (const { namespace, name } of this.#admitted.takeOld()) this.#waiting.of(namespace).refreshJob(name);
  }

  /** Of the named Jobs, those that only an admission speaks for, and for so long that a refusal is likely. */
  doubtful(namespace: string, names: readonly string[]): string[] {
    return names.filter(
      (name) => this.#admitted.isSettled(namespace, name) && !this.#isStored(namespace, name),
    );
  }

  /** Forgets the admission of a Job that was refused after it. */
  forget(namespace: string, name: string): void {
    if (this.#isStored(namespace, name)) return;
    this.#admitted.delete(namespace, name);
    this.#waiting.of(namespace).refreshJob(name);
  }

  #isStored(namespace: string, name: string): boolean {
    return this.#reflector.store.has(keyOf({ namespace, name }));
  }

  #take({ kind, record }: Change<JobRecord>): void {
    const { namespace, name } = record;
    const admitted = this.#admitted.get(namespace, name);
    if (admitted !== undefined) {
      // What is on the way is newer than this, unless this is it.
      if (kind === 'deleted' || !isWaiting(record) || !sameEdges(admitted, record)) return;
      this.#admitted.delete(namespace, name);
    }
    this.#waiting.of(namespace).refreshJob(name);
  }

  #seen(namespace: string, name: string): SeenObject | undefined {
    const admitted = this.#admitted.get(namespace, name);
    if (admitted !== undefined) {
      return { waits: admitted, wholes: admitted.flow === undefined ? [] : [`jobflow/${admitted.flow}`] };
    }
    const record = this.#reflector.store.get(`${namespace}/${name}`);
    if (record === undefined || record.deletedMs !== undefined) return undefined;
    return isWaiting(record) ? { waits: waitingJob(record), wholes: wholesOf(record) } : PAST_ITS_GATE;
  }
}

const PAST_ITS_GATE: SeenObject = { waits: undefined, wholes: [] };

/** The JobFlow that a Job has joined, and the JobFlow or DaemonJob that controls it. */
function wholesOf({ terms, owner }: JobRecord): string[] {
  const wholes = new Set<string>();
  if (terms?.flow !== undefined) wholes.add(`jobflow/${terms.flow}`);
  if (owner?.kind === 'JobFlow') wholes.add(`jobflow/${owner.name}`);
  if (owner?.kind === 'DaemonJob') wholes.add(`daemonjob/${owner.name}`);
  return [...wholes];
}

function sameEdges({ edges, run }: Candidate, record: JobRecord): boolean {
  const terms = record.terms;
  return (
    terms?.run === run &&
    terms?.edges.length === edges.length &&
    edges.every(({ name }, index) => terms.edges[index]?.name === name)
  );
}
