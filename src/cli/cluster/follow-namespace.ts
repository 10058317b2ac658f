import type { JobMetadata, JobObject } from '../../api/job.ts';
import type { DaemonJobObject } from '../../core/daemon/daemon-record.ts';
import type { FlowObject } from '../../core/flow/flow-projection.ts';
import { collectionPaths, type Collection } from '../../kube/collections.ts';
import type { Connection, Query } from '../../kube/connection.ts';
import type { Log } from '../../kube/log.ts';
import { Reflector } from '../../kube/reflector.ts';
import type { Identified } from '../../kube/store-change.ts';
import { podsOf, type PodObject } from './pods.ts';
import {
  byNamespace,
  whyUnread,
  type ListedResource,
  type NamespaceObjects,
  type Unread,
} from './read-objects.ts';

/** What happens to the way to the cluster while it is followed. */
export type ContactChange =
  | { readonly kind: 'lost'; readonly problem: string }
  /** It answers again, and what was missed has been caught up with. */
  | { readonly kind: 'regained' };

/** An object that is gone, as it was last seen. */
export type DeletedObject =
  | { readonly kind: 'Job'; readonly object: JobObject }
  | { readonly kind: 'JobFlow'; readonly object: FlowObject };

/** What is to be followed. */
export interface FollowNamespaceOptions {
  readonly connection: Connection;
  readonly namespace: string;
  /** Pods of Jobs too. */
  readonly pods?: boolean;
  /** Called after every change of an object; several may come in one turn. */
  readonly onChange: () => void;
  /** Called with the last state that is known of a Job or JobFlow that goes away, before `onChange`. */
  readonly onDeleted?: (deleted: DeletedObject) => void;
  readonly onContact: (change: ContactChange) => void;
}

/** What is followed, as it is now. */
export interface Followed<Objects> {
  /** As last seen. */
  readonly objects: () => Objects;
  /** The pods of Jobs, if they are followed and may be read. */
  readonly pods: () => readonly PodObject[];
  /** Ends the watches. */
  readonly stop: () => Promise<void>;
}

/** A namespace as it is now, kept up to date. */
export type FollowedNamespace = Followed<NamespaceObjects>;

/** An object with what a store of a reflector needs. */
interface Kept extends Identified {
  readonly object: object;
}

/**
 * Follows Jobs, JobFlows and DaemonJobs of a namespace, and the pods of Jobs where they are asked for, by list and watch.
 * A cluster that goes away is waited for, however long.
 *
 * @returns once everything that can be read has been read
 * @throws ApiError if Jobs cannot be read, or nothing answers at the start
 */
export async function followNamespace(options: FollowNamespaceOptions): Promise<FollowedNamespace> {
  const { namespace } = options;
  const followed = await followObjects(options, [namespace]);
  return { ...followed, objects: () => ({ namespace, ...followed.objects() }) };
}

/**
 * Follows the same in all namespaces.
 *
 * @returns once everything that can be read has been read
 * @throws ApiError if Jobs of all namespaces cannot be read, or nothing answers at the start
 */
export async function followAllNamespaces(
  options: Omit<FollowNamespaceOptions, 'namespace'>,
): Promise<Followed<readonly NamespaceObjects[]>> {
  const followed = await followObjects(options, []);
  return { ...followed, objects: () => byNamespace(followed.objects()) };
}

