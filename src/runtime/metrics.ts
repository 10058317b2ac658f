import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * Makes the registry of one program: what it registers there is served at `/metrics`. The process's own figures
 * (CPU, memory, event loop delay, garbage collection) are in it from the start.
 *
 * One registry a program, never the library's global one: two programs in one process, as in tests, stay apart.
 */
export function createMetricsRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Bounds for histograms of latencies, in seconds: fine around the targets of a few milliseconds, up to the API server's 10 s. */
export const LATENCY_BUCKETS_SECONDS: readonly number[] = [
  0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
