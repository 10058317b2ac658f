import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { JobObject } from '../../src/api/job.ts';
import { outcomeOf } from '../../src/core/outcome.ts';
import type { Connection } from '../../src/kube/connection.ts';
import { runCommand } from '../support/cluster/run-command.ts';
import { JobsClient } from './jobs-client.ts';
import { latencyOf, type Latency } from './statistics.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** How soon the Jobs of a pipeline in the older form follow each other, as `jobflow run` runs it. */
export interface PipelineLatency {
  readonly jobs: number;
  /** From the Complete of a Job's last dependency until the Job is let go (`suspend: false`). */
  readonly released: Latency;
  /** … until Kubernetes has started it (`status.startTime`). */
  readonly started: Latency;
}

/** Steps of the pipeline, and Jobs in each: every Job waits for all of the step before it. */
const STEPS = 8;
const WIDTH = 3;

/**
 * Measures a pipeline, round by round, all events seen on one watch.
 *
 * @param kubeconfigPath with which `jobflow run` reaches the cluster
 */
export async function measurePipeline(
  connection: Connection,
  kubeconfigPath: string,
  rounds: number,
  progress: (line: string) => void,
): Promise<PipelineLatency> {
  const folder = await mkdtemp(join(tmpdir(), 'jobflow-bench-'));
  const file = join(folder, 'jobpipline.yaml');
  await writeFile(file, pipeline());
  const released: number[] = [];
  const started: number[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const times = await runOnce(connection, kubeconfigPath, file, `bench-pipeline-${round}`);
      for (const name of jobNames().flat()) {
        const upstreams = upstreamsOf(name);
        if (upstreams.length === 0) continue;
        const from = Math.max(...upstreams.map((upstream) => timeOf(times, upstream, 'completedMs')));
        released.push(timeOf(times, name, 'releasedMs') - from);
        started.push(timeOf(times, name, 'startedMs') - from);
      }
      progress(`pipeline: round ${round + 1} of ${rounds}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return { jobs: STEPS * WIDTH, released: latencyOf(released), started: latencyOf(started) };
}

/** When a Job was first seen so, on the clock of `performance.now`. */
interface Seen {
  releasedMs?: number;
  startedMs?: number;
  completedMs?: number;
}

async function runOnce(
  connection: Connection,
  kubeconfigPath: string,
  file: string,
  namespace: string,
): Promise<ReadonlyMap<string, Seen>> {
  const client = await JobsClient.create(connection, namespace);
  const stopping = new AbortController();
  const times = new Map<string, Seen>();
  try {
    await client.watch((job) => {
      note(job, times);
    }, stopping.signal);
    await runCommand('jobflow run', [process.execPath, MAIN, 'run', '-f', file, '-n', namespace], {
      env: { ...process.env, KUBECONFIG: kubeconfigPath },
    });
    return times;
  } finally {
    stopping.abort();
    await client.remove();
  }
}

function note({ metadata, spec, status }: JobObject, times: Map<string, Seen>): void {
  const { name = '' } = metadata;
  const nowMs = performance.now();
  const seen = times.get(name) ?? {};
  times.set(name, seen);
  if (spec?.suspend === false) seen.releasedMs ??= nowMs;
  if (typeof status?.startTime === 'string') seen.startedMs ??= nowMs;
  if (outcomeOf(status?.conditions ?? []) === 'Complete') seen.completedMs ??= nowMs;
}

/** @throws Error for what was not seen */
function timeOf(times: ReadonlyMap<string, Seen>, name: string, what: keyof Seen): number {
  const time = times.get(name)?.[what];
  if (time === undefined) throw new Error(`Job ${name}: ${what} has not been seen.`);
  return time;
}

/** Step by step. */
function jobNames(): string[][] {
  return Array.from({ length: STEPS }, (_, step) =>
    Array.from({ length: WIDTH }, (_unused, index) => `step-${step}-${index}`),
  );
}

function upstreamsOf(name: string): readonly string[] {
  const step = Number(name.split('-')[1]);
  return step === 0 ? [] : (jobNames()[step - 1] ?? []);
}

/** The configuration, in the form of a ConfigMap. */
function pipeline(): string {
  const names = jobNames().flat();
  const jobs = Object.fromEntries(names.map((name) => [name, { depends_on: [...upstreamsOf(name)] }]));
  const work = names.map((name): [string, string] => [`${name}.yaml`, stringify({ command: ['true'] })]);
  const data: Record<string, string> = {
    'jobs.yaml': stringify({ image: 'busybox:1.36', jobs }),
    ...Object.fromEntries(work),
  };
  return stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'pipeline' }, data });
}
