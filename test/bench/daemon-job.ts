import type { JobObject } from '../../src/api/job.ts';
import { apiPath, connect } from '../../src/kube/connection.ts';
import { outcomeOf } from '../../src/core/outcome.ts';
import { startCluster } from '../support/cluster/cluster.ts';
import { installJobflow } from '../support/cluster/jobflow.ts';
import { JobsClient } from './jobs-client.ts';

/** One run over all nodes, in seconds. */
export interface DaemonRun {
  /** From the first create to the last Job's creation, and to the last Complete. */
  readonly created: number;
  readonly ended: number;
}

/** A DaemonJob against a plain client that creates the same pinned Jobs. */
export interface DaemonResult {
  readonly nodes: number;
  readonly plain: DaemonRun;
  readonly daemonJob: DaemonRun;
}

/** As many as jobflow creates at a time for one object. */
const CREATORS = 8;

/** A run that has not ended after this long is stuck. */
const LIMIT_MS = 15 * 60_000;

/** Measures a DaemonJob over so many fake nodes, on a cluster of its own. */
export async function measureDaemonJob(
  nodes: number,
  progress: (line: string) => void,
): Promise<DaemonResult> {
  const cluster = await startCluster({ nodes, log: progress });
  try {
    await installJobflow(cluster);
    const connection = await connect({
      kubeconfigPath: cluster.kubeconfigPath,
      connections: 64,
      userAgent: 'jobflow-bench',
    });
    const names = Array.from({ length: nodes }, (_, index) => `node-${index + 1}`);
    const run = async (
      namespace: string,
      begin: (client: JobsClient) => Promise<unknown>,
    ): Promise<DaemonRun> => {
      const client = await JobsClient.create(connection, namespace);
      const times = await followAll(client, nodes, begin);
      progress(
        `${nodes} nodes, ${namespace}: created in ${times.created.toFixed(1)} s, ended in ${times.ended.toFixed(1)} s`,
      );
      await client.remove();
      return times;
    };
    const plain = await run('bench-plain', (client) => client.createAll(names.map(pinnedJob), CREATORS));
    const daemonJob = await run('bench-daemon', (client) =>
      connection.request({
        method: 'POST',
        path: apiPath`/apis/api.practice.com/v1alpha1/namespaces/${client.namespace}/daemonjobs`,
        body: {
          apiVersion: 'api.practice.com/v1alpha1',
          kind: 'DaemonJob',
          metadata: { name: 'd' },
          spec: { backoffLimit: 0, template: { spec: POD } },
        },
      }),
    );
    await connection.close();
    return { nodes, plain, daemonJob };
  } finally {
    await cluster.stop();
  }
}

const POD = {
  restartPolicy: 'Never',
  containers: [{ name: 'main', image: 'busybox:1.36', command: ['true'] }],
};

function pinnedJob(node: string): JobObject {
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `d-${node}` },
    spec: { backoffLimit: 0, template: { spec: { ...POD, affinity: { nodeAffinity: required } } } },
  };
}

async function followAll(
  client: JobsClient,
  count: number,
  begin: (client: JobsClient) => Promise<unknown>,
): Promise<DaemonRun> {
  const stopping = new AbortController();
  const ended = Promise.withResolvers<number>();
  const seen = new Set<string>();
  const complete = new Set<string>();
  let createdMs = Number.NaN;
  const limit = setTimeout(() => {
    ended.reject(new Error(`${client.namespace}: ${complete.size} of ${count} Jobs are complete`));
  }, LIMIT_MS);
  try {
    await client.watch((job) => {
      const name = job.metadata.name ?? '';
      if (!seen.has(name) && seen.add(name).size === count) createdMs = performance.now();
      if (outcomeOf(job.status?.conditions ?? []) !== 'Complete') return;
      if (complete.add(name).size === count) ended.resolve(performance.now());
    }, stopping.signal);
    const startedMs = performance.now();
    const [endedMs] = await Promise.all([ended.promise, begin(client)]);
    return { created: (createdMs - startedMs) / 1_000, ended: (endedMs - startedMs) / 1_000 };
  } finally {
    clearTimeout(limit);
    stopping.abort();
  }
}
