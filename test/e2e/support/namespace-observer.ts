import type { JobObject } from '../../../src/api/job.ts';
import type { Outcome } from '../../../src/api/outcomes.ts';
import { outcomeOf } from '../../../src/core/outcome.ts';
import { connect } from '../../../src/kube/connection.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { readListPage, readWatchEvent } from '../../../src/kube/list-and-watch.ts';
import { readPath, waitUntil } from '../../support/cluster.ts';
import type { Cluster, WaitOptions } from '../../support/cluster.ts';

/** A version of a Job. */
export type JobVersion = {
  readonly job: JobObject;
  /** The place of this version in the history of the whole cluster. */
  readonly revision: number;
  readonly deleted: boolean;
};

/** A pod of a Job. */
export type PodSeen = {
  readonly name: string;
  readonly jobName: string;
  /** Tells Jobs apart that bore the same name. */
  readonly jobUid: string;
  readonly createdAt: number;
};

/** How long the waits of an observer last unless stated, in milliseconds: a loaded machine is slow. */
export const LIMIT_MS = 60_000;

/**
 * Watches the Jobs and pods of a namespace from now on, every version of them. Stop it before the test ends.
 *
 * Job and pod versions are compared by resourceVersion, which is the revision of the one etcd that holds both
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions), so the order is exact.
 */
export async function observeNamespace(cluster: Cluster, namespace: string): Promise<NamespaceObserver> {
  const connection = await connect({
    kubeconfigPath: cluster.kubeconfigPath,
    connections: 2,
    userAgent: 'jobflow-test',
  });
  const observer = new NamespaceObserver(cluster, namespace, connection);
  await observer.start();
  return observer;
}

/** What has happened to the Jobs and pods of a namespace. */
export class NamespaceObserver {
  readonly namespace: string;
  readonly #cluster: Cluster;
  readonly #connection: Connection;
  readonly #stopping = new AbortController();
  readonly #versions = new Map<string, JobVersion[]>();
  readonly #pods = new Map<string, PodSeen>();
  readonly #following: Promise<void>[] = [];
  #podRevision = 0;
  #failure: Error | undefined;

  /** Made by `observeNamespace`. */
  constructor(cluster: Cluster, namespace: string, connection: Connection) {
    this.namespace = namespace;
    this.#cluster = cluster;
    this.#connection = connection;
  }

