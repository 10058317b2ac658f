import type { JobFlowStatus, JobState } from '../../api/flow-spec.ts';
import { describeReference, parseReference } from '../../api/dependency-reference.ts';
import type { JobObject } from '../../api/job.ts';
import type { Lookup } from '../admission/decide-create.ts';
import type { JobTemplate } from '../../api/resources.ts';
import type { JobRecord } from '../job-record.ts';
import { isWaiting } from '../job-projection.ts';
import { entryJobs, type EntryJob } from './flow-entries.ts';
import type { FlowRecord } from './flow-record.ts';
import { flowStatus, type StatusInput } from './flow-status.ts';
import { makeEntryJob } from './make-entry-job.ts';
import { allEnded, countStates, jobStateOf } from './job-states.ts';
import { isRoot, namesToRetry } from './retry.ts';

/** What surrounds a JobFlow at one moment; everything in it is a snapshot. */
export interface FlowSnapshot {
  readonly flow: FlowRecord;
  /** The Jobs that the flow's entries stand for, if they are known already: they only change with its generation. */
  readonly wanted?: readonly EntryJob[];
  /** A Job of the flow's namespace, whoever made it; `daemonjob/NAME` is a DaemonJob, seen as a Job. */
  readonly job: (name: string) => JobRecord | undefined;
  /** The Jobs and DaemonJobs that the flow controls. */
  readonly owned: readonly JobRecord[];
  /** The Jobs that joined the flow by annotation and are not its own. */
  readonly members: readonly JobRecord[];
  readonly template: (name: string) => Lookup<JobTemplate>;
  /** Whether a Job that waits is only held: everything that it waits for is there. */
  readonly isHeld: (job: JobRecord) => boolean;
  /** Whether somebody waits for the flow as a whole and does not have its outcome in writing. */
  readonly isWaitedFor: boolean;
}

/** One thing to do about a flow. */
export type FlowAction =
  /** A Job, or with kind DaemonJob a DaemonJob. */
  | { readonly kind: 'createJob'; readonly job: JobObject }
  | {
      readonly kind: 'deleteJob';
      readonly job: JobRecord;
      readonly why: 'edited' | 'removed' | 'retry' | 'ended';
    }
  /** Ends a Job natively, pods and all. */
  | { readonly kind: 'endJob'; readonly job: JobRecord; readonly reason: string; readonly message: string }
  | {
      readonly kind: 'writeStatus';
      readonly flow: FlowRecord;
      readonly status: JobFlowStatus;
      readonly urgent: boolean;
    }
  | { readonly kind: 'deleteFlow'; readonly flow: FlowRecord }
  | {
      readonly kind: 'announce';
      readonly flow: FlowRecord;
      readonly type: 'Normal' | 'Warning';
      readonly reason: string;
      readonly message: string;
    }
  | { readonly kind: 'recheckAt'; readonly timeMs: number };

/**
 * Decides everything that is to be done about one JobFlow. Its Jobs wait at the same gates as any others; the flow
 * makes them, ends them when its time is up, and tells how they stand. Pure; deciding again on what the actions lead
 * to gives the rest, so that a crash between any two of them loses nothing.
 *
 * @param snapshot the flow and what surrounds it
 * @param nowMs the time, in milliseconds since the epoch
 */
export function planFlow(snapshot: FlowSnapshot, nowMs: number): FlowAction[] {
  const { flow, owned } = snapshot;
  if (flow.deletedMs !== undefined) return terminating(snapshot, nowMs);
  const wanted = snapshot.wanted ?? entryJobs(flow);
  if (flow.retry === undefined || flow.retry === flow.status.observedRetry) {
    return planCurrent(snapshot, wanted, flow, nowMs);
  }
  const names = namesToRetry(wanted, (name) => stateIn(snapshot, name));
  const old = owned.filter(({ name }) => names.has(name));
  if (old.length > 0) return [...deleteForRetry(old, snapshot), ...noteStates(snapshot, wanted, nowMs)];
  // The Jobs are gone: only now does the retry count as begun, so that after a crash before this it is done once more.
  // And only once that is noted are they made again, or those would be taken for the old ones.
  const begun = { ...flow, status: begunAnew(flow, names), outcome: undefined };
  const plan = planCurrent({ ...snapshot, flow: begun }, wanted, flow, nowMs);
  return plan.filter(({ kind }) => kind === 'writeStatus' || kind === 'announce');
}

