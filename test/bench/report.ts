import { cpus, totalmem } from 'node:os';
import type { GateLatency } from './gate-latency.ts';
import { spreadOf, type Latency, type Spread } from './statistics.ts';
import type { WebhookLatency } from './webhook-latency.ts';
import type { Mode } from './workload.ts';

/** The times of one workload in all rounds, in seconds, by mode. */
export interface WorkloadTimes {
  readonly name: string;
  readonly seconds: Readonly<Record<Mode, readonly number[]>>;
}

/** Everything that one run measured. */
export interface BenchResult {
  readonly machine: string;
  readonly jobs: number;
  readonly rounds: number;
  readonly workloads: readonly WorkloadResult[];
  readonly gate: GateLatency | undefined;
  readonly webhook: WebhookLatency | undefined;
}

/** One workload, each round's ratio taken within that round. */
export interface WorkloadResult {
  readonly name: string;
  readonly seconds: Readonly<Record<Mode, Spread>>;
  readonly gatedToBare: Spread;
  readonly gatedToOracle: Spread;
  readonly oracleToBare: Spread;
}

/** The machine in a few words. */
export function describeMachine(): string {
  const [first] = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${first?.model ?? 'unknown CPU'}, ${memoryGiB} GiB, Node ${process.version}`;
}

/** Ratios and spreads of a workload. */
export function summarize({ name, seconds }: WorkloadTimes): WorkloadResult {
  const ratio = (a: Mode, b: Mode): Spread =>
    spreadOf(seconds[a].map((value, round) => value / (seconds[b][round] ?? Number.NaN)));
  return {
    name,
    seconds: {
      bare: spreadOf(seconds.bare),
      oracle: spreadOf(seconds.oracle),
      gated: spreadOf(seconds.gated),
    },
    gatedToBare: ratio('gated', 'bare'),
    gatedToOracle: ratio('gated', 'oracle'),
    oracleToBare: ratio('oracle', 'bare'),
  };
}

/** The result as a table for a terminal. */
export function formatReport(result: BenchResult): string {
  const lines = [`Machine: ${result.machine}`, ''];
  if (result.workloads.length > 0) {
    lines.push(
      `${result.jobs} Jobs, median of ${result.rounds} rounds (min to max)`,
      row('workload', 'bare s', 'oracle s', 'gated s', 'gated/bare', 'gated/oracle', 'oracle/bare'),
      ...result.workloads.map((workload) =>
        row(
          workload.name,
          number(workload.seconds.bare.median, 1),
          number(workload.seconds.oracle.median, 1),
          number(workload.seconds.gated.median, 1),
          spread(workload.gatedToBare),
          spread(workload.gatedToOracle),
          spread(workload.oracleToBare),
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
  return lines.join('\n');
}

function latencyRow(name: string, { samples, p50Ms, p99Ms, maxMs }: Latency): string {
  const figures = `p50 ${number(p50Ms, 1)} ms, p99 ${number(p99Ms, 1)} ms, max ${number(maxMs, 1)} ms`;
  return `  ${name.padEnd(10)} ${figures} (${samples} samples)`;
}

function row(first: string, ...cells: readonly string[]): string {
  return `  ${first.padEnd(20)}${cells.map((cell) => cell.padStart(19)).join('')}`;
}

function spread({ min, median, max }: Spread): string {
  return `${number(median, 2)} (${number(min, 2)} to ${number(max, 2)})`;
}

function number(value: number, digits: number): string {
  return value.toFixed(digits);
}
