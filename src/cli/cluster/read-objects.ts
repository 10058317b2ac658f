import type { JobMetadata, JobObject } from '../../api/job.ts';
import { API_GROUP, API_VERSION } from '../../api/names.ts';
import type { DaemonJobObject } from '../../core/daemon/daemon-record.ts';
import type { FlowObject } from '../../core/flow/flow-projection.ts';
import { isApiError, isForbidden } from '../../kube/api-error.ts';
import { collectionPaths, type Collection } from '../../kube/collections.ts';
import { apiPath, type Connection, type Query } from '../../kube/connection.ts';
import { readListPage } from '../../kube/list-and-watch.ts';
import { CommandError } from './command-error.ts';

/** What a namespace holds of what jobflow cares for. */
export interface NamespaceObjects {
  readonly namespace: string;
  readonly jobs: readonly JobObject[];
  readonly flows: readonly FlowObject[];
  readonly daemons: readonly DaemonJobObject[];
  /** What could not be read, and so counts as empty. */
  readonly unread: readonly Unread[];
}

/** Something that could not be read. */
export interface Unread {
  /** The plural name of the resource: `pods`, `jobflows`. */
  readonly resource: string;
  /** Not allowed; or the cluster does not have this resource, since jobflow's are not installed. */
  readonly because: 'forbidden' | 'notInstalled';
  /** One sentence, with what to do. */
  readonly sentence: string;
}

/** What a list gave, or why it could not be read. */
export type Listed<T> = { readonly items: readonly T[]; readonly unread: Unread | undefined };

const PAGE_SIZE = 500;

/**
 * Reads all objects of a list, page by page.
 *
 * @param path of the collection
 * @throws ApiError
 */
export async function listAll<T>(connection: Connection, path: string, query: Query = {}): Promise<T[]> {
  const items: T[] = [];
  for (let token: string | undefined; ;) {
    const answer = await connection.request({
      method: 'GET',
      path,
      query: { ...query, limit: PAGE_SIZE, continue: token },
    });
    const page = readListPage(answer);
    for (const item of page.items) items.push(item as T);
    token = page.continueToken;
    if (token === undefined) return items;
  }
}

/** Where a list is, and what a sentence calls it. */
export interface ListedResource {
  /** Its plural name, as `kubectl` takes it. */
  readonly resource: string;
  readonly path: string;
}

/**
 * Reads a list that the user may have no right to, or that the cluster may not have.
 *
 * @throws ApiError for anything else
 */
export async function listIfAllowed<T>(
  connection: Connection,
  { resource, path, query }: ListedResource & { readonly query?: Query },
): Promise<Listed<T>> {
  try {
    return { items: await listAll<T>(connection, path, query), unread: undefined };
  } catch (error) {
    return { items: [], unread: unreadOf(error, resource) };
  }
}

/**
 * Tells whether a list can be read, by asking for a single object.
 *
 * @returns undefined if it can
 * @throws ApiError if nothing answers
 */
export async function whyUnread(
  connection: Connection,
  { resource, path }: ListedResource,
): Promise<Unread | undefined> {
  try {
    await connection.request({ method: 'GET', path, query: { limit: 1 } });
    return undefined;
  } catch (error) {
    return unreadOf(error, resource);
  }
}

/**
 * Reads Jobs, JobFlows and DaemonJobs of a namespace. What may not be read, or is not installed, counts as empty.
 *
 * @throws ApiError if Jobs cannot be read, or nothing answers
 */
export async function readNamespace(connection: Connection, namespace: string): Promise<NamespaceObjects> {
  return { namespace, ...(await readObjects(connection, [namespace])) };
}

/**
 * Reads the same of all namespaces: of each that holds any of them.
 *
 * @throws ApiError if Jobs of all namespaces cannot be read, or nothing answers
 */
export async function readAllNamespaces(connection: Connection): Promise<NamespaceObjects[]> {
  return byNamespace(await readObjects(connection, []));
}

/** The objects of each namespace, by its name. */
export function byNamespace(objects: Omit<NamespaceObjects, 'namespace'>): NamespaceObjects[] {
  const { jobs, flows, daemons, unread } = objects;
  const namespaceOf = ({ metadata }: { readonly metadata: JobMetadata }): string => metadata.namespace ?? '';
  const parts = {
    jobs: Map.groupBy(jobs, namespaceOf),
    flows: Map.groupBy(flows, namespaceOf),
    daemons: Map.groupBy(daemons, namespaceOf),
  };
  const names = new Set(Object.values(parts).flatMap((part) => [...part.keys()]));
  return [...names].sort().map((namespace) => ({
    namespace,
    jobs: parts.jobs.get(namespace) ?? [],
    flows: parts.flows.get(namespace) ?? [],
    daemons: parts.daemons.get(namespace) ?? [],
    unread,
  }));
}

/** @param namespaces none stands for all */
async function readObjects(
  connection: Connection,
  namespaces: readonly [] | readonly [string],
): Promise<Omit<NamespaceObjects, 'namespace'>> {
  const pathOf = (collection: Collection): string => collectionPaths(collection, namespaces)[0] ?? '';
  const ours = <T>(resource: 'jobflows' | 'daemonjobs') =>
    listIfAllowed<T>(connection, { resource, path: pathOf(resource) });
  const [jobs, flows, daemons] = await Promise.all([
    listAll<JobObject>(connection, pathOf('jobs')),
    ours<FlowObject>('jobflows'),
    ours<DaemonJobObject>('daemonjobs'),
  ]);
  return {
    jobs,
    flows: flows.items,
    daemons: daemons.items,
    unread: [flows.unread, daemons.unread].filter((unread) => unread !== undefined),
  };
}

/**
 * Reads one object.
 *
 * @returns undefined if there is none of that name
 * @throws ApiError
 */
export async function readOne<T>(connection: Connection, path: string): Promise<T | undefined> {
  try {
    return (await connection.request({ method: 'GET', path })) as T;
  } catch (error) {
    if (isApiError(error, 'notFound')) return undefined;
    throw error;
  }
}

/**
 * For a command that found nothing: says so if there is no such namespace. Whoever may not read namespaces is told
 * nothing.
 *
 * @throws CommandError if the namespace does not exist
 * @throws ApiError if nothing answers
 */
export async function assertNamespace(connection: Connection, namespace: string): Promise<void> {
  try {
    await connection.request({ method: 'GET', path: apiPath`/api/v1/namespaces/${namespace}` });
  } catch (error) {
    if (isApiError(error, 'notFound'))
      throw new CommandError(`Namespace "${namespace}" does not exist; create it, or name another with -n.`);
    if (!isApiError(error, 'denied')) throw error;
  }
}

/** @throws what was given, if it is neither a missing right nor a missing resource */
function unreadOf(error: unknown, resource: string): Unread {
  if (isForbidden(error)) {
    const sentence = `You may not list ${resource} here, so nothing is said of them; ask for the right to list ${resource}.`;
    return { resource, because: 'forbidden', sentence };
  }
  if (isApiError(error, 'notFound')) {
    const group = `${API_GROUP}/${API_VERSION}`;
    const sentence = `The cluster has no ${resource} (${group}); install jobflow there to use them.`;
    return { resource, because: 'notInstalled', sentence };
  }
  throw error;
}
