import { after } from 'mocha';
import type { FlowState, JobFlowStatus, JobState } from '../../../src/api/flow-spec.ts';
import type { FlowObject } from '../../../src/core/flow/flow-projection.ts';
import { connect, type Connection } from '../../../src/kube/connection.ts';
import type { Log } from '../../../src/kube/log.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import type { Identified } from '../../../src/kube/store-change.ts';
import { API_GROUP, API_VERSION } from '../../../src/api/names.ts';
import { waitUntil, type Cluster } from '../../support/cluster.ts';
import { LIMIT_MS, describeJob } from './namespace-observer.ts';
import { observedNamespace, type ObservedNamespace } from './observed-namespace.ts';

/** A namespace in which flows, too, are watched from before anything is in it. */
export type FlowPlace = {
  readonly jobs: ObservedNamespace;
  readonly flows: ObservedFlows;
  /** Ends the observation before the last test does. */
  readonly close: () => Promise<void>;
};

/** Makes a fresh namespace and watches its JobFlows, Jobs and pods until the last test. */
export async function flowPlace(cluster: Cluster): Promise<FlowPlace> {
  const jobs = await observedNamespace(cluster);
  const connection = await connect({
    kubeconfigPath: cluster.kubeconfigPath,
    connections: 1,
    userAgent: 'jobflow-test',
  });
  const flows = new ObservedFlows(jobs, connection);
  opened.add(flows);
  await flows.start();
  const close = async (): Promise<void> => {
    opened.delete(flows);
    await Promise.all([flows.stop(), jobs.close()]);
  };
  return { jobs, flows, close };
}

interface FlowVersion extends Identified {
  readonly object: FlowObject;
}

/** The JobFlows of one namespace, every version of them. */
export class ObservedFlows {
  readonly #jobs: ObservedNamespace;
  readonly #connection: Connection;
  readonly #reflector: Reflector<FlowVersion>;
  readonly #versions = new Map<string, FlowVersion[]>();

  /** Made by `flowPlace`. */
  constructor(jobs: ObservedNamespace, connection: Connection) {
    this.#jobs = jobs;
    this.#connection = connection;
    this.#reflector = new Reflector<FlowVersion>({
      connection,
      path: `/apis/${API_GROUP}/${API_VERSION}/namespaces/${jobs.name}/jobflows`,
      project: (object) => versionOf(object as FlowObject),
      log: SILENT,
    });
    this.#reflector.subscribe(({ record }) => {
      this.#versions.set(record.name, [...this.versions(record.name), record]);
    });
  }

  /** Begins; for `flowPlace`. */
  async start(): Promise<void> {
    this.#reflector.start();
    await this.#reflector.whenSynced;
  }

  /** Ends the watch. */
  async stop(): Promise<void> {
    await this.#reflector.stop();
    await this.#connection.close();
  }

  /** Every version of a flow, in order. */
  versions(name: string): readonly FlowVersion[] {
    return this.#versions.get(name) ?? [];
  }

  /** Whether a flow of this name is there. */
  exists(name: string): boolean {
    return this.#reflector.store.has(`${this.#jobs.name}/${name}`);
  }

  /** The status of a flow as it is, or was last. */
  status(name: string): JobFlowStatus {
    return this.versions(name).at(-1)?.object.status ?? {};
  }

  /** Where the Jobs of a flow stand, by the names of its entries. */
  states(name: string): Record<string, JobState> {
    const list = Object.entries(this.status(name).jobStatusList ?? {});
    return Object.fromEntries(
      list.map(([job, state]) => [job.startsWith(`${name}-`) ? job.slice(name.length + 1) : job, state]),
    );
  }

  /** The reason of a condition that holds; undefined if it does not. */
  reason(name: string, type: string): string | undefined {
    const found = this.status(name).conditions?.find((condition) => condition.type === type);
    return found?.status === 'True' ? found.reason : undefined;
  }

  /** Waits until the status of a flow is as described, and returns it. */
  async until(
    name: string,
    is: string,
    fits: (status: JobFlowStatus) => boolean,
    limitMs = LIMIT_MS,
  ): Promise<JobFlowStatus> {
    return waitUntil(
      `JobFlow ${name} of ${this.#jobs.name} ${is}`,
      () => {
        const status = this.status(name);
        return fits(status) && status;
      },
      {
        limitMs,
        explain: () =>
          [
            JSON.stringify(this.status(name)),
            ...this.#jobs.observer
              .jobs()
              .slice(0, 50)
              .map((job) => describeJob(job)),
          ].join('\n'),
      },
    );
  }

  /** Waits until a flow has come to a state. */
  async untilState(name: string, state: FlowState, limitMs = LIMIT_MS): Promise<JobFlowStatus> {
    return this.until(name, `to be ${state}`, (status) => status.state === state, limitMs);
  }

  /** Waits until a flow is gone. */
  async untilGone(name: string, limitMs = LIMIT_MS): Promise<void> {
    await waitUntil(
      `JobFlow ${name} of ${this.#jobs.name} to be gone`,
      () => this.versions(name).length > 0 && !this.exists(name),
      { limitMs },
    );
  }
}

const opened = new Set<ObservedFlows>();

const nothing = (): void => undefined;
const SILENT: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function versionOf(object: FlowObject): FlowVersion {
  const { metadata } = object;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    object,
  };
}

after('stop observing flows', async () => {
  await Promise.all([...opened].map((flows) => flows.stop()));
});
