import type { JsonObject } from '../../../src/api/job.ts';
import type { Outcome } from '../../../src/api/outcomes.ts';
import type { FollowedJob } from './job-rows.ts';

/** One thing that the demo has proved, or not. */
export interface Proof {
  readonly what: string;
  /** Undefined if it holds; else what was seen instead. */
  readonly problem: string | undefined;
}

/** A pod in the fields that proofs look at. */
export interface DemoPod {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly {
      readonly env?: readonly JsonObject[];
      readonly command?: readonly string[];
    }[];
  };
  readonly status?: { readonly startTime?: string };
}

/** How every Job of `examples/nightly-etl.yaml` must end. */
export const EXPECTED_OUTCOMES: Readonly<Record<string, Outcome>> = {
  'etl-prepare': 'Complete',
  'etl-extract-orders': 'Complete',
  'etl-extract-customers': 'Complete',
  'etl-fetch-partner': 'Failed',
  'etl-clean-up-partner': 'Complete',
  'etl-check-quality': 'Complete',
  'etl-load-orders': 'Complete',
  'etl-load-customers': 'Complete',
  'etl-quarantine': 'Skipped',
  'etl-report': 'Complete',
};

/** Whether every Job ended as it should. */
export function proveOutcomes(jobs: ReadonlyMap<string, FollowedJob>): Proof {
  const wrong = Object.entries(EXPECTED_OUTCOMES).filter(
    ([name, outcome]) => jobs.get(name)?.record.outcome !== outcome,
  );
  const seen = wrong.map(([name]) => `${name} is ${jobs.get(name)?.record.outcome ?? 'not ended'}`);
  return proof(`${Object.keys(EXPECTED_OUTCOMES).length} Jobs ended as they should`, seen);
}

/** Whether no pod started before the Jobs that its Job waits for had ended. */
export function proveOrder(jobs: ReadonlyMap<string, FollowedJob>, pods: readonly DemoPod[]): Proof {
  const early: string[] = [];
  let edges = 0;
  for (const pod of pods) {
    const name = jobNameOf(pod);
    for (const upstream of jobs.get(name)?.record.terms?.edges ?? []) {
      edges += 1;
      const endedMs = jobs.get(upstream.name)?.endedMs;
      const startedMs = Date.parse(pod.status?.startTime ?? '');
      if (endedMs === undefined || !(startedMs >= endedMs))
        early.push(`a pod of ${name} before ${upstream.name}`);
    }
  }
  return proof(
    `${pods.length} pods started, each after everything it waits for (${edges} dependencies)`,
    early,
  );
}

/** Whether a Job that was skipped never had a pod. */
export function proveNoPods(pods: readonly DemoPod[]): Proof {
  const skipped = Object.keys(EXPECTED_OUTCOMES).filter((name) => EXPECTED_OUTCOMES[name] === 'Skipped');
  const ran = pods.map(jobNameOf).filter((name) => skipped.includes(name));
  return proof(`${skipped.join(', ')} was skipped natively, without a pod`, ran);
}

/** Whether the JobFlow's parameters reached every container. */
export function proveParameters(pods: readonly DemoPod[]): Proof {
  const without = pods.filter(({ spec }) =>
    spec.containers.some(({ env }) => env?.some(({ name }) => name === 'WAREHOUSE') !== true),
  );
  return proof(
    "the JobFlow's env reached every container",
    without.map(({ metadata }) => `${metadata.name} lacks it`),
  );
}

/** Whether a Job without a spec of its own ran that of its template. */
export function proveTemplate(pods: readonly DemoPod[]): Proof {
  const commands = pods
    .filter((pod) => jobNameOf(pod) === 'etl-load-orders')
    .flatMap(({ spec }) => spec.containers.flatMap(({ command }) => command ?? []));
  const given = commands.some((word) => word.includes('loading into $WAREHOUSE'));
  return proof(
    'etl-load-orders, without a spec of its own, ran that of its JobTemplate',
    given ? [] : ['it did not'],
  );
}

/** A proof of anything: it holds if nothing was seen that should not be. */
export function proof(what: string, seenInstead: readonly string[]): Proof {
  return { what, problem: seenInstead.length === 0 ? undefined : seenInstead.join('; ') };
}

function jobNameOf({ metadata }: DemoPod): string {
  return metadata.labels?.['batch.kubernetes.io/job-name'] ?? '';
}
