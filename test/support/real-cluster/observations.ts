import { randomBytes } from 'node:crypto';
import { readPath } from '../cluster/api-client.ts';
import { waitUntil } from '../cluster/wait-until.ts';
import type { RealCluster } from './real-cluster.ts';

/** What a test looks at in a namespace of a real cluster, as a user would: with kubectl. */
export class RealNamespace {
  readonly name: string;
  readonly #cluster: RealCluster;

  private constructor(cluster: RealCluster, name: string) {
    this.#cluster = cluster;
    this.name = name;
  }

  /** Makes a namespace that nobody else uses. */
  static async create(cluster: RealCluster, prefix: string): Promise<RealNamespace> {
    const name = `${prefix}-${randomBytes(3).toString('hex')}`;
    await cluster.kubectl(['create', 'namespace', name]);
    const account = ['serviceaccount', 'default', '-n', name];
    await waitUntil(
      `the service account of ${name}`,
      async () => (await cluster.get(...account)) !== undefined,
    );
    return new RealNamespace(cluster, name);
  }

  /** Applies objects, or YAML text, in this namespace. */
  async apply(manifests: string | object | readonly object[]): Promise<void> {
    await this.#cluster.apply(manifests, this.name);
  }

  /** Runs kubectl in this namespace and gives what it wrote. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return (await this.#cluster.kubectl(['-n', this.name, ...args])).stdout;
  }

  /** Waits, as `kubectl wait` does, for a condition or a JSONPath of one object. */
  async waitFor(what: string, object: string, seconds = 60): Promise<void> {
    await this.kubectl('wait', `--for=${what}`, object, `--timeout=${seconds}s`);
  }

  /** What the pods of a Job have written. */
  async logs(job: string): Promise<string> {
    return this.kubectl('logs', `job/${job}`);
  }

  /** What `spec.suspend` of a Job would be if it were created: `true`, `false` or nothing. Nothing is stored. */
  async suspendedByDryRun(job: object): Promise<string> {
    const { stdout } = await this.#cluster.kubectl(
      ['create', '-n', this.name, '--dry-run=server', '-o', 'jsonpath={.spec.suspend}', '-f', '-'],
      { input: JSON.stringify(job) },
    );
    return stdout;
  }

  /** Deletes the namespace and waits until it is gone with all that is in it. */
  async delete(seconds = 60): Promise<void> {
    await this.#cluster.kubectl([
      ...['delete', 'namespace', this.name, '--ignore-not-found', `--timeout=${seconds}s`],
    ]);
  }

  /** One object; `undefined` when it is not there. */
  async get(kind: string, name: string): Promise<unknown> {
    return this.#cluster.get(kind, name, '-n', this.name);
  }

  /** All objects of a kind. */
  async list(kind: string): Promise<unknown[]> {
    const items = readPath(await this.#cluster.get(kind, '-n', this.name), 'items');
    return Array.isArray(items) ? (items as unknown[]) : [];
  }

  /** The names of the Jobs that have pods, of all ages, with repetition. */
  async jobsWithPods(): Promise<string[]> {
    return (await this.list('pods')).map((pod) =>
      String(readPath(pod, 'metadata', 'labels', 'batch.kubernetes.io/job-name')),
    );
  }

  /** The status of a Job's condition, with its reason, as in `Failed: DependencyFailed`. */
  async conditions(job: string): Promise<string[]> {
    const conditions = readPath(await this.get('job', job), 'status', 'conditions');
    const all: unknown[] = Array.isArray(conditions) ? conditions : [];
    return all
      .filter((one) => readPath(one, 'status') === 'True')
      .map((one) => `${String(readPath(one, 'type'))}: ${String(readPath(one, 'reason'))}`);
  }
}
