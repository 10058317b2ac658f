import type { JobObject } from '../../src/api/job.ts';
import { outcomeOf } from '../../src/core/outcome.ts';
import type { Connection } from '../../src/kube/connection.ts';
import { JobsClient } from './jobs-client.ts';
import { latencyOf, type Latency } from './statistics.ts';
import { manifest, type Mode, type WorkloadJob } from './workload.ts';

/** Gate latency of jobflow and of the oracle, sample by sample in turn. */
export interface GateLatency {
  readonly gated: Latency;
  readonly oracle: Latency;
}

/**
 * Measures the gate on an idle cluster: one pair of Jobs at a time, from the upstream's Complete event to the
 * dependent's `suspend: false` event, both seen on one watch.
 *
 * @param samples pairs per mode
 */
export async function measureGateLatency(
  connection: Connection,
  namespace: string,
  samples: number,
  progress: (line: string) => void,
): Promise<GateLatency> {
  const client = await JobsClient.create(connection, namespace);
  const stopping = new AbortController();
  const pairs = new Map<string, Pair>();
  const latencies: Record<'gated' | 'oracle', number[]> = { gated: [], oracle: [] };
  try {
    await client.watch((job) => {
      see(job, pairs, client);
    }, stopping.signal);
    for (let index = 0; index < samples; index += 1) {
      for (const mode of ['gated', 'oracle'] as const) {
        latencies[mode].push(await measurePair(client, pairs, `${mode}-${index}`, mode));
      }
      if ((index + 1) % 50 === 0) progress(`gate latency: ${index + 1} of ${samples} samples`);
    }
  } finally {
    stopping.abort();
    await client.remove();
  }
  return { gated: latencyOf(latencies.gated), oracle: latencyOf(latencies.oracle) };
}

interface Pair {
  readonly mode: Mode;
  /** Called once the dependent has ended as well, so that the next pair finds an idle cluster. */
  readonly ended: (latencyMs: number) => void;
  readonly failed: (error: unknown) => void;
  completedMs: number | undefined;
  latencyMs: number | undefined;
}

async function measurePair(
  client: JobsClient,
  pairs: Map<string, Pair>,
  name: string,
  mode: 'gated' | 'oracle',
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  pairs.set(name, { mode, ended: resolve, failed: reject, completedMs: undefined, latencyMs: undefined });
  const limit = setTimeout(() => {
    reject(new Error(`pair ${name}: the dependent has not ended within 60 s`));
  }, 60_000);
  const upstream: WorkloadJob = { name: `${name}-up`, upstreams: [], seconds: 0 };
  const dependent: WorkloadJob = { name: `${name}-down`, upstreams: [upstream.name], seconds: 0 };
  // The dependent first, so that it waits when the outcome comes.
  for (const job of [dependent, upstream]) await client.create(manifest(job, mode));
  const latencyMs = await promise;
  clearTimeout(limit);
  pairs.delete(name);
  return latencyMs;
}

function see(job: JobObject, pairs: ReadonlyMap<string, Pair>, client: JobsClient): void {
  const nowMs = performance.now();
  const [, name = '', end] = /^(.*)-(up|down)$/.exec(job.metadata.name ?? '') ?? [];
  const pair = pairs.get(name);
  if (pair === undefined) return;
  const isComplete = outcomeOf(job.status?.conditions ?? []) === 'Complete';
  if (end === 'up' && pair.completedMs === undefined && isComplete) {
    pair.completedMs = nowMs;
    if (pair.mode === 'oracle') client.release(`${name}-down`).catch(pair.failed);
  }
  if (end !== 'down' || pair.completedMs === undefined) return;
  if (job.spec?.suspend === false) pair.latencyMs ??= nowMs - pair.completedMs;
  if (isComplete && pair.latencyMs !== undefined) pair.ended(pair.latencyMs);
}
