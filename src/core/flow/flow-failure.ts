import { describeReference } from '../../api/dependency-reference.ts';
import type { JobState } from '../../api/flow-spec.ts';
import { NO_ENDED_PARTS } from './ended-parts.ts';
import type { FlowRecord } from './flow-record.ts';
import type { FlowSnapshot } from './flow-snapshot.ts';
import { isNotedSuspended } from './flow-status.ts';
import { allEnded, countStates } from './job-states.ts';

/** Why a flow fails as a whole. */
export interface Failure {
  readonly reason: string;
  readonly message: string;
  /** Whether Jobs that run are ended too, or only those that wait. */
  readonly endsRunning: boolean;
}

/** Why the flow as a whole fails, as it has been noted. */
export function recordedFailure({ status }: FlowRecord): Failure | undefined {
  const noted = status.conditions?.find(({ type, status: is }) => type === 'FailureTarget' && is === 'True');
  if (noted === undefined) return undefined;
  const { reason = '', message = '' } = noted;
  return { reason, message, endsRunning: reason === 'DeadlineExceeded' };
}

/**
 * Why a flow fails as a whole from now on, before its Jobs have ended.
 *
 * @param states where each of its Jobs stands
 */
export function newFailure(
  { flow, owned, ended = NO_ENDED_PARTS }: FlowSnapshot,
  states: ReadonlyMap<string, JobState>,
  nowMs: number,
): Failure | undefined {
  if (flow.outcome !== undefined) return undefined;
  const deadlineMs = deadlineOf(flow);
  if (deadlineMs !== undefined && nowMs >= deadlineMs && !allEnded(countStates(states.values()))) {
    const seconds = flow.spec.activeDeadlineSeconds ?? 0;
    return {
      reason: 'DeadlineExceeded',
      message: `the flow was active longer than its activeDeadlineSeconds of ${seconds}`,
      endsRunning: true,
    };
  }
  const failed =
    owned.find(({ outcome }) => outcome === 'Failed')?.name ??
    ended.entries().find(([, outcome]) => outcome === 'Failed')?.[0];
  if (flow.spec.failurePolicy !== 'FailFast' || failed === undefined) return undefined;
  return {
    reason: 'FailFast',
    message: `${describeReference(failed)} failed, and failurePolicy is FailFast`,
    endsRunning: false,
  };
}

/**
 * When a flow's `activeDeadlineSeconds` are over, in milliseconds since the epoch; undefined if it has none, has not
 * begun, or is suspended: as of a Job, they count anew from when it is resumed.
 */
export function deadlineOf({ spec, status }: Pick<FlowRecord, 'spec' | 'status'>): number | undefined {
  const seconds = spec.activeDeadlineSeconds;
  if (typeof seconds !== 'number' || status.startTime === undefined) return undefined;
  // Also between the resumption and the new start, which is written with the condition.
  if (spec.suspend === true || isNotedSuspended(status)) return undefined;
  return Date.parse(status.startTime) + seconds * 1_000;
}
