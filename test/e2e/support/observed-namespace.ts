import { expect } from 'chai';
import { after } from 'mocha';
import type { Outcome } from '../../../src/api/outcomes.ts';
import { readPath, waitUntil } from '../../support/cluster.ts';
import type { ApplyOptions, Cluster, KubectlOptions, KubectlResult } from '../../support/cluster.ts';
import { freshNamespace } from '../../support/cluster/fixture.ts';
import { livesOf } from './job-life.ts';
import type { JobLife } from './job-life.ts';
import { LIMIT_MS, describeJob, observeNamespace } from './namespace-observer.ts';
import type { NamespaceObserver } from './namespace-observer.ts';

/** Set on pods that only mark a revision: no scheduler takes them, so they never run. */
const NO_SCHEDULER = 'nobody';

const opened = new Set<ObservedNamespace>();

/** Makes a fresh namespace and watches its Jobs and pods from before anything is in it, until the last test. */
export async function observedNamespace(cluster: Cluster): Promise<ObservedNamespace> {
  const name = await freshNamespace(cluster);
  const namespace = new ObservedNamespace(cluster, await observeNamespace(cluster, name));
  opened.add(namespace);
  return namespace;
}

/** A namespace as a user works in it with kubectl, and all that has happened there. */
export class ObservedNamespace {
  readonly name: string;
  readonly cluster: Cluster;
  readonly observer: NamespaceObserver;

  /** Made by `observedNamespace`. */
  constructor(cluster: Cluster, observer: NamespaceObserver) {
    this.cluster = cluster;
    this.observer = observer;
    this.name = observer.namespace;
  }

  /** Applies manifests with kubectl, in their order. */
  async apply(manifests: object | readonly object[], options: ApplyOptions = {}): Promise<KubectlResult> {
    return this.cluster.apply(manifests, { ...options, namespace: this.name });
  }

  /** Runs kubectl in this namespace. */
  async kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<KubectlResult> {
    return this.cluster.kubectl([...args, '-n', this.name], options);
  }

  /** Every Job that has borne the name, in the order of their creation. */
  lives(name: string): JobLife[] {
    return livesOf(this.observer.versions(name), this.observer.pods(name));
  }

  /** The Job that bears the name now, or bore it last. @throws Error if there was none */
  life(name: string): JobLife {
    const life = this.lives(name).at(-1);
    if (life === undefined) throw new Error(`There was no Job ${name} in ${this.name}.`);
    return life;
  }

  /** Waits until the Job that bears the name now is as described, and returns it. */
  async untilJob(name: string, is: string, fits: (life: JobLife) => boolean): Promise<JobLife> {
    return waitUntil(
      `Job ${name} of ${this.name} ${is}`,
      () => {
        const life = this.lives(name).at(-1);
        return life !== undefined && fits(life) && life;
      },
      { limitMs: LIMIT_MS, explain: () => this.#describe() },
    );
  }

  /** Waits until a Job has a pod, and so has begun. */
  async untilStarted(name: string): Promise<JobLife> {
    return this.untilJob(name, 'to have a pod', ({ pods }) => pods.length > 0);
  }

  /** Waits until the Job that last bore the name is gone. */
  async untilGone(name: string): Promise<JobLife> {
    return this.untilJob(name, 'to be gone', ({ isGone }) => isGone);
  }

  /** Waits until the latest Jobs of these names have ended, and tells how. */
  async outcomes(names: readonly string[], limitMs = LIMIT_MS): Promise<Record<string, Outcome | undefined>> {
    await this.observer.until(
      `the end of ${names.slice(0, 5).join(', ')}`,
      () => names.every((name) => this.lives(name).at(-1)?.outcome !== undefined),
      { limitMs },
    );
    await this.#untilPodsSeen();
    return Object.fromEntries(names.map((name) => [name, this.life(name).outcome]));
  }

  /** Waits until an Event tells of a Job, and returns its message. */
  async untilEvent(job: string, reason: string): Promise<string> {
    const selector = `involvedObject.name=${job},reason=${reason}`;
    const path = `/api/v1/namespaces/${this.name}/events?fieldSelector=${selector}`;
    return waitUntil(
      `the event ${reason} of Job ${job}`,
      async () => {
        const message = readPath(await this.cluster.api.demand('GET', path), 'items', 0, 'message');
        return typeof message === 'string' && message;
      },
      { limitMs: LIMIT_MS, intervalMs: 100, explain: () => this.#describe() },
    );
  }

  /** Asserts that a Job was released, and its first pod made, only after these Jobs had ended. */
  expectStartedAfter(dependent: string, ...upstreams: readonly string[]): void {
    const { releasedAt, pods } = this.life(dependent);
    for (const upstream of upstreams) {
      const { endedAt } = this.life(upstream);
      expect(releasedAt, `release of ${dependent}, after ${upstream} ended`).to.be.greaterThan(endedAt);
      expect(pods[0]?.createdAt, `pod of ${dependent}, after ${upstream} ended`).to.be.greaterThan(endedAt);
    }
  }

  /** Asserts that no pod was ever made for these Jobs, and that they were never released. */
  expectNeverStarted(...names: readonly string[]): void {
    for (const name of names) {
      expect(this.life(name).pods, `pods of ${name}`).to.deep.equal([]);
      expect(this.life(name).releasedAt, `release of ${name}`).to.equal(Infinity);
    }
  }

  /** Ends the observation. */
  async close(): Promise<void> {
    opened.delete(this);
    await this.observer.stop();
  }

  /** Waits until every pod that has been made by now is known: the watch brings pods in their order. */
  async #untilPodsSeen(): Promise<void> {
    const path = `/api/v1/namespaces/${this.name}/pods`;
    const mark = await this.cluster.api.demand('POST', path, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generateName: 'mark-' },
      spec: { schedulerName: NO_SCHEDULER, containers: [{ name: 'none', image: 'none' }] },
    });
    const revision = Number(readPath(mark, 'metadata', 'resourceVersion'));
    await this.observer.until('every pod to be seen', () => this.observer.podRevision >= revision);
  }

  #describe(): string {
    return this.observer
      .jobs()
      .map((job) => describeJob(job))
      .join('\n');
  }
}

after('stop observing namespaces', async () => {
  await Promise.all([...opened].map((namespace) => namespace.close()));
});