  /** Begins; for `observeNamespace`. */
  async start(): Promise<void> {
    await this.#follow(`/apis/batch/v1/namespaces/${this.namespace}/jobs`, (object, deleted) => {
      this.#sawJob(object as JobObject, deleted);
    });
    await this.#follow(`/api/v1/namespaces/${this.namespace}/pods`, (object, deleted) => {
      if (!deleted) this.#sawPod(object as JobObject);
    });
  }

  /** Ends the watches. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#following);
    await this.#connection.close();
  }

  /** The Job of that name as it is; undefined if there is none. */
  job(name: string): JobObject | undefined {
    const last = this.#versions.get(name)?.at(-1);
    return last?.deleted === false ? last.job : undefined;
  }

  /** All Jobs as they are. */
  jobs(): JobObject[] {
    return [...this.#versions.keys()].flatMap((name) => this.job(name) ?? []);
  }

  /** Every version of a Job, in order. */
  versions(name: string): readonly JobVersion[] {
    return this.#versions.get(name) ?? [];
  }

  /** Every pod that a Job ever had, in the order of their creation. */
  pods(jobName: string): PodSeen[] {
    return [...this.#pods.values()]
      .filter((pod) => pod.jobName === jobName)
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  /** The version of the last pod seen, of whatever kind: every earlier one has been seen too. */
  get podRevision(): number {
    return this.#podRevision;
  }

  /** The outcome of a Job as it is. */
  outcome(name: string): Outcome | undefined {
    return outcomeOf(this.job(name)?.status?.conditions ?? []);
  }

  /** The revision at which a Job had its outcome, Infinity if it never had one. */
  endedAt(name: string): number {
    const ended = this.versions(name).find(({ job }) => outcomeOf(job.status?.conditions ?? []));
    return ended?.revision ?? Infinity;
  }

  /** The revision at which a Job's first pod was created, Infinity if it never had one. */
  startedAt(name: string): number {
    return this.pods(name)[0]?.createdAt ?? Infinity;
  }

  /** Waits until what has been seen fits; `what` names it in the error. */
  async until(what: string, fits: (seen: this) => boolean, options: WaitOptions = {}): Promise<void> {
    await waitUntil(
      `${what} in ${this.namespace}`,
      () => {
        if (this.#failure !== undefined) throw this.#failure;
        return fits(this);
      },
      {
        limitMs: LIMIT_MS,
        intervalMs: 10,
        explain: () =>
          this.jobs()
            .map((job) => describeJob(job))
            .join('\n'),
        ...options,
      },
    );
  }

  /** Waits until every named Job has the outcome stated. */
  async untilOutcomes(outcomes: Readonly<Record<string, Outcome>>, options: WaitOptions = {}): Promise<void> {
    const expected = Object.entries(outcomes);
    await this.until(
      expected.map(([name, outcome]) => `${name} to end as ${outcome}`).join(', '),
      () => expected.every(([name, outcome]) => this.outcome(name) === outcome),
      options,
    );
  }

  /** Waits until this observer knows all that the API server has stored by now. */
  async untilCaughtUp(): Promise<void> {
    const path = `/apis/batch/v1/namespaces/${this.namespace}/jobs`;
    const items = readPath(await this.#cluster.api.demand('GET', path), 'items');
    const now = Array.isArray(items) ? items.map((item) => identityOf(item as JobObject)) : [];
    await this.until('the watch to bring what is stored', () =>
      now.every(({ name, revision }) => (this.versions(name).at(-1)?.revision ?? 0) >= revision),
    );
  }

  /** Lists once, then follows in the background, from where each watch ended. */
  async #follow(path: string, see: (object: unknown, deleted: boolean) => void): Promise<void> {
    const page = readListPage(await this.#connection.request({ method: 'GET', path }));
    for (const item of page.items) see(item, false);
    this.#following.push(
      this.#watch(path, page.resourceVersion, see).catch((error: unknown) => {
        if (this.#stopping.signal.aborted) return;
        this.#failure = error instanceof Error ? error : new Error('a watch failed', { cause: error });
      }),
    );
  }

  async #watch(path: string, since: string, see: (object: unknown, deleted: boolean) => void): Promise<void> {
    const { signal } = this.#stopping;
    let resourceVersion = since;
    while (!signal.aborted) {
      const query = { watch: true, allowWatchBookmarks: true, resourceVersion };
      for await (const line of this.#connection.stream({ path, query, signal })) {
        const event = readWatchEvent(line);
        // An expired version would hide versions from the test, so it fails the test.
        if (event.kind === 'error') throw event.error;
        resourceVersion = event.resourceVersion ?? resourceVersion;
        if (event.kind !== 'bookmark') see(event.object, event.kind === 'deleted');
      }
    }
  }

  #sawJob(job: JobObject, deleted: boolean): void {
    const { name, revision } = identityOf(job);
    const versions = this.#versions.get(name) ?? [];
    versions.push({ job, revision, deleted });
    this.#versions.set(name, versions);
  }

  #sawPod(pod: JobObject): void {
    const { name, revision } = identityOf(pod);
    this.#podRevision = revision;
    const jobName = pod.metadata.labels?.['batch.kubernetes.io/job-name'];
    const uid = pod.metadata.uid ?? '';
    if (jobName === undefined || this.#pods.has(uid)) return;
    const jobUid = pod.metadata.ownerReferences?.[0]?.uid ?? '';
    this.#pods.set(uid, { name, jobName, jobUid, createdAt: revision });
  }
}

/** A Job in one line, for the message of a wait that was in vain. */
export function describeJob({ metadata, spec, status }: JobObject): string {
  const conditions = (status?.conditions ?? []).map(({ type, reason }) => `${type}(${reason ?? ''})`);
  const flags = [
    spec?.suspend === true ? 'suspended' : 'not suspended',
    ...(metadata.deletionTimestamp ? ['in deletion'] : []),
    ...(status?.startTime ? ['started'] : []),
    ...conditions,
  ];
  return `${metadata.name ?? ''}: ${flags.join(', ')}`;
}

function identityOf({ metadata }: JobObject): { name: string; revision: number } {
  return { name: metadata.name ?? '', revision: Number(metadata.resourceVersion) };
}