/** Those by which the retry is known are deleted last, so that a crash in between forgets nothing. */
function deleteForRetry(old: readonly JobRecord[], { flow }: FlowSnapshot): FlowAction[] {
  const roots = old.filter(({ outcome, name }) =>
    outcome === undefined ? isRoot(flow.status.jobStatusList?.[name]) : outcome !== 'Complete',
  );
  const first = old.filter((job) => !roots.includes(job));
  return (first.length > 0 ? first : roots)
    .filter(({ deletedMs }) => deletedMs === undefined)
    .map((job) => ({ kind: 'deleteJob', job, why: 'retry' }));
}

/** Until the retry begins the status goes on as it was: a Job that its finalizer keeps for it could not go. */
function noteStates(snapshot: FlowSnapshot, wanted: readonly EntryJob[], nowMs: number): FlowAction[] {
  const { flow } = snapshot;
  const failure = recordedFailure(flow);
  const states = statesOf(snapshot, wanted, failure !== undefined);
  return planStatus(flow, statusOf(snapshot, { states, failure, stalled: undefined, nowMs }));
}

function planCurrent(
  snapshot: FlowSnapshot,
  wanted: readonly EntryJob[],
  stored: FlowRecord,
  nowMs: number,
): FlowAction[] {
  const { flow } = snapshot;
  const recorded = recordedFailure(flow);
  const failure = recorded ?? newFailure(snapshot, wanted, nowMs);
  const changes = flow.outcome === undefined ? planJobs(snapshot, wanted, recorded, failure) : [];
  const stalled = changes.find((change) => change.kind === 'stalled');
  // What a flow that has failed as a whole never made is not going to run.
  const states = statesOf(snapshot, wanted, failure !== undefined);
  const status = statusOf(snapshot, { states, failure, stalled, nowMs });
  return [
    ...changes.filter((change) => change.kind !== 'stalled'),
    ...planStatus(stored, status),
    ...deadlineCheck(flow, status),
    ...planEnd(snapshot, status, nowMs),
  ];
}

function statusOf(
  { flow }: FlowSnapshot,
  { states, ...found }: Pick<StatusInput, 'states' | 'failure' | 'stalled' | 'nowMs'>,
): JobFlowStatus {
  return flowStatus({
    ...found,
    states,
    previous: flow.status,
    generation: flow.generation,
    isDeleting: false,
    isOpenEnded: (flow.spec.flows ?? []).length === 0,
    suspended: flow.spec.suspend === true,
    mayEnd: states.size > 0,
    observedRetry: flow.status.observedRetry,
  });
}

function planStatus(stored: FlowRecord, status: JobFlowStatus): FlowAction[] {
  if (sameStatus(status, stored.status)) return [];
  const urgent =
    status.state !== stored.status.state ||
    status.observedRetry !== stored.status.observedRetry ||
    flags(status) !== flags(stored.status);
  return [{ kind: 'writeStatus', flow: stored, status, urgent }, ...announcements(stored, status)];
}

/** Which conditions hold. */
function flags({ conditions = [] }: JobFlowStatus): string {
  return conditions.flatMap(({ type, status }) => (status === 'True' ? type : [])).join();
}

type Change = Extract<FlowAction, { kind: 'createJob' | 'deleteJob' | 'endJob' }> | Stalled;

interface Stalled {
  readonly kind: 'stalled';
  readonly reason: string;
  readonly message: string;
}

/**
 * What is to be done with the Jobs. A failure of the whole is noted before anything is ended for it, so that it is
 * the reason also after a crash, and when all has ended.
 */
function planJobs(
  snapshot: FlowSnapshot,
  wanted: readonly EntryJob[],
  recorded: Failure | undefined,
  failure: Failure | undefined,
): Change[] {
  if (recorded !== undefined) return endJobs(snapshot, recorded);
  return failure === undefined ? keepJobs(snapshot, wanted) : [];
}

function endJobs({ owned }: FlowSnapshot, { reason, message, endsRunning }: Failure): Change[] {
  return owned
    .filter(
      (job) => job.outcome === undefined && job.deletedMs === undefined && (endsRunning || isWaiting(job)),
    )
    .map((job) =>
      // A DaemonJob is not ended natively by anybody: it goes, and its Jobs with it.
      isDaemon(job) ? { kind: 'deleteJob', job, why: 'ended' } : { kind: 'endJob', job, reason, message },
    );
}

