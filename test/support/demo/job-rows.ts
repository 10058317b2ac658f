import type { JobObject } from '../../../src/api/job.ts';
import { edgeState } from '../../../src/core/gate.ts';
import { isWaiting, projectJob } from '../../../src/core/job-projection.ts';
import type { JobRecord } from '../../../src/core/job-record.ts';

/** One Job as the demo follows it. */
export interface FollowedJob {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly record: JobRecord;
  /** `status.startTime` and the time of its end, in milliseconds since the epoch (whole seconds). */
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
}

/** Where a Job stands, in a word. */
export type JobState = 'waiting' | 'starting' | 'running' | 'done' | 'failed' | 'skipped';

/** One line of the live table. */
export interface JobRow {
  readonly name: string;
  readonly state: JobState;
  /** What it waits for, or how it came to its end. */
  readonly about: string;
  /** Seconds from the apply to its start, and from its start to its end. */
  readonly startedAfter: string;
  readonly took: string;
}

/** Keeps of a Job what the demo shows. */
export function followJob(object: JobObject & { status?: { completionTime?: string } | null }): FollowedJob {
  const record = projectJob(object);
  const ended = object.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  return {
    namespace: record.namespace,
    name: record.name,
    uid: record.uid,
    resourceVersion: record.resourceVersion,
    record,
    startedMs: timeMs(object.status?.startTime),
    endedMs: timeMs(object.status?.completionTime ?? ended?.lastTransitionTime),
  };
}

/** The state of a Job. */
export function stateOf({ record }: FollowedJob): JobState {
  switch (record.outcome) {
    case 'Complete':
      return 'done';
    case 'Failed':
      return 'failed';
    case 'Skipped':
      return 'skipped';
    case undefined:
      if (isWaiting(record)) return 'waiting';
      return record.started ? 'running' : 'starting';
  }
}

/**
 * The rows of the table, in the order of the file.
 *
 * @param jobs by name
 * @param order the names in their order
 * @param appliedMs when the file was applied, in milliseconds since the epoch
 */
export function rowsOf(
  jobs: ReadonlyMap<string, FollowedJob>,
  order: readonly string[],
  appliedMs: number,
  nowMs: number,
): JobRow[] {
  return order.flatMap((name) => {
    const job = jobs.get(name);
    if (job === undefined) return [];
    const { startedMs, endedMs } = job;
    const state = stateOf(job);
    const ran = state !== 'skipped' && startedMs !== undefined;
    return {
      name,
      state,
      about: state === 'waiting' ? waitsFor(job.record, jobs) : '',
      startedAfter: ran ? seconds(startedMs - appliedMs) : '',
      took: ran ? seconds((endedMs ?? nowMs) - startedMs) : '',
    };
  });
}

function waitsFor(record: JobRecord, jobs: ReadonlyMap<string, FollowedJob>): string {
  const { terms } = record;
  if (terms === undefined) return '';
  const input = {
    job: record,
    terms,
    upstream: (name: string) => jobs.get(name)?.record,
    outcomes: terms.outcomes,
  };
  return terms.edges
    .filter((edge) => edgeState(input, edge).kind !== 'open')
    .map(({ name, wants }) => (wants === 'Complete' ? name : `${name}=${wants}`))
    .join(', ');
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.round(ms / 1_000))} s`;
}

function timeMs(text: string | null | undefined): number | undefined {
  return typeof text === 'string' ? Date.parse(text) : undefined;
}
