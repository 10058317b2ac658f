import { Counter, Histogram, type Registry } from 'prom-client';
import type { GateEnd } from '../../src/core/daemon/gate-end.ts';
import type { EventCounters } from '../../src/kube/events.ts';
import { LATENCY_BUCKETS_SECONDS, registerReading, type Reading } from '../../src/runtime/metrics.ts';

/** The queues of the controller, one for each kind of object. */
export type QueueName = 'job' | 'flow' | 'daemonjob' | 'template';

/** What the metrics read at each scrape. */
export interface GateReadings {
  readonly waitingGates: () => number;
  readonly cycles: () => number;
  /** Keys that wait in each queue, and how long the first has waited, in milliseconds. */
  readonly queues: () => Iterable<readonly [QueueName, { readonly depth: number; readonly ageMs: number }]>;
  readonly isLeader: () => boolean;
  readonly events: () => EventCounters;
}

/** A write to a Job, by what it does: `release`, `fail`, `skip` and others. */
export interface CountedWrite {
  readonly kind: string;
  readonly job: Gated;
}

/** What stands at a gate: a Job, or a DaemonJob. */
export interface Gated {
  /** Milliseconds since the epoch. */
  readonly createdMs: number;
}

/** What the controller counts as it goes. */
export interface GateMetrics {
  /**
   * A write to a Job has succeeded.
   *
   * @param sinceMs when the change that it answers was seen
   * @param nowMs milliseconds since the epoch, as `sinceMs` and the Job's creation
   */
  wrote(write: CountedWrite, sinceMs: number, nowMs: number): void;
  /** The gate of a DaemonJob has been decided, and its status tells so; times as in `wrote`. */
  decided(end: GateEnd, daemon: Gated, sinceMs: number, nowMs: number): void;
  /** An object has been reconciled, in so many seconds. */
  reconciled(queue: QueueName, seconds: number): void;
  /** An object could not be reconciled, and not because it had changed meanwhile. */
  failed(queue: QueueName): void;
  /** This replica has begun to lead. */
  led(): void;
}

/** What ends the waiting, by what becomes of the gate. */
const DECISIONS: Readonly<Record<GateEnd, string>> = { release: 'opened', fail: 'failed', skip: 'skipped' };

const WAIT_BUCKETS_SECONDS = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400];

/** Registers the controller's metrics. */
export function createGateMetrics(registry: Registry, readings: GateReadings): GateMetrics {
  const registers = [registry];
  for (const reading of readingsOf(readings)) registerReading(registry, reading);
  const decided = new Counter({
    name: 'jobflow_gates_decided_total',
    help: 'Gates of Jobs and DaemonJobs that are no longer waited at, by what became of them (opened, failed, skipped).',
    labelNames: ['decision'],
    registers,
  });
  // Present from the start, so that a rate can be taken of the first one.
  for (const decision of Object.values(DECISIONS)) decided.inc({ decision }, 0);
  const latency = new Histogram({
    name: 'jobflow_gate_latency_seconds',
    help: 'Time from seeing what decides a gate to the answer of the API server to the write.',
    buckets: [...LATENCY_BUCKETS_SECONDS],
    registers,
  });
  const waited = new Histogram({
    name: 'jobflow_gate_wait_seconds',
    help: 'Time from the creation of a Job or DaemonJob to the decision of its gate.',
    buckets: WAIT_BUCKETS_SECONDS,
    registers,
  });
  const writes = new Counter({
    name: 'jobflow_job_writes_total',
    help: 'Writes to Jobs that succeeded, by what they did.',
    labelNames: ['action'],
    registers,
  });
  const duration = new Histogram({
    name: 'jobflow_reconcile_duration_seconds',
    help: 'Time to observe, decide and act on one object, by queue.',
    labelNames: ['queue'],
    buckets: [...LATENCY_BUCKETS_SECONDS],
    registers,
  });
  const errors = new Counter({
    name: 'jobflow_reconcile_errors_total',
    help: 'Objects that could not be reconciled and are tried again, by queue; conflicts are none.',
    labelNames: ['queue'],
    registers,
  });
  const terms = new Counter({
    name: 'jobflow_leader_terms_total',
    help: 'How often this replica has begun to lead.',
    registers,
  });
  const countDecision = (end: GateEnd, { createdMs }: Gated, sinceMs: number, nowMs: number): void => {
    decided.inc({ decision: DECISIONS[end] });
    latency.observe(Math.max(0, nowMs - sinceMs) / 1_000);
    waited.observe(Math.max(0, nowMs - createdMs) / 1_000);
  };
  return {
    wrote: ({ kind, job }, sinceMs, nowMs) => {
      writes.inc({ action: kind });
      if (isGateEnd(kind)) countDecision(kind, job, sinceMs, nowMs);
    },
    decided: countDecision,
    reconciled: (queue, seconds) => {
      duration.observe({ queue }, seconds);
    },
    failed: (queue) => {
      errors.inc({ queue });
    },
    led: () => {
      terms.inc();
    },
  };
}

function isGateEnd(kind: string): kind is GateEnd {
  return Object.hasOwn(DECISIONS, kind);
}

function readingsOf(readings: GateReadings): Reading[] {
  const one = (read: () => number) => (): [string, number][] => [['', read()]];
  return [
    {
      name: 'jobflow_gates_waiting',
      help: 'Jobs and DaemonJobs that wait at their gate.',
      type: 'gauge',
      read: one(readings.waitingGates),
    },
    {
      name: 'jobflow_dependency_cycles',
      help: 'Circles of Jobs that wait for each other.',
      type: 'gauge',
      read: one(readings.cycles),
    },
    {
      name: 'jobflow_queue_depth',
      help: 'Objects that wait for their turn to be reconciled, by queue.',
      type: 'gauge',
      label: 'queue',
      read: () => [...readings.queues()].map(([name, { depth }]) => [name, depth]),
    },
    {
      name: 'jobflow_queue_age_seconds',
      help: 'How long the object at the head of a queue has waited, by queue.',
      type: 'gauge',
      label: 'queue',
      read: () => [...readings.queues()].map(([name, { ageMs }]) => [name, ageMs / 1_000]),
    },
    {
      name: 'jobflow_leader',
      help: '1 if this replica leads, else 0.',
      type: 'gauge',
      read: one(() => Number(readings.isLeader())),
    },
    {
      name: 'jobflow_events_total',
      help: 'Events for users, by what became of them (created, repeated, dropped).',
      type: 'counter',
      label: 'result',
      read: () => Object.entries(readings.events()),
    },
  ];
}
