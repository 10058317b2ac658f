import { cpus, totalmem } from 'node:os';
import type { CommandSpeed } from './cli-speed.ts';
import type { DaemonResult } from './daemon-job.ts';
import type { GateLatency } from './gate-latency.ts';
import type { WorkloadRun } from './run-workload.ts';
import type { PipelineLatency } from './pipeline.ts';
import { spreadOf, type Latency, type Spread } from './statistics.ts';
import type { WebhookLatency } from './webhook-latency.ts';
import type { Mode } from './workload.ts';

/** One workload in all rounds, by mode. */
export interface WorkloadTimes {
  readonly name: string;
  readonly runs: Readonly<Record<Mode, readonly WorkloadRun[]>>;
}

/** Everything that one run measured. */
export interface BenchResult {
  readonly machine: string;
  readonly jobs: number;
  readonly rounds: number;
  readonly workloads: readonly WorkloadResult[];
  readonly gate: GateLatency | undefined;
  readonly webhook: WebhookLatency | undefined;
  readonly pipeline: PipelineLatency | undefined;
  readonly daemonJob: DaemonResult | undefined;
  readonly cli: readonly CommandSpeed[];
}

/** One workload, each round's ratio taken within that round. */
export interface WorkloadResult {
  readonly name: string;
  readonly seconds: Readonly<Record<Mode, Spread>>;
  readonly gatedToBare: Spread;
  readonly gatedToOracle: Spread;
  readonly oracleToBare: Spread;
  /** The same graph as one JobFlow, against annotated Jobs. */
  readonly flowToGated: Spread;
  /** Of the last round. */
  readonly writesPerJob: Readonly<Record<Mode, Readonly<Record<string, number>>>>;
}

/** The machine in a few words. */
export function describeMachine(): string {
  const [first] = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${first?.model ?? 'unknown CPU'}, ${memoryGiB} GiB, Node ${process.version}`;
}

/** Ratios and spreads of a workload. */
export function summarize({ name, runs }: WorkloadTimes): WorkloadResult {
  const secondsOf = (mode: Mode): number[] => runs[mode].map(({ seconds }) => seconds);
  const writesOf = (mode: Mode): Readonly<Record<string, number>> => runs[mode].at(-1)?.writesPerJob ?? {};
  const ratio = (a: Mode, b: Mode): Spread =>
    spreadOf(secondsOf(a).map((value, round) => value / (secondsOf(b)[round] ?? Number.NaN)));
  return {
    name,
    seconds: {
      bare: spreadOf(secondsOf('bare')),
      oracle: spreadOf(secondsOf('oracle')),
      gated: spreadOf(secondsOf('gated')),
      flow: spreadOf(secondsOf('flow')),
    },
    gatedToBare: ratio('gated', 'bare'),
    gatedToOracle: ratio('gated', 'oracle'),
    oracleToBare: ratio('oracle', 'bare'),
    flowToGated: ratio('flow', 'gated'),
    writesPerJob: {
      bare: writesOf('bare'),
      oracle: writesOf('oracle'),
      gated: writesOf('gated'),
      flow: writesOf('flow'),
    },
  };
}

/** The result as a table for a terminal. */
export function formatReport(result: BenchResult): string {
  const lines = [`Machine: ${result.machine}`, ''];
  if (result.workloads.length > 0) {
    lines.push(
      `${result.jobs} Jobs, median of ${result.rounds} rounds (min to max)`,
      row(
        'workload',
        'bare s',
        'oracle s',
        'gated s',
        'JobFlow s',
        'gated/bare',
        'gated/oracle',
        'JobFlow/gated',
      ),
      ...result.workloads.map((workload) =>
        row(
          workload.name,
          number(workload.seconds.bare.median, 1),
          number(workload.seconds.oracle.median, 1),
          number(workload.seconds.gated.median, 1),
          number(workload.seconds.flow.median, 1),
          spread(workload.gatedToBare),
          spread(workload.gatedToOracle),
          spread(workload.flowToGated),
        ),
      ),
      '',
      'Writes to the API server per Job, whoever sends them',
      ...result.workloads.flatMap(({ name, writesPerJob }) =>
        (['bare', 'oracle', 'gated', 'flow'] as const).map((mode) =>
          writesRow(name, mode, writesPerJob[mode]),
        ),
      ),
      '',
    );
  }
  if (result.gate !== undefined) {
    lines.push(
      'Gate latency, idle, from the Complete event to the suspend: false event',
      latencyRow('jobflow', result.gate.gated),
      latencyRow('oracle', result.gate.oracle),
      '',
    );
  }
  if (result.webhook !== undefined) {
    const { webhook } = result;
    lines.push(
      `Creates at ${webhook.concurrency} at once`,
      latencyRow('ordinary', webhook.ordinary),
      latencyRow('annotated', webhook.annotated),
      `  added by the webhook: p50 ${number(webhook.addedP50Ms, 1)} ms, p99 ${number(webhook.addedP99Ms, 1)} ms`,
      `  inside the webhook: p50 ${number(webhook.inside.p50Ms, 1)} ms, p99 ${number(webhook.inside.p99Ms, 1)} ms`,
      '',
    );
  }
  if (result.pipeline !== undefined) {
    const { jobs, released, started } = result.pipeline;
    lines.push(
      `A pipeline of ${jobs} Jobs by jobflow run, from the Complete event of a Job's last dependency`,
      latencyRow('released', released),
      latencyRow('started', started),
      '',
    );
  }
  if (result.daemonJob !== undefined) {
    const { nodes, plain, daemonJob } = result.daemonJob;
    lines.push(
      `DaemonJob over ${nodes} nodes, against a plain client that creates the same pinned Jobs`,
      `  created: ${number(daemonJob.created, 1)} s against ${number(plain.created, 1)} s, ratio ${number(daemonJob.created / plain.created, 2)}`,
      `  ended:   ${number(daemonJob.ended, 1)} s against ${number(plain.ended, 1)} s, ratio ${number(daemonJob.ended / plain.ended, 2)}`,
      '',
    );
  }
  if (result.cli.length > 0) {
    lines.push(
      'Commands without a cluster, against a process that parses the same YAML and does no more',
      row('command', 'Jobs', 'seconds', 'parse s', 'ratio'),
      ...result.cli.map(({ name, jobs, seconds, parseSeconds, ratio }) =>
        row(name, String(jobs), spread(seconds), spread(parseSeconds), spread(ratio)),
      ),
      '',
    );
  }
  return lines.join('\n');
}

function writesRow(workload: string, mode: Mode, writes: Readonly<Record<string, number>>): string {
  const total = Object.values(writes).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(writes).map(([name, count]) => `${name} ${number(count, 2)}`);
  return `  ${workload.padEnd(20)}${mode.padEnd(8)}${number(total, 2).padStart(6)}  (${parts.join(', ')})`;
}

function latencyRow(name: string, { samples, p50Ms, p99Ms, maxMs }: Latency): string {
  const figures = `p50 ${number(p50Ms, 1)} ms, p99 ${number(p99Ms, 1)} ms, max ${number(maxMs, 1)} ms`;
  return `  ${name.padEnd(10)} ${figures} (${samples} samples)`;
}

function row(first: string, ...cells: readonly string[]): string {
  return `  ${first.padEnd(20)}${cells.map((cell) => cell.padStart(21)).join('')}`;
}

function spread({ min, median, max }: Spread): string {
  return `${number(median, 2)} (${number(min, 2)} to ${number(max, 2)})`;
}

function number(value: number, digits: number): string {
  return value.toFixed(digits);
}