/** The Jobs that are to be made, made anew or taken away. */
function keepJobs(snapshot: FlowSnapshot, wanted: readonly EntryJob[]): Change[] {
  const { flow, owned } = snapshot;
  const names = new Set(wanted.map(({ jobName }) => jobName));
  const removed = owned.filter((job) => !names.has(job.name) && isWaiting(job));
  return [
    ...removed.map((job): Change => ({ kind: 'deleteJob', job, why: 'removed' })),
    ...wanted.flatMap((entryJob): Change[] => {
      const found = snapshot.job(entryJob.jobName);
      if (found === undefined)
        return hasEndedBefore(flow, entryJob.jobName) ? [] : [makeJob(snapshot, entryJob)];
      if (found.owner?.uid !== flow.uid) {
        // The Job of an earlier flow of this name is on its way out.
        if (found.deletedMs !== undefined || found.owner?.kind === 'JobFlow') return [];
        const message = `${describeReference(found.name)} exists and does not belong to this flow; delete it or rename the entry "${entryJob.entry.name}"`;
        return [{ kind: 'stalled', reason: 'JobNameTaken', message }];
      }
      const follows = isWaiting(found) && found.terms?.source !== entryJob.source;
      return follows ? [{ kind: 'deleteJob', job: found, why: 'edited' }] : [];
    }),
  ];
}

function makeJob({ flow, template }: FlowSnapshot, entryJob: EntryJob): Change {
  const made = makeEntryJob(flow, entryJob, template);
  return made.ok
    ? { kind: 'createJob', job: made.job }
    : { kind: 'stalled', reason: made.reason, message: made.message };
}

interface Failure {
  readonly reason: string;
  readonly message: string;
  /** Whether Jobs that run are ended too, or only those that wait. */
  readonly endsRunning: boolean;
}

/** Why the flow as a whole fails, as it has been noted. */
function recordedFailure({ status }: FlowRecord): Failure | undefined {
  const noted = status.conditions?.find(({ type, status: is }) => type === 'FailureTarget' && is === 'True');
  if (noted === undefined) return undefined;
  const { reason = '', message = '' } = noted;
  return { reason, message, endsRunning: reason === 'DeadlineExceeded' };
}

/** Why the flow as a whole fails before its Jobs have ended. */
function newFailure(snapshot: FlowSnapshot, wanted: readonly EntryJob[], nowMs: number): Failure | undefined {
  const { flow, owned } = snapshot;
  if (flow.outcome !== undefined) return undefined;
  const deadlineMs = deadlineOf(flow);
  if (deadlineMs !== undefined && nowMs >= deadlineMs && !allDone(statesOf(snapshot, wanted, false))) {
    const seconds = flow.spec.activeDeadlineSeconds ?? 0;
    return {
      reason: 'DeadlineExceeded',
      message: `the flow was active longer than its activeDeadlineSeconds of ${seconds}`,
      endsRunning: true,
    };
  }
  const failed = owned.find(({ outcome }) => outcome === 'Failed');
  if (flow.spec.failurePolicy !== 'FailFast' || failed === undefined) return undefined;
  return {
    reason: 'FailFast',
    message: `${describeReference(failed.name)} failed, and failurePolicy is FailFast`,
    endsRunning: false,
  };
}

function allDone(states: ReadonlyMap<string, JobState>): boolean {
  return allEnded(countStates(states.values()));
}

function deadlineOf({ spec, status }: FlowRecord): number | undefined {
  const seconds = spec.activeDeadlineSeconds;
  if (typeof seconds !== 'number' || status.startTime === undefined) return undefined;
  return Date.parse(status.startTime) + seconds * 1_000;
}

function deadlineCheck(flow: FlowRecord, status: JobFlowStatus): FlowAction[] {
  const deadlineMs = deadlineOf({ ...flow, status });
  return deadlineMs === undefined || status.completionTime !== undefined
    ? []
    : [{ kind: 'recheckAt', timeMs: deadlineMs }];
}

/** So long after its TTL a flow is looked at again whose outcome is being written on those that wait for it. */
const STILL_NEEDED_MS = 1_000;

/** A flow that has ended is deleted after its TTL, but not while its outcome is still needed. */
function planEnd({ flow, isWaitedFor }: FlowSnapshot, status: JobFlowStatus, nowMs: number): FlowAction[] {
  const seconds = flow.spec.ttlSecondsAfterFinished;
  if (typeof seconds !== 'number' || status.completionTime === undefined || flow.outcome === undefined)
    return [];
  const dueMs = Date.parse(status.completionTime) + seconds * 1_000;
  if (nowMs < dueMs) return [{ kind: 'recheckAt', timeMs: dueMs }];
  return isWaitedFor
    ? [{ kind: 'recheckAt', timeMs: nowMs + STILL_NEEDED_MS }]
    : [{ kind: 'deleteFlow', flow }];
}

