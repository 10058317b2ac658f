import '../../scripts/end-with-parent.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connect, type Connection } from '../../src/kube/connection.ts';
import { startCluster } from '../support/cluster/cluster.ts';
import { installJobflow } from '../support/cluster/jobflow.ts';
import { measureCli } from './cli-speed.ts';
import { measureDaemonJob } from './daemon-job.ts';
import { measureGateLatency } from './gate-latency.ts';
import { measurePipeline } from './pipeline.ts';
import { describeMachine, formatReport, summarize, type BenchResult, type WorkloadTimes } from './report.ts';
import { runWorkload, type WorkloadRun } from './run-workload.ts';
import { measureWebhookLatency } from './webhook-latency.ts';
import { chains, fanOut, independent, type Mode, type Workload } from './workload.ts';

const USAGE = `npm run bench -- [--jobs N] [--rounds N] [--samples N] [--nodes N] [--only workloads|gate|webhook|pipeline|daemonjob|cli]

  --jobs N      Jobs per workload, a multiple of 10 (1000)
  --rounds N    rounds, each with every workload in every mode (3)
  --samples N   pairs for the gate latency (200)
  --nodes N     nodes that the DaemonJob runs on (1000)
  --only PART   measure one part only
`;

const PARTS = ['workloads', 'gate', 'webhook', 'pipeline', 'daemonjob', 'cli'];

const RESULTS = fileURLToPath(new URL('../../bench-results/', import.meta.url));

const MODES: readonly Mode[] = ['bare', 'oracle', 'gated', 'flow'];

/** Jobs that each mode runs before anything is measured. */
const WARM_UP_JOBS = 200;

/** How long the upstream of the fan-out runs, in seconds. */
const UPSTREAM_SECONDS = 3;

interface BenchOptions {
  readonly jobs: number;
  readonly rounds: number;
  readonly samples: number;
  readonly nodes: number;
  readonly only: string | undefined;
}