/** @param namespaces none stands for all */
async function followObjects(
  options: Omit<FollowNamespaceOptions, 'namespace'>,
  namespaces: readonly [] | readonly [string],
): Promise<Followed<Omit<NamespaceObjects, 'namespace'>>> {
  const { connection, onChange, onContact } = options;
  const contact = new Contact(onContact);
  const reflectors: Reflector<Kept>[] = [];
  const unread: Unread[] = [];
  const begin = async (
    path: string,
    query: Query = {},
    onDeleted?: (object: object) => void,
  ): Promise<() => object[]> => {
    const reflector: Reflector<Kept> = new Reflector<Kept>({
      connection,
      path,
      query,
      project: kept,
      log: contact.log(() => reflector.lastContactMs),
    });
    reflector.subscribe((change) => {
      if (change.kind === 'deleted') onDeleted?.(change.record.object);
      onChange();
    });
    reflector.start();
    reflectors.push(reflector);
    await reflector.whenSynced;
    return () => [...reflector.store.values()].map(({ object }) => object);
  };
  const beginIfAllowed = async (
    listed: ListedResource,
    query?: Query,
    onDeleted?: (object: object) => void,
  ): Promise<() => object[]> => {
    const unreadable = await whyUnread(connection, listed);
    if (unreadable === undefined) return begin(listed.path, query, onDeleted);
    unread.push(unreadable);
    return () => [];
  };
  const pathOf = (collection: Collection): string => collectionPaths(collection, namespaces)[0] ?? '';
  const ours = (resource: 'jobflows' | 'daemonjobs', onDeleted?: (object: object) => void) =>
    beginIfAllowed({ resource, path: pathOf(resource) }, {}, onDeleted);
  const deleted = (gone: DeletedObject): void => options.onDeleted?.(gone);
  const [namespace] = namespaces;
  const podsOfJobs = podsOf({ namespace });
  // A reflector would go on asking for what it may not have.
  await connection.request({ method: 'GET', path: pathOf('jobs'), query: { limit: 1 } });
  const [jobs, flows, daemons, pods] = await Promise.all([
    begin(pathOf('jobs'), {}, (object) => {
      deleted({ kind: 'Job', object: object as JobObject });
    }),
    ours('jobflows', (object) => {
      deleted({ kind: 'JobFlow', object: object as FlowObject });
    }),
    ours('daemonjobs'),
    options.pods === true ? beginIfAllowed(podsOfJobs, podsOfJobs.query) : () => [],
  ]);
  return {
    objects: () => ({
      jobs: jobs() as JobObject[],
      flows: flows() as FlowObject[],
      daemons: daemons() as DaemonJobObject[],
      unread,
    }),
    pods: () => pods() as PodObject[],
    stop: async () => {
      contact.stop();
      await Promise.all(reflectors.map((reflector) => reflector.stop()));
    },
  };
}

/** An object as the API server sent it, without what only the API server needs. */
function kept(object: unknown): Kept {
  const whole = object as { readonly metadata: JobMetadata };
  const { namespace = '', name = '', uid = '', resourceVersion = '' } = whole.metadata;
  const metadata = { ...whole.metadata };
  delete metadata.managedFields;
  return { namespace, name, uid, resourceVersion, object: { ...whole, metadata } };
}

/** How often it is looked whether the cluster answers again, in milliseconds. */
const LOOK_MS = 250;

/** Notices that a cluster no longer answers, and that it does again, from what reflectors log. */
class Contact {
  readonly #tell: (change: ContactChange) => void;
  /** Of each reflector that has lost the cluster, since when, on the clock of `performance.now`. */
  readonly #lost = new Map<() => number | undefined, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (change: ContactChange) => void) {
    this.#tell = tell;
  }

  /**
   * The log of one reflector.
   *
   * @param lastContactMs when it last heard of the API server
   */
  log(lastContactMs: () => number | undefined): Log {
    const note = (fields: object): void => {
      if ('error' in fields) this.#note(lastContactMs, String(fields.error));
    };
    return { debug: note, info: note, warn: note, error: note };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #note(lastContactMs: () => number | undefined, problem: string): void {
    this.#lost.set(lastContactMs, performance.now());
    if (this.#timer !== undefined) return;
    this.#tell({ kind: 'lost', problem });
    this.#timer = setInterval(() => {
      this.#look();
    }, LOOK_MS);
  }

  #look(): void {
    for (const [lastContactMs, since] of this.#lost) {
      if ((lastContactMs() ?? 0) > since) this.#lost.delete(lastContactMs);
    }
    if (this.#lost.size > 0) return;
    this.stop();
    this.#tell({ kind: 'regained' });
  }
}