function statesOf(
  { flow, job, owned, members, isHeld }: FlowSnapshot,
  wanted: readonly EntryJob[],
  hasFailed: boolean,
): Map<string, JobState> {
  const states = new Map<string, JobState>();
  const notMade = (jobName: string): JobState => {
    if (!hasFailed) return 'Waiting';
    // A DaemonJob that ran when the flow was ended has been deleted for it.
    return flow.status.jobStatusList?.[jobName] === 'Running' ? 'Failed' : 'Skipped';
  };
  for (const { jobName } of wanted) {
    const found = job(jobName);
    const isOwn = found?.owner?.uid === flow.uid;
    // A Job that ended and went away by its own TTL stays where it was.
    const gone = hasEndedBefore(flow, jobName) ? flow.status.jobStatusList?.[jobName] : undefined;
    states.set(
      jobName,
      found !== undefined && isOwn ? jobStateOf(found, isHeld) : (gone ?? notMade(jobName)),
    );
  }
  for (const one of [...owned, ...members]) states.set(one.name, jobStateOf(one, isHeld));
  return states;
}

function isDaemon({ name }: JobRecord): boolean {
  return parseReference(name)?.kind === 'daemonjob';
}

function hasEndedBefore({ status }: FlowRecord, jobName: string): boolean {
  const recorded = status.jobStatusList?.[jobName];
  return recorded === 'Succeed' || recorded === 'Failed' || recorded === 'Skipped';
}

function stateIn({ flow, job, isHeld }: FlowSnapshot, jobName: string): JobState | undefined {
  const found = job(jobName);
  const isOwn = found?.owner?.uid === flow.uid;
  // A Job that is already going away for the retry still says how it had ended.
  return found !== undefined && isOwn && found.outcome !== undefined
    ? jobStateOf(found, isHeld)
    : flow.status.jobStatusList?.[jobName];
}

/** A retry begins a new life of the flow: with a new start, a new deadline, and without the ends of what runs again. */
function begunAnew({ status, retry }: FlowRecord, again: ReadonlySet<string>): JobFlowStatus {
  return {
    jobStatusList: Object.fromEntries(
      Object.entries(status.jobStatusList ?? {}).filter(([name]) => !again.has(name)),
    ),
    ...(status.state !== undefined && { state: status.state }),
    ...(retry !== undefined && { observedRetry: retry }),
  };
}

function terminating(snapshot: FlowSnapshot, nowMs: number): FlowAction[] {
  const { flow } = snapshot;
  const wanted = snapshot.wanted ?? entryJobs(flow);
  const status = flowStatus({
    previous: flow.status,
    generation: flow.generation,
    isDeleting: true,
    isOpenEnded: false,
    suspended: flow.spec.suspend === true,
    states: statesOf(snapshot, wanted, false),
    mayEnd: false,
    stalled: undefined,
    failure: undefined,
    observedRetry: flow.status.observedRetry,
    nowMs,
  });
  return flow.status.state === 'Terminating' ? [] : [{ kind: 'writeStatus', flow, status, urgent: true }];
}

function announcements(flow: FlowRecord, status: JobFlowStatus): FlowAction[] {
  const told: FlowAction[] = [];
  if (status.state !== flow.status.state && status.state !== undefined) {
    const type = status.state === 'Failed' ? 'Warning' : 'Normal';
    told.push({ kind: 'announce', flow, type, reason: status.state, message: status.message ?? '' });
  }
  const stalled = status.conditions?.find(({ type, status: is }) => type === 'Stalled' && is === 'True');
  const before = flow.status.conditions?.find(({ type }) => type === 'Stalled');
  if (stalled !== undefined && status.state !== 'Failed' && before?.message !== stalled.message) {
    told.push({
      kind: 'announce',
      flow,
      type: 'Warning',
      reason: stalled.reason ?? 'Stalled',
      message: stalled.message ?? '',
    });
  }
  return told;
}

function sameStatus(a: JobFlowStatus, b: JobFlowStatus): boolean {
  return JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b));
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([x], [y]) => (x < y ? -1 : 1))
      .map(([key, field]) => [key, inOrder(field)]),
  );
}
