import type { FlowCondition, FlowState, JobFlowStatus, JobState, StateCounts } from '../../api/flow-spec.ts';
import { allEnded, countStates } from './job-states.ts';

/** What a status is made of. */
export interface StatusInput {
  readonly previous: JobFlowStatus;
  readonly generation: number;
  readonly isDeleting: boolean;
  readonly suspended: boolean;
  /** Where each Job stands, by name; a Job that is yet to be made is `Waiting`. */
  readonly states: ReadonlyMap<string, JobState>;
  /** Whether the end of all these Jobs is the end of the whole. */
  readonly mayEnd: boolean;
  /** Jobs may still join: a JobFlow without entries never ends for good, and is never under way either. */
  readonly isOpenEnded: boolean;
  /** Why nothing goes on by itself: a template that is missing, a name that is taken. */
  readonly stalled: { readonly reason: string; readonly message: string } | undefined;
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
  readonly observedRetry: string | undefined;
  readonly nowMs: number;
}

/**
 * The status of a JobFlow or DaemonJob. The same input at another time gives the same status, except for times of
 * what has just happened.
 */
export function flowStatus(input: StatusInput): JobFlowStatus {
  const { previous, states, generation, nowMs } = input;
  const counts = countStates(states.values());
  const state = stateOf(input, counts);
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const begun = counts.total > 0 && counts.waiting + counts.held < counts.total;
  const ended = !input.isOpenEnded && (state === 'Succeed' || state === 'Failed');
  const startTime = isResumed(input) ? now : (previous.startTime ?? (begun ? now : undefined));
  const completionTime = ended ? (previous.completionTime ?? now) : undefined;
  return {
    state,
    counts,
    jobStatusList: Object.fromEntries([...states].sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(startTime !== undefined && { startTime }),
    ...(completionTime !== undefined && { completionTime }),
    observedGeneration: generation,
    ...(input.observedRetry !== undefined && { observedRetry: input.observedRetry }),
    message: messageOf(input, counts, state),
    conditions: conditionsOf(input, state, counts, now),
  };
}

/** Whether a status says that the flow is suspended. */
export function isNotedSuspended({ conditions = [] }: JobFlowStatus): boolean {
  return conditions.some(({ type, status }) => type === 'Suspended' && status === 'True');
}

/**
 * What is resumed starts anew, as a Job does, so that no deadline runs while it is suspended (`syncJob` in
 * pkg/controller/job/job_controller.go of Kubernetes: "Resumed job will always reset StartTime to current time").
 */
function isResumed({ previous, suspended }: StatusInput): boolean {
  return previous.startTime !== undefined && !suspended && isNotedSuspended(previous);
}

function stateOf({ isDeleting, mayEnd, failure }: StatusInput, counts: StateCounts): FlowState {
  if (isDeleting) return 'Terminating';
  if (mayEnd && allEnded(counts)) return counts.failed > 0 || failure !== undefined ? 'Failed' : 'Succeed';
  return counts.total === counts.waiting + counts.held ? 'Pending' : 'Running';
}

function messageOf(
  { stalled, suspended, failure }: StatusInput,
  counts: StateCounts,
  state: FlowState,
): string {
  const { total, succeeded, failed, skipped, running } = counts;
  const ended = succeeded + failed + skipped;
  const tally = `${ended} of ${total} ended${failed > 0 ? `, ${failed} failed` : ''}`;
  if (state === 'Succeed' || state === 'Failed') return failure?.message ?? tally;
  if (stalled !== undefined) return stalled.message;
  if (suspended) return `suspended; ${tally}`;
  return running > 0 ? `${tally}, ${running} running` : tally;
}

function conditionsOf(
  input: StatusInput,
  state: FlowState,
  { failed, total }: StateCounts,
  now: string,
): FlowCondition[] {
  const { suspended, failure, previous, generation, isOpenEnded } = input;
  const succeeded = state === 'Succeed' && !isOpenEnded;
  const hasFailed = state === 'Failed' && !isOpenEnded;
  const ended = succeeded || hasFailed;
  const stalled = ended ? undefined : input.stalled;
  const why = failure ?? { reason: 'JobsFailed', message: `${failed} of ${total} Jobs failed` };
  const wanted: Omit<FlowCondition, 'lastTransitionTime'>[] = [
    {
      type: 'Complete',
      status: flag(succeeded),
      reason: succeeded ? 'JobsEnded' : 'NotComplete',
      message: '',
    },
    {
      type: 'Failed',
      status: flag(hasFailed),
      ...(hasFailed ? { reason: why.reason, message: why.message } : { reason: 'NotFailed', message: '' }),
    },
    // As of a Job: it is going to fail for this, and what has not ended is being ended.
    {
      type: 'FailureTarget',
      status: flag(failure !== undefined),
      ...(failure === undefined
        ? { reason: 'NotFailed', message: '' }
        : { reason: failure.reason, message: failure.message }),
    },
    {
      type: 'Suspended',
      status: flag(suspended && !ended),
      reason: suspended && !ended ? 'Suspended' : 'NotSuspended',
      message: '',
    },
    // kstatus: Reconciling while it is on its way, Stalled when it cannot go on or has failed; neither once it is
    // complete (https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md).
    {
      type: 'Reconciling',
      status: flag(!ended && !isOpenEnded && stalled === undefined),
      reason: ended || isOpenEnded ? 'Settled' : 'InProgress',
      message: '',
    },
    {
      type: 'Stalled',
      status: flag(stalled !== undefined || hasFailed),
      reason: stalled?.reason ?? (hasFailed ? why.reason : 'NotStalled'),
      message: stalled?.message ?? (hasFailed ? why.message : ''),
    },
  ];
  return wanted.map((condition) => ({
    ...condition,
    observedGeneration: generation,
    lastTransitionTime: transitionTime(previous.conditions ?? [], condition, now),
  }));
}

/** The time of the last change of the condition's status. */
function transitionTime(
  previous: readonly FlowCondition[],
  { type, status }: Pick<FlowCondition, 'type' | 'status'>,
  now: string,
): string {
  const before = previous.find((condition) => condition.type === type);
  return before?.status === status && typeof before.lastTransitionTime === 'string'
    ? before.lastTransitionTime
    : now;
}

function flag(value: boolean): 'True' | 'False' {
  return value ? 'True' : 'False';
}
