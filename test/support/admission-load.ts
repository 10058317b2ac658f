import { setTimeout as delay } from 'node:timers/promises';
import { USER_ANNOTATIONS } from '../../src/api/names.ts';
import { connect, type Connection } from '../../src/kube/connection.ts';
import { readPath } from './cluster/api-client.ts';
import type { Cluster } from './cluster/cluster.ts';
import { freshNamespace } from './cluster/fixture.ts';
import { waitUntil } from './cluster/wait-until.ts';

/** How much load. */
export type LoadOptions = {
  /** Each creates one Job after another. */
  readonly clients: number;
  /** The pause of a client between two Jobs, in milliseconds (default 100). */
  readonly pauseMs?: number;
};

/**
 * Clients that create Jobs which the webhook has to change: held ones, of which nothing runs. A create that fails, or
 * comes back unchanged, is a failed admission.
 */
export class AdmissionLoad {
  readonly #connection: Connection;
  readonly #namespace: string;
  readonly #failures: string[] = [];
  readonly #clients: Promise<void>[];
  #admitted = 0;
  #slowestMs = 0;
  #loading = true;

  private constructor(connection: Connection, namespace: string, { clients, pauseMs = 100 }: LoadOptions) {
    this.#connection = connection;
    this.#namespace = namespace;
    this.#clients = Array.from({ length: clients }, (_, index) => this.#run(index, pauseMs));
  }

  /** Starts the clients, in a namespace of their own, each with a connection of its own to the API server. */
  static async start(cluster: Cluster, options: LoadOptions): Promise<AdmissionLoad> {
    const namespace = await freshNamespace(cluster, 'load');
    const connection = await connect({
      kubeconfigPath: cluster.kubeconfigPath,
      connections: options.clients,
      userAgent: 'admission-load',
    });
    return new AdmissionLoad(connection, namespace, options);
  }

  /** Jobs created so far. */
  get admitted(): number {
    return this.#admitted;
  }

  /** The slowest create so far, in milliseconds. */
  get slowestMs(): number {
    return this.#slowestMs;
  }

  /** Waits for so many further Jobs. */
  async untilMore(count: number): Promise<void> {
    const goal = this.#admitted + count;
    await waitUntil(`${count} more Jobs`, () => this.#admitted >= goal || this.#failures.length > 0);
  }

  /** Ends the load. @returns what the failed admissions were answered with */
  async end(): Promise<readonly string[]> {
    this.#loading = false;
    await Promise.all(this.#clients);
    await this.#connection.close();
    return this.#failures;
  }

  async #run(client: number, pauseMs: number): Promise<void> {
    for (let count = 0; this.#loading; count += 1) {
      const startedMs = performance.now();
      try {
        const job = await this.#connection.request({
          method: 'POST',
          path: `/apis/batch/v1/namespaces/${this.#namespace}/jobs`,
          body: heldJob(`load-${client}-${count}`),
        });
        if (readPath(job, 'spec', 'suspend') === true) this.#admitted += 1;
        else this.#failures.push('the Job came back as it was sent');
      } catch (error) {
        this.#failures.push(error instanceof Error ? error.message : String(error));
      }
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - startedMs);
      await delay(pauseMs);
    }
  }
}

function heldJob(name: string): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations: { [USER_ANNOTATIONS.hold]: 'true' } },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'none', image: 'none' }] } } },
  };
}
