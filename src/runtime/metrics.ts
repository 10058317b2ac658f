import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { FollowedCollection } from '../kube/follow-collection.ts';
import type { RequestObserver } from '../kube/request-observer.ts';
import type { Identified } from '../kube/store-change.ts';
import { VERSION } from './version.ts';

/**
 * Makes the registry of one program: what it registers there is served at `/metrics`. Which program and version it is
 * and the process's own figures (CPU, memory, event loop delay, garbage collection) are in it from the start.
 *
 * One registry a program, never the library's global one: two programs in one process, as in tests, stay apart.
 *
 * @param program a label of every metric: `jobflow-webhook`
 */
export function createMetricsRegistry(program: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ program });
  collectDefaultMetrics({ register: registry });
  registerBuildInfo(registry);
  return registry;
}

/** Registers which version runs. */
export function registerBuildInfo(registry: Registry): void {
  new Gauge({
    name: 'jobflow_build_info',
    help: 'Always 1; the labels tell the version of jobflow and of Node.js.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  }).set({ version: VERSION, node_version: process.version }, 1);
}

/** Values that are read at each scrape. */
export interface Reading {
  readonly name: string;
  readonly help: string;
  /** A counter's value only grows. */
  readonly type: 'counter' | 'gauge';
  /** The name of the only label, if it has one. */
  readonly label?: string;
  /** The values, each with that of the label. */
  readonly read: () => Iterable<readonly [label: string, value: number]>;
}

/** Registers values that are read at each scrape, and so cost nothing in between. */
export function registerReading(registry: Registry, { name, help, type, label, read }: Reading): void {
  const about = { name, help, registers: [registry], labelNames: label === undefined ? [] : [label] };
  const labels = (value: string): Record<string, string> => (label === undefined ? {} : { [label]: value });
  if (type === 'gauge') {
    new Gauge({
      ...about,
      collect() {
        this.reset();
        for (const [of, value] of read()) this.set(labels(of), value);
      },
    });
  } else {
    new Counter({
      ...about,
      collect() {
        this.reset();
        for (const [of, value] of read()) this.inc(labels(of), value);
      },
    });
  }
}

/** Registers what there is to tell of requests to the API server. */
export function registerRequests(registry: Registry): RequestObserver {
  const requests = new Counter({
    name: 'jobflow_api_requests_total',
    help: 'Requests to the API server, by verb and by HTTP status (none: no answer came; aborted: ended by the program).',
    labelNames: ['verb', 'code'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'jobflow_api_request_duration_seconds',
    help: 'Time from the call to the end of the answer, waiting for a connection included; of a watch, to its opening.',
    labelNames: ['verb'],
    buckets: [...LATENCY_BUCKETS_SECONDS],
    registers: [registry],
  });
  return (verb, code, seconds) => {
    requests.inc({ verb, code });
    duration.observe({ verb }, seconds);
  };
}

/** What is told of a collection that is followed. */
export type FollowedFigures = Pick<FollowedCollection<Identified>, 'store' | 'counters' | 'lastContactMs'>;

/**
 * Registers what there is to tell of lists and watches.
 *
 * @param collections by the plural of the resource
 * @param now a monotonic clock, in milliseconds; that of the collections
 */
export function registerFollowing(
  registry: Registry,
  collections: Readonly<Record<string, FollowedFigures>>,
  now: () => number,
): void {
  const startedMs = now();
  const each = (figure: (collection: FollowedFigures) => number) => (): [string, number][] =>
    Object.entries(collections).map(([resource, collection]) => [resource, figure(collection)]);
  const readings: readonly (readonly [Reading['type'], string, string, Reading['read']])[] = [
    ['gauge', 'jobflow_objects', 'Objects known, by resource.', each(({ store }) => store.size)],
    [
      'counter',
      'jobflow_watch_restarts_total',
      'Watches opened after the first, by resource. Each is ended in order after 45 s at the most.',
      each(({ counters }) => Math.max(0, counters.watches - 1)),
    ],
    [
      'counter',
      'jobflow_watch_failures_total',
      'Lists that failed and watches that ended otherwise than in order, by resource.',
      each(({ counters }) => counters.failures),
    ],
    [
      'counter',
      'jobflow_watch_stalls_total',
      'Watches given up because they did not end when asked to, by resource.',
      each(({ counters }) => counters.stalls),
    ],
    [
      'counter',
      'jobflow_watch_events_total',
      'Events of watches taken in, by resource.',
      each(({ counters }) => counters.events),
    ],
    [
      'counter',
      'jobflow_relists_total',
      'Lists begun after the first, by resource.',
      each(({ counters }) => counters.relists),
    ],
    [
      'gauge',
      'jobflow_watch_silence_seconds',
      'Time since the API server was last heard of, by resource; up to a minute where nothing happens.',
      each(({ lastContactMs }) => (now() - (lastContactMs ?? startedMs)) / 1_000),
    ],
  ];
  for (const [type, name, help, read] of readings) {
    registerReading(registry, { type, name, help, read, label: 'resource' });
  }
}

/** Bounds for histograms of latencies, in seconds: fine around the targets of a few milliseconds, up to the API server's 10 s. */
export const LATENCY_BUCKETS_SECONDS: readonly number[] = [
  0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