const options = readOptions(process.argv.slice(2));
if (typeof options === 'string') {
  process.stderr.write(`${options}\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  await main(options);
}

async function main(chosen: BenchOptions): Promise<void> {
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const needsNoSharedCluster = chosen.only === 'daemonjob' || chosen.only === 'cli';
  const shared = needsNoSharedCluster ? undefined : await measureShared(chosen, progress);
  const wantsDaemon = chosen.only === undefined || chosen.only === 'daemonjob';
  const daemonJob = wantsDaemon ? await measureDaemonJob(chosen.nodes, progress) : undefined;
  const wantsCli = chosen.only === undefined || chosen.only === 'cli';
  const cli = wantsCli ? await measureCli(chosen.rounds, progress) : [];
  const result: BenchResult = {
    machine: describeMachine(),
    jobs: chosen.jobs,
    rounds: chosen.rounds,
    workloads: shared?.workloads ?? [],
    gate: shared?.gate,
    webhook: shared?.webhook,
    pipeline: shared?.pipeline,
    daemonJob,
    cli,
  };
  process.stdout.write(`\n${formatReport(result)}`);
  process.stdout.write(`Written to ${await writeResult(result)}\n`);
}

type SharedResult = Pick<BenchResult, 'workloads' | 'gate' | 'webhook' | 'pipeline'>;

/** What is measured on one cluster of three nodes. */
async function measureShared(chosen: BenchOptions, progress: (line: string) => void): Promise<SharedResult> {
  const cluster = await startCluster({ nodes: 3, log: progress });
  try {
    const jobflow = await installJobflow(cluster, { webhookEnv: { JOBFLOW_METRICS_ACCESS: 'everybody' } });
    const connection = await connect({
      kubeconfigPath: cluster.kubeconfigPath,
      connections: 64,
      userAgent: 'jobflow-bench',
    });
    const metricsUrl = `${jobflow.webhooks[0]?.healthUrl ?? ''}/metrics`;
    const { kubeconfigPath } = cluster;
    const result = await measure(chosen, connection, { metricsUrl, kubeconfigPath }, progress);
    await connection.close();
    return result;
  } finally {
    await cluster.stop();
  }
}

async function measure(
  { jobs, rounds, samples, only }: BenchOptions,
  connection: Connection,
  { metricsUrl, kubeconfigPath }: { readonly metricsUrl: string; readonly kubeconfigPath: string },
  progress: (line: string) => void,
): Promise<SharedResult> {
  const wants = (part: string): boolean => only === undefined || only === part;
  const gate = wants('gate')
    ? await measureGateLatency(connection, 'bench-gate', samples, progress)
    : undefined;
  const webhook = wants('webhook')
    ? await measureWebhookLatency(connection, 'bench-webhook', metricsUrl, { concurrency: 50, rounds })
    : undefined;
  const pipeline = wants('pipeline')
    ? await measurePipeline(connection, kubeconfigPath, rounds, progress)
    : undefined;
  const workloads = wants('workloads') ? await measureWorkloads(connection, jobs, rounds, progress) : [];
  return { workloads: workloads.map(summarize), gate, webhook, pipeline };
}

/** Every round runs the bare Jobs once and each workload by oracle, by jobflow and as a JobFlow, in turn. */
async function measureWorkloads(
  connection: Connection,
  jobs: number,
  rounds: number,
  progress: (line: string) => void,
): Promise<WorkloadTimes[]> {
  const workloads = [fanOut(jobs, UPSTREAM_SECONDS), chains(jobs / 10, 10)];
  const times = workloads.map(({ name }) => ({ name, runs: noRuns() }));
  const run = async (workload: Workload, mode: Mode, round: number): Promise<WorkloadRun> => {
    const one = await runWorkload(connection, `bench-${mode}-${round}-${Date.now()}`, workload, mode);
    progress(
      `${round < 0 ? 'warm-up' : `round ${round + 1}`}: ${workload.name}, ${mode}: ${one.seconds.toFixed(1)} s`,
    );
    return one;
  };
  // The first Jobs of a new cluster, and of every program, are slower than all later ones.
  for (const mode of MODES) await run(fanOut(WARM_UP_JOBS, 1), mode, -1);
  for (let round = 0; round < rounds; round += 1) {
    const bare = await run(independent(jobs), 'bare', round);
    for (const [index, workload] of workloads.entries()) {
      const runs = times[index]?.runs;
      runs?.bare.push(bare);
      // In turn first and last, so that none always follows the same one's clean-up.
      const modes: Mode[] = ['oracle', 'gated', 'flow'];
      if (round % 2 === 1) modes.reverse();
      for (const mode of modes) runs?.[mode].push(await run(workload, mode, round));
    }
  }
  return times;
}

function noRuns(): Record<Mode, WorkloadRun[]> {
  return { bare: [], oracle: [], gated: [], flow: [] };
}

async function writeResult(result: BenchResult): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const path = join(RESULTS, `bench-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.json`);
  await writeFile(path, `${JSON.stringify(result, null, 2)}\n`);
  return path;
}

function readOptions(args: readonly string[]): BenchOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        jobs: { type: 'string', default: '1000' },
        rounds: { type: 'string', default: '3' },
        samples: { type: 'string', default: '200' },
        nodes: { type: 'string', default: '1000' },
        only: { type: 'string' },
      },
    });
    const { only } = values;
    if (only !== undefined && !PARTS.includes(only)) {
      return `--only ${only}: write one of ${PARTS.join(', ')}.`;
    }
    const [jobs, rounds, samples, nodes] = [values.jobs, values.rounds, values.samples, values.nodes].map(
      Number,
    );
    if (!isCount(jobs) || jobs % 10 !== 0) return `--jobs ${values.jobs}: write a multiple of 10.`;
    if (!isCount(rounds)) return `--rounds ${values.rounds}: write a whole number from 1.`;
    if (!isCount(samples)) return `--samples ${values.samples}: write a whole number from 1.`;
    if (!isCount(nodes)) return `--nodes ${values.nodes}: write a whole number from 1.`;
    return { jobs, rounds, samples, nodes, only };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value > 0;
}
