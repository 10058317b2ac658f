import { describeReference, parseReference } from '../../api/dependency-reference.ts';
import type { JobFlowStatus } from '../../api/flow-spec.ts';
import { isWaiting } from '../job-projection.ts';
import type { JobRecord } from '../job-record.ts';
import type { FlowAction } from './flow-action.ts';
import { endedParts } from './ended-parts.ts';
import { entryJobs, type EntryJob } from './flow-entries.ts';
import { deadlineOf, newFailure, recordedFailure, type Failure } from './flow-failure.ts';
import type { FlowRecord } from './flow-record.ts';
import type { FlowSnapshot } from './flow-snapshot.ts';
import { flowStatus, type StatusInput } from './flow-status.ts';
import { makeEntryJob } from './make-entry-job.ts';
import { endedBefore, stateIn, statesOf } from './part-states.ts';
import { planStatus } from './plan-status.ts';
import { isRoot, namesToRetry } from './retry.ts';

/**
 * Decides everything that is to be done about one JobFlow. Its Jobs wait at the same gates as any others; the flow
 * makes them, ends them when its time is up, and tells how they stand. Pure; deciding again on what the actions lead
 * to gives the rest, so that a crash between any two of them loses nothing.
 *
 * @param seen the flow and what surrounds it
 * @param nowMs the time, in milliseconds since the epoch
 */
export function planFlow(seen: FlowSnapshot, nowMs: number): FlowAction[] {
  const { flow, owned } = seen;
  if (flow.deletedMs !== undefined) return terminating(seen, nowMs);
  const wanted = seen.wanted ?? entryJobs(flow);
  const ended = endedParts(seen, wanted);
  const snapshot = { ...seen, ended };
  if (flow.retry === undefined || flow.retry === flow.status.observedRetry) {
    return planCurrent(snapshot, wanted, flow, nowMs);
  }
  const names = namesToRetry(wanted, (name) => stateIn(snapshot, name));
  const old = owned.filter(({ name }) => names.has(name));
  if (old.length > 0) return [...deleteForRetry(old, snapshot), ...noteStates(snapshot, wanted, nowMs)];
  // The Jobs are gone: only now does the retry count as begun, so that after a crash before this it is done once more.
  // And only once that is noted are they made again, or those would be taken for the old ones.
  const begun = { ...flow, status: begunAnew(flow, names), outcome: undefined };
  const kept = new Map([...ended].filter(([name]) => !names.has(name)));
  const plan = planCurrent({ ...snapshot, flow: begun, ended: kept }, wanted, flow, nowMs);
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
  return planStatus(flow, statusOf(snapshot, { states, failure, stalled: undefined, nowMs }), snapshot.ended);
}

function planCurrent(
  snapshot: FlowSnapshot,
  wanted: readonly EntryJob[],
  stored: FlowRecord,
  nowMs: number,
): FlowAction[] {
  const { flow } = snapshot;
  const recorded = recordedFailure(flow);
  const failure = recorded ?? newFailure(snapshot, statesOf(snapshot, wanted, false), nowMs);
  const changes = flow.outcome === undefined ? planJobs(snapshot, wanted, recorded, failure) : [];
  const stalled = changes.find((change) => change.kind === 'stalled');
  const states = statesOf(snapshot, wanted, failure !== undefined);
  const status = statusOf(snapshot, { states, failure, stalled, nowMs });
  return [
    ...changes.filter((change) => change.kind !== 'stalled'),
    ...planStatus(stored, status, snapshot.ended),
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
      if (found === undefined || found.owner?.uid !== flow.uid) {
        if (endedBefore(snapshot, entryJob.jobName) !== undefined) return [];
        if (found === undefined) return [makeJob(snapshot, entryJob)];
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
  return isWaitedFor()
    ? [{ kind: 'recheckAt', timeMs: nowMs + STILL_NEEDED_MS }]
    : [{ kind: 'deleteFlow', flow }];
}

function isDaemon({ name }: JobRecord): boolean {
  return parseReference(name)?.kind === 'daemonjob';
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
