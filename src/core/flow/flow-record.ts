import type { Outcome } from '../../api/outcomes.ts';
import type { JobFlowSpec, JobFlowStatus } from '../../api/flow-spec.ts';
import type { UpstreamRecord } from '../job-record.ts';

/** One JobFlow as jobflow remembers it. */
export interface FlowRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  /** `metadata.creationTimestamp` and `deletionTimestamp`, in milliseconds since the epoch. */
  readonly createdMs: number;
  readonly deletedMs: number | undefined;
  /** The `run` annotation. */
  readonly run: string | undefined;
  /** The `retry` annotation. */
  readonly retry: string | undefined;
  readonly spec: JobFlowSpec;
  readonly status: JobFlowStatus;
  /** From the conditions, as of a Job. */
  readonly outcome: Outcome | undefined;
}

/** A JobFlow as those see it that wait for it as a whole. */
export function flowAsUpstream({ name, uid, deletedMs, outcome, run, spec }: FlowRecord): UpstreamRecord {
  const vanishes = typeof spec.ttlSecondsAfterFinished === 'number';
  return { name: `jobflow/${name}`, uid, deletedMs, outcome, terms: { run }, vanishes };
}
