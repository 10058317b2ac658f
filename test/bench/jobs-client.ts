import type { JobObject } from '../../src/api/job.ts';
import { isApiError } from '../../src/kube/api-error.ts';
import { apiPath, type Connection } from '../../src/kube/connection.ts';
import { readWatchEvent } from '../../src/kube/list-and-watch.ts';
import { waitUntil } from '../support/cluster/wait-until.ts';

/** The Jobs of one namespace, as one client sees and makes them. */
export class JobsClient {
  readonly connection: Connection;
  readonly namespace: string;

  private constructor(connection: Connection, namespace: string) {
    this.connection = connection;
    this.namespace = namespace;
  }

  /** Makes the namespace and waits until pods can be made in it. */
  static async create(connection: Connection, namespace: string): Promise<JobsClient> {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await connection.request({ method: 'POST', path: '/api/v1/namespaces', body });
    await waitUntil(`the service account of ${namespace}`, () =>
      connection
        .request({ method: 'GET', path: apiPath`/api/v1/namespaces/${namespace}/serviceaccounts/default` })
        .then(
          () => true,
          () => false,
        ),
    );
    return new JobsClient(connection, namespace);
  }

  /** The path of the collection. */
  get path(): string {
    return apiPath`/apis/batch/v1/namespaces/${this.namespace}/jobs`;
  }

  /** Creates a Job and gives the time it took, in milliseconds. */
  async create(job: JobObject): Promise<number> {
    const startedMs = performance.now();
    await this.connection.request({ method: 'POST', path: this.path, body: job });
    return performance.now() - startedMs;
  }

  /** Creates Jobs in their order, so many at a time, and gives the time each took, in milliseconds. */
  async createAll(jobs: readonly JobObject[], atOnce: number): Promise<number[]> {
    const tookMs: number[] = [];
    const next = jobs.values();
    const worker = async (): Promise<void> => {
      for (const job of next) tookMs.push(await this.create(job));
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return tookMs;
  }

  /** Creates a JobFlow. */
  async createFlow(flow: object): Promise<void> {
    const path = apiPath`/apis/api.practice.com/v1alpha1/namespaces/${this.namespace}/jobflows`;
    await this.connection.request({ method: 'POST', path, body: flow });
  }

  /** Releases a suspended Job by one PATCH, as the oracle does. */
  async release(name: string): Promise<void> {
    await this.connection.request({
      method: 'PATCH',
      path: `${this.path}/${name}`,
      body: { spec: { suspend: false } },
    });
  }

  /**
   * Watches the Jobs until told to stop.
   *
   * @param seen called with every state of every Job, as soon as it has been read
   * @returns once the watch stands
   */
  async watch(seen: (job: JobObject) => void, signal: AbortSignal): Promise<void> {
    const list = (await this.connection.request({ method: 'GET', path: this.path })) as JobObject;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    void this.#follow(list.metadata.resourceVersion ?? '', seen, signal, () => {
      resolve(undefined);
    });
    await promise;
  }

  async #follow(
    from: string,
    seen: (job: JobObject) => void,
    signal: AbortSignal,
    onOpen: () => void,
  ): Promise<void> {
    let resourceVersion = from;
    while (!signal.aborted) {
      try {
        const query = { watch: true, resourceVersion, timeoutSeconds: 600 };
        for await (const line of this.connection.stream({ path: this.path, query, signal, onOpen })) {
          const event = readWatchEvent(line);
          if (event.kind === 'error') throw event.error;
          resourceVersion = event.resourceVersion ?? resourceVersion;
          if (event.kind === 'seen') seen(event.object as JobObject);
        }
      } catch (error) {
        if (isApiError(error, 'aborted')) return;
        throw error;
      }
    }
  }

  /** Deletes the namespace with all that is in it, and waits until it is gone. */
  async remove(): Promise<void> {
    const path = apiPath`/api/v1/namespaces/${this.namespace}`;
    const { connection } = this;
    await connection.request({
      method: 'DELETE',
      path: this.path,
      query: { propagationPolicy: 'Background' },
      timeoutMs: 120_000,
    });
    await connection.request({ method: 'DELETE', path });
    await waitUntil(
      `namespace ${this.namespace} to be gone`,
      () =>
        connection.request({ method: 'GET', path }).then(
          () => false,
          () => true,
        ),
      { limitMs: 300_000, intervalMs: 500 },
    );
  }
}
