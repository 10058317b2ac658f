import { USER_ANNOTATIONS } from '../../src/api/names.ts';
import type { JobObject } from '../../src/api/job.ts';

/** One Job of a workload. */
export interface WorkloadJob {
  readonly name: string;
  readonly upstreams: readonly string[];
  /** How long its pod runs on a fake node, in seconds; 0 ends it at once. */
  readonly seconds: number;
}

/** Jobs in the order of their creation. */
export interface Workload {
  readonly name: string;
  readonly jobs: readonly WorkloadJob[];
}

/** Who makes the Jobs wait: nobody, the benchmark's oracle, jobflow, or jobflow from one JobFlow. */
export type Mode = 'bare' | 'oracle' | 'gated' | 'flow';

/** N Jobs that wait for nothing. */
export function independent(count: number): Workload {
  return {
    name: `${count} Jobs`,
    jobs: numbered(count).map((name) => ({ name, upstreams: [], seconds: 0 })),
  };
}

/** N Jobs behind one upstream, which is created first and runs for some seconds. */
export function fanOut(count: number, upstreamSeconds: number): Workload {
  const upstream: WorkloadJob = { name: 'upstream', upstreams: [], seconds: upstreamSeconds };
  const dependents = numbered(count).map((name) => ({ name, upstreams: [upstream.name], seconds: 0 }));
  return { name: `1 → ${count}`, jobs: [upstream, ...dependents] };
}

/** Chains of Jobs, each behind the one before it; created chain by chain. */
export function chains(count: number, length: number): Workload {
  const jobs = numbered(count).flatMap((chain) =>
    Array.from({ length }, (_, index) => ({
      name: `${chain}-${index}`,
      upstreams: index === 0 ? [] : [`${chain}-${index - 1}`],
      seconds: 0,
    })),
  );
  return { name: `${count} chains of ${length}`, jobs };
}

/** The manifest of a Job in a mode: the oracle's wait suspended and unannotated, jobflow's carry the annotation. */
export function manifest({ name, upstreams, seconds }: WorkloadJob, mode: Mode): JobObject {
  const waits = upstreams.length > 0;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      ...(waits && mode === 'gated'
        ? { annotations: { [USER_ANNOTATIONS.dependsOn]: upstreams.join(', ') } }
        : {}),
    },
    spec: {
      ...(waits && mode === 'oracle' ? { suspend: true } : {}),
      backoffLimit: 0,
      template: {
        metadata: { annotations: seconds === 0 ? {} : { 'jobflow.test/duration': `${seconds}s` } },
        spec: {
          restartPolicy: 'Never',
          containers: [{ name: 'main', image: 'busybox:1.36', command: ['true'] }],
        },
      },
    },
  };
}

/** The name of the JobFlow that {@link flowManifest} gives. */
export const FLOW_NAME = 'f';

/** The whole workload as one JobFlow. Its Jobs are called `f-NAME`. */
export function flowManifest({ jobs }: Workload): object {
  return {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'JobFlow',
    metadata: { name: FLOW_NAME },
    spec: {
      flows: jobs.map((job) => ({
        name: job.name,
        dependencies: job.upstreams,
        jobTemplate: manifest(job, 'bare').spec,
      })),
    },
  };
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `j${String(index).padStart(5, '0')}`);
}
