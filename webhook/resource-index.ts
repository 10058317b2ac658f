import type { Json, JsonObject } from '../src/api/job.ts';
import { textAt } from '../src/core/admission/flow/named-list.ts';
import type { SeenObject, Whole } from '../src/core/admission/flow/waiting-objects.ts';
import {
  isSameWhole,
  projectDaemon,
  projectFlow,
  type WholeRecord,
} from '../src/core/admission/flow/whole-record.ts';
import { fieldOf } from '../src/core/admission/json-tree.ts';
import type { ResourceCollection } from '../src/kube/collections.ts';
import { followCollection, type FollowedCollection } from '../src/kube/follow-collection.ts';
import type { Change } from '../src/kube/store-change.ts';
import type { FollowedFigures } from '../src/runtime/metrics.ts';
import { AdmittedObjects } from './admitted-objects.ts';
import type { IndexOptions } from './job-index.ts';
import type { WaitingNamespaces } from './waiting-namespaces.ts';

/** The webhook's own index of all JobFlows and DaemonJobs, together with those that it has just admitted. */
export class ResourceIndex {
  readonly #flows: FollowedCollection<WholeRecord>;
  readonly #daemons: FollowedCollection<WholeRecord>;
  readonly #waiting: WaitingNamespaces;
  readonly #admitted: AdmittedObjects<Whole>;

  constructor({ connection, namespaces, log, now, waiting }: IndexOptions) {
    this.#waiting = waiting;
    this.#admitted = new AdmittedObjects(now);
    waiting.addSource((namespace, reference) => this.#seen(namespace, reference));
    const follow = (
      collection: ResourceCollection,
      project: (object: Json) => WholeRecord,
    ): FollowedCollection<WholeRecord> => {
      const reflector = followCollection<WholeRecord>({
        connection,
        namespaces,
        collection,
        project: (object) => project(asJson(object)),
        log,
        // One JobFlow may have more than a megabyte.
        pageSize: 50,
      });
      reflector.subscribe((change) => {
        this.#take(change);
      });
      return reflector;
    };
    this.#flows = follow('jobflows', (object) => projectFlow(object, this.#known(object)));
    this.#daemons = follow('daemonjobs', projectDaemon);
  }

  /** The JobFlows and DaemonJobs as they are followed. */
  get followed(): { readonly jobflows: FollowedFigures; readonly daemonjobs: FollowedFigures } {
    return { jobflows: this.#flows, daemonjobs: this.#daemons };
  }

  /** Begins to follow the JobFlows and DaemonJobs. */
  start(): void {
    this.#flows.start();
    this.#daemons.start();
  }

  /** Whether all that existed at the start is in the index: no decision may be made before. */
  get synced(): boolean {
    return this.#flows.synced && this.#daemons.synced;
  }

  /** Stops following. */
  async stop(): Promise<void> {
    await Promise.all([this.#flows.stop(), this.#daemons.stop()]);
  }

  /** The UID of `jobflow/NAME` or `daemonjob/NAME` if it is being deleted at this moment. */
  uidInDeletion(namespace: string, reference: string): string | undefined {
    const record = this.#record(namespace, reference);
    return record?.isDeleting === true ? record.uid : undefined;
  }

  /** The JobFlows that name a JobTemplate and have not ended: `JobFlow/NAME`. */
  usersOfTemplate(namespace: string, template: string): string[] {
    return this.#flows.store
      .values()
      .filter((flow) => flow.namespace === namespace && isAlive(flow) && flow.templates.includes(template))
      .map(({ name }) => `JobFlow/${name}`)
      .toArray()
      .sort();
  }

  /** Counts a JobFlow or DaemonJob from now on, before the watch brings it. */
  admitted(namespace: string, whole: Whole): void {
    this.#admitted.add(namespace, whole.ref, whole);
    this.#waiting.of(namespace).setWhole(whole);
  }

  /** Lets go of what was admitted and has not come. */
  forgetOldAdmissions(): void {
    for (const { namespace, name } of this.#admitted.takeOld()) {
      this.#show(namespace, name, this.#record(namespace, name));
    }
  }

  /**
   * The JobFlows and DaemonJobs that only an admission speaks for, and for so long that a refusal is likely.
   *
   * @param names a cycle: wholes, and parts that they are going to create
   */
  doubtful(namespace: string, names: readonly string[]): string[] {
    return [...this.#admitted.within(namespace)]
      .filter(
        ({ ref, parts }) =>
          this.#admitted.isSettled(namespace, ref) &&
          this.#record(namespace, ref) === undefined &&
          (names.includes(ref) || parts.some(({ name }) => names.includes(name))),
      )
      .map(({ ref }) => ref);
  }

  /** Forgets the admission of a JobFlow or DaemonJob that was refused after it. */
  forget(namespace: string, reference: string): void {
    if (this.#record(namespace, reference) !== undefined) return;
    this.#admitted.delete(namespace, reference);
    this.#show(namespace, reference, undefined);
  }

  #take({ kind, record }: Change<WholeRecord>): void {
    const { namespace, whole } = record;
    const admitted = this.#admitted.get(namespace, whole.ref);
    if (admitted !== undefined) {
      // What is on the way is newer than this, unless this is it.
      if (kind === 'deleted' || !isAlive(record) || !isSameWhole(admitted, whole)) return;
      this.#admitted.delete(namespace, whole.ref);
    }
    this.#show(namespace, whole.ref, kind === 'deleted' ? undefined : record);
  }

  #show(namespace: string, reference: string, record: WholeRecord | undefined): void {
    const objects = this.#waiting.of(namespace);
    if (record !== undefined && isAlive(record)) objects.setWhole(record.whole);
    else objects.deleteWhole(reference);
  }

  #seen(namespace: string, reference: string): SeenObject | undefined {
    const admitted = this.#admitted.get(namespace, reference);
    if (admitted !== undefined) return { waits: admitted, wholes: [] };
    const record = this.#record(namespace, reference);
    if (record === undefined || record.isDeleting) return undefined;
    return { waits: isAlive(record) ? record.whole : undefined, wholes: [] };
  }

  #record(namespace: string, reference: string): WholeRecord | undefined {
    const slash = reference.indexOf('/');
    const key = `${namespace}/${reference.slice(slash + 1)}`;
    switch (reference.slice(0, Math.max(slash, 0))) {
      case 'jobflow':
        return this.#flows.store.get(key);
      case 'daemonjob':
        return this.#daemons.store.get(key);
      default:
        return undefined;
    }
  }

  /** What is known of the JobFlow that an object is the next version of. */
  #known(object: Json): WholeRecord | undefined {
    const metadata = fieldOf(object, 'metadata');
    return this.#flows.store.get(`${textAt(metadata, 'namespace')}/${textAt(metadata, 'name')}`);
  }
}

/** Whether something in it may still wait. */
function isAlive({ ended, isDeleting }: WholeRecord): boolean {
  return !ended && !isDeleting;
}

/** A JSON object as it comes from the API server; anything else is nothing. */
function asJson(object: unknown): Json {
  return typeof object === 'object' && object !== null ? (object as JsonObject) : null;
}
