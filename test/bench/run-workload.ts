import { outcomeOf } from '../../src/core/outcome.ts';
import type { JobObject } from '../../src/api/job.ts';
import type { Connection } from '../../src/kube/connection.ts';
import { JobsClient } from './jobs-client.ts';
import { countWrites, writesPerJob } from './api-writes.ts';
import { FLOW_NAME, flowManifest, manifest, type Mode, type Workload } from './workload.ts';

/** Clients that create Jobs at once. */
const CREATORS = 16;

/** A workload that has not ended after this long is stuck. */
const LIMIT_MS = 15 * 60_000;

/** One run of a workload. */
export interface WorkloadRun {
  /** From the first create to the last Complete. */
  readonly seconds: number;
  /** Writes to the API server per Job, by resource, whoever sent them; creates included, clean-up not. */
  readonly writesPerJob: Readonly<Record<string, number>>;
}

/**
 * Runs a workload to its end in a namespace of its own.
 *
 * @throws Error if a Job failed, or not all ended in time
 */
export async function runWorkload(
  connection: Connection,
  namespace: string,
  workload: Workload,
  mode: Mode,
): Promise<WorkloadRun> {
  const client = await JobsClient.create(connection, namespace);
  const stopping = new AbortController();
  const ended = Promise.withResolvers<number>();
  const prefix = mode === 'flow' ? `${FLOW_NAME}-` : '';
  const open = new Set(workload.jobs.map(({ name }) => prefix + name));
  const oracle = mode === 'oracle' ? new Oracle(client, workload, ended.reject) : undefined;
  const limit = setTimeout(() => {
    ended.reject(new Error(`${workload.name} (${mode}): ${open.size} Jobs have not ended`));
  }, LIMIT_MS);
  try {
    await client.watch((job) => {
      oracle?.see(job);
      const outcome = outcomeOf(job.status?.conditions ?? []);
      if (outcome === undefined) return;
      if (outcome !== 'Complete')
        ended.reject(new Error(`Job ${job.metadata.name ?? ''} ended as ${outcome}`));
      open.delete(job.metadata.name ?? '');
      if (open.size === 0) ended.resolve(performance.now());
    }, stopping.signal);
    const before = await countWrites(connection);
    const startedMs = performance.now();
    const created =
      mode === 'flow'
        ? client.createFlow(flowManifest(workload))
        : client.createAll(
            workload.jobs.map((job) => manifest(job, mode)),
            CREATORS,
          );
    const [endedMs] = await Promise.all([ended.promise, created]);
    return {
      seconds: (endedMs - startedMs) / 1_000,
      writesPerJob: writesPerJob(before, await countWrites(connection), workload.jobs.length),
    };
  } finally {
    clearTimeout(limit);
    stopping.abort();
    await client.remove();
  }
}

/**
 * The floor that a gate is held against: a minimal client that knows the graph and releases each Job by one PATCH
 * the moment it sees that the last outcome is there.
 */
class Oracle {
  readonly #client: JobsClient;
  readonly #missing: Map<string, Set<string>>;
  readonly #dependents = new Map<string, string[]>();
  readonly #suspended = new Set<string>();
  readonly #completed = new Set<string>();
  readonly #fail: (reason: unknown) => void;

  constructor(client: JobsClient, { jobs }: Workload, fail: (reason: unknown) => void) {
    this.#client = client;
    this.#fail = fail;
    this.#missing = new Map(jobs.map(({ name, upstreams }) => [name, new Set(upstreams)]));
    for (const { name, upstreams } of jobs) {
      for (const upstream of upstreams) {
        this.#dependents.set(upstream, [...(this.#dependents.get(upstream) ?? []), name]);
      }
    }
  }

  see({ metadata: { name = '' }, spec, status }: JobObject): void {
    if (spec?.suspend === true && !this.#suspended.has(name)) {
      this.#suspended.add(name);
      this.#releaseIfOpen(name);
    }
    if (this.#completed.has(name) || outcomeOf(status?.conditions ?? []) !== 'Complete') return;
    this.#completed.add(name);
    for (const dependent of this.#dependents.get(name) ?? []) {
      this.#missing.get(dependent)?.delete(name);
      if (this.#suspended.has(dependent)) this.#releaseIfOpen(dependent);
    }
  }

  #releaseIfOpen(name: string): void {
    if (this.#missing.get(name)?.size === 0) this.#client.release(name).catch(this.#fail);
  }
}
