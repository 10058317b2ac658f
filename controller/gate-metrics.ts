import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { LATENCY_BUCKETS_SECONDS } from '../src/runtime/metrics.ts';

/** What the metrics read at each scrape. */
export interface GateReadings {
  readonly waitingJobs: () => number;
  readonly queueDepth: () => number;
  readonly queueAgeMs: () => number;
  readonly isLeader: () => boolean;
  readonly watches: () => number;
  readonly relists: () => number;
}

/** What the controller counts as it goes. */
export interface GateMetrics {
  /** A write to a Job has succeeded. */
  wrote(kind: string): void;
  /** A Job has been reconciled, in so many seconds. */
  reconciled(seconds: number): void;
}

/** Registers the controller's metrics. */
export function createGateMetrics(registry: Registry, readings: GateReadings): GateMetrics {
  const registers = [registry];
  const writes = new Counter({
    name: 'jobflow_job_writes_total',
    help: 'Writes to Jobs that succeeded, by what they did.',
    labelNames: ['action'],
    registers,
  });
  const duration = new Histogram({
    name: 'jobflow_reconcile_duration_seconds',
    help: 'Time to observe, decide and act on one Job.',
    buckets: [...LATENCY_BUCKETS_SECONDS],
    registers,
  });
  const gauges: readonly (readonly [string, string, () => number])[] = [
    ['jobflow_jobs_waiting', 'Jobs that wait at their gate.', readings.waitingJobs],
    ['jobflow_queue_depth', 'Jobs that wait for their turn to be reconciled.', readings.queueDepth],
    [
      'jobflow_queue_age_seconds',
      'How long the Job at the head of the queue has waited.',
      () => readings.queueAgeMs() / 1_000,
    ],
    ['jobflow_leader', '1 if this replica leads, else 0.', () => Number(readings.isLeader())],
    ['jobflow_watches', 'Watches opened since the start.', readings.watches],
    ['jobflow_relists', 'Lists after the first since the start.', readings.relists],
  ];
  for (const [name, help, read] of gauges) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
  return {
    wrote: (action) => {
      writes.inc({ action });
    },
    reconciled: (seconds) => {
      duration.observe(seconds);
    },
  };
}
