import { USER_ANNOTATIONS } from '../../src/api/names.ts';
import type { JobObject } from '../../src/api/job.ts';
import type { Connection } from '../../src/kube/connection.ts';
import { JobsClient } from './jobs-client.ts';
import { latencyOf, type Latency } from './statistics.ts';
import { manifest, type WorkloadJob } from './workload.ts';

/** What the webhook costs a create. */
export interface WebhookLatency {
  readonly concurrency: number;
  /** Creates of suspended Jobs that never reach the webhook. */
  readonly ordinary: Latency;
  /** Creates of Jobs with `depends-on`. */
  readonly annotated: Latency;
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
  /** From the arrival at the webhook to its answer, from its own histogram. */
  readonly inside: { readonly p50Ms: number; readonly p99Ms: number };
}

/** Each round of creates is so many times the concurrency. */
const CREATES_PER_CLIENT = 10;

/**
 * Measures creates of annotated Jobs against creates of ordinary ones, in turn, all suspended so that nothing runs.
 *
 * @param metricsUrl the webhook's `/metrics`, readable by everybody
 */
export async function measureWebhookLatency(
  connection: Connection,
  namespace: string,
  metricsUrl: string,
  { concurrency, rounds }: { concurrency: number; rounds: number },
): Promise<WebhookLatency> {
  const client = await JobsClient.create(connection, namespace);
  const ordinaryMs: number[] = [];
  const annotatedMs: number[] = [];
  try {
    await client.createAll(jobs('warm', true, concurrency), concurrency);
    const before = await readBuckets(metricsUrl);
    for (let round = 0; round < rounds; round += 1) {
      const count = concurrency * CREATES_PER_CLIENT;
      ordinaryMs.push(...(await client.createAll(jobs(`o${round}`, false, count), concurrency)));
      annotatedMs.push(...(await client.createAll(jobs(`a${round}`, true, count), concurrency)));
    }
    const inside = difference(await readBuckets(metricsUrl), before);
    const [ordinary, annotated] = [latencyOf(ordinaryMs), latencyOf(annotatedMs)];
    return {
      concurrency,
      ordinary,
      annotated,
      addedP50Ms: annotated.p50Ms - ordinary.p50Ms,
      addedP99Ms: annotated.p99Ms - ordinary.p99Ms,
      inside: { p50Ms: quantileMs(inside, 0.5), p99Ms: quantileMs(inside, 0.99) },
    };
  } finally {
    await client.remove();
  }
}

function jobs(prefix: string, annotated: boolean, count: number): JobObject[] {
  return Array.from({ length: count }, (_, index) => {
    const upstreams = annotated ? ['never'] : [];
    const job: WorkloadJob = { name: `${prefix}-${index}`, upstreams, seconds: 0 };
    const object = manifest(job, 'gated');
    // Held for good, so that creates are measured and nothing else.
    return annotated
      ? {
          ...object,
          metadata: { ...object.metadata, annotations: { [USER_ANNOTATIONS.dependsOn]: 'never' } },
        }
      : { ...object, spec: { ...object.spec, suspend: true } };
  });
}

/** Cumulative counts by upper bound in seconds. */
type Buckets = ReadonlyMap<number, number>;

async function readBuckets(metricsUrl: string): Promise<Buckets> {
  const text = await (await fetch(metricsUrl)).text();
  const buckets = new Map<number, number>();
  for (const line of text.split('\n')) {
    const [, labels = '', count] =
      /^jobflow_webhook_request_duration_seconds_bucket\{([^}]*)\} (\d+)$/.exec(line) ?? [];
    const [, bound] = /le="([^"]+)"/.exec(labels) ?? [];
    if (bound === undefined || !labels.includes('operation="CREATE"')) continue;
    const le = bound === '+Inf' ? Infinity : Number(bound);
    buckets.set(le, (buckets.get(le) ?? 0) + Number(count));
  }
  if (buckets.size === 0) throw new Error(`${metricsUrl} has no histogram of the webhook`);
  return buckets;
}

function difference(after: Buckets, before: Buckets): Buckets {
  return new Map([...after].map(([le, count]) => [le, count - (before.get(le) ?? 0)]));
}

/** A quantile by linear interpolation inside its bucket, as Prometheus does. */
function quantileMs(buckets: Buckets, quantile: number): number {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const rank = quantile * (sorted.at(-1)?.[1] ?? 0);
  let [lower, below] = [0, 0];
  for (const [upper, count] of sorted) {
    if (count >= rank) {
      const share = count === below ? 1 : (rank - below) / (count - below);
      return (Number.isFinite(upper) ? lower + (upper - lower) * share : lower) * 1_000;
    }
    [lower, below] = [upper, count];
  }
  return Number.NaN;
}
