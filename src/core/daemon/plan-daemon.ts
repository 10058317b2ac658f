import { isDeepStrictEqual } from 'node:util';
import type { JobFlowStatus } from '../../api/flow-spec.ts';
import type { JobObject } from '../../api/job.ts';
import { problemOfSharedParameters } from '../admission/shared-parameters.ts';
import { isFirstToTell } from '../flow/ended-parts.ts';
import type { JobRecord } from '../job-record.ts';
import { announcementsOf, type Announcement } from './daemon-announcements.ts';
import { isRetrying, type DaemonRecord } from './daemon-record.ts';
import { daemonStatus, type DaemonGate, type Reason } from './daemon-status.ts';
import {
  isToRunAgain,
  missingSeats,
  statesOf,
  viewOf,
  type DaemonSnapshot,
  type DaemonView,
  type NodeSeat,
} from './daemon-view.ts';
import { hasTtl, makeNodeJob } from './node-job.ts';
import type { NodeRecord } from './node-record.ts';

export type { DaemonSnapshot } from './daemon-view.ts';

/** Why the Job of a node is deleted. */
export type DeletionReason =
  /** The node is gone, and the Job had not ended. */
  'nodeGone' | 'retry';

/** One thing to do about a DaemonJob. Every write names the record that it was decided on, for its precondition. */
export type DaemonAction =
  | { readonly kind: 'createJob'; readonly job: JobObject; readonly nodeName: string }
  | { readonly kind: 'deleteJob'; readonly job: JobRecord; readonly why: DeletionReason }
  | {
      readonly kind: 'writeStatus';
      readonly daemon: DaemonRecord;
      readonly status: JobFlowStatus;
      /** Whether it has to be written at once; the others may be written together, some time later. */
      readonly urgent: boolean;
    }
  | (Announcement & { readonly kind: 'announce'; readonly daemon: DaemonRecord })
  | { readonly kind: 'recheckAt'; readonly timeMs: number };

/**
 * Decides everything that is to be done about one DaemonJob: a Job on every eligible node, as many at a time as may
 * run, until all have ended. Pure; deciding again on what the actions lead to gives the rest, so that a crash between
 * any two of them loses nothing.
 *
 * - Only eligible nodes count, and nodes that were when their Job was made and have become not ready, or tainted without
 *   eviction. The Job of any other is left alone, and the end does not wait for it; that of a node that is gone is deleted.
 * - An edit is followed by Jobs that are made after it, and by no other: on a node there are never two pods at once.
 * - `suspend` holds the whole: nothing more is started, and what runs goes on.
 * - A Job that has ended and is gone (by its TTL, or by hand) is known by the status, and is not run again.
 * - After the end nothing is made any more. A retry deletes the Jobs that failed, then begins anew: with the nodes of
 *   that moment, and without what has completed.
 *
 * @param snapshot the DaemonJob and what surrounds it
 * @param nowMs the time, in milliseconds since the epoch
 */
export function planDaemon(snapshot: DaemonSnapshot, nowMs: number): DaemonAction[] {
  const { daemon, nodes, jobs } = snapshot;
  if (daemon.deletedMs !== undefined) return planTermination(daemon, nowMs);
  if (nodes === undefined) return [];
  if (!isRetrying(daemon)) return planCurrent(snapshot, nodes, nowMs);
  const failed = jobs.filter(({ outcome }) => outcome !== undefined && outcome !== 'Complete');
  if (failed.length > 0) {
    return failed
      .filter(({ deletedMs }) => deletedMs === undefined)
      .map((job) => ({ kind: 'deleteJob', job, why: 'retry' }));
  }
  return planRetry(snapshot, nodes, nowMs);
}

/**
 * The Jobs that failed are gone. That the retry is carried out is written before any of them is made again: one that
 * fails once more must not be taken for one that the retry is about.
 */
function planRetry(snapshot: DaemonSnapshot, nodes: readonly NodeRecord[], nowMs: number): DaemonAction[] {
  const { daemon } = snapshot;
  const kept = Object.entries(daemon.status.jobStatusList ?? {}).filter(([, state]) => !isToRunAgain(state));
  // The start stays: it tells that the gate has opened.
  const status = { ...daemon.status, jobStatusList: Object.fromEntries(kept) };
  const ended = new Map([...(snapshot.ended ?? [])].filter(([, outcome]) => outcome === 'Complete'));
  const begun = { ...snapshot, ended, daemon: { ...daemon, status, outcome: undefined } };
  const view = viewOf(begun, nodes);
  return planStatus(snapshot, currentStatus(view, undefined, nowMs), view.gate);
}

function planCurrent(snapshot: DaemonSnapshot, nodes: readonly NodeRecord[], nowMs: number): DaemonAction[] {
  const { daemon } = snapshot;
  const view = viewOf(snapshot, nodes);
  const removals = planRemovals(view);
  if (daemon.outcome !== undefined) return [...removals, ...planSettled(daemon)];
  const { creations, stalled } = planCreations(view);
  return [
    ...removals,
    ...creations,
    ...planStatus(snapshot, currentStatus(view, stalled, nowMs), view.gate),
    ...timeoutCheck(view),
  ];
}

/**
 * Only of nodes that are gone. A Job that has not started, as far as its status tells, may have its pod already, and
 * that would go on for a while beside the pod of a Job made anew.
 */
function planRemovals({ snapshot, seats }: DaemonView): DaemonAction[] {
  return snapshot.jobs
    .filter(
      ({ name, outcome, deletedMs }) => outcome === undefined && deletedMs === undefined && !seats.has(name),
    )
    .map((job) => ({ kind: 'deleteJob', job, why: 'nodeGone' }));
}

interface Creations {
  readonly creations: readonly DaemonAction[];
  /** Why some Jobs cannot be made. */
  readonly stalled: Reason | undefined;
}

function planCreations(view: DaemonView): Creations {
  const { snapshot, gate } = view;
  const { daemon, jobs } = snapshot;
  const problem = problemOfSharedParameters(daemon.spec.globalParams);
  if (problem !== undefined) {
    const message = `spec.globalParams cannot be used: ${problem}`;
    return { creations: [], stalled: { reason: 'GlobalParamsUnusable', message } };
  }
  if (gate !== 'open' || daemon.suspended) return { creations: [], stalled: undefined };
  const missing = missingSeats(view);
  // A Job in deletion counts as running: its pods may not have ended.
  const running = jobs.filter(({ outcome }) => outcome === undefined).length;
  const free = Math.max(0, (daemon.spec.maxConcurrentNodes ?? Infinity) - running);
  return {
    creations: missing
      .filter(({ jobName }) => snapshot.job(jobName) === undefined && isRecordedIfNeeded(daemon, jobName))
      .slice(0, free)
      .map(({ node }) => ({
        kind: 'createJob',
        job: makeNodeJob(daemon, node.name),
        nodeName: node.name,
      })),
    stalled: takenName(view, missing),
  };
}

/**
 * A Job that goes away by its TTL is known by the status alone, so that its node has to be there before it is made:
 * only then is its outcome kept until it is written.
 */
function isRecordedIfNeeded({ spec, status }: DaemonRecord, jobName: string): boolean {
  return !hasTtl(spec) || status.jobStatusList?.[jobName] !== undefined;
}

function takenName({ snapshot }: DaemonView, missing: readonly NodeSeat[]): Reason | undefined {
  for (const { node, jobName } of missing) {
    const other = snapshot.job(jobName);
    if (other === undefined || other.deletedMs !== undefined) continue;
    // The Job of an earlier DaemonJob of this name is on its way out.
    if (other.owner?.kind === 'DaemonJob' && other.owner.name === snapshot.daemon.name) continue;
    const message = `Job "${jobName}" exists and does not belong to this DaemonJob; delete it, and node "${node.name}" gets its Job`;
    return { reason: 'JobNameTaken', message };
  }
  return undefined;
}

function currentStatus(view: DaemonView, stalled: Reason | undefined, nowMs: number): JobFlowStatus {
  const { snapshot, gate } = view;
  return daemonStatus({ daemon: snapshot.daemon, gate, states: statesOf(view), stalled, nowMs });
}

/** After the end the status stays as it is; only an edit is taken note of. */
function planSettled(daemon: DaemonRecord): DaemonAction[] {
  const { status, generation } = daemon;
  if (status.observedGeneration === generation) return [];
  const noted = { ...status, observedGeneration: generation };
  return [{ kind: 'writeStatus', daemon, status: noted, urgent: false }];
}

function planTermination(daemon: DaemonRecord, nowMs: number): DaemonAction[] {
  if (daemon.status.state === 'Terminating') return [];
  const states = new Map(Object.entries(daemon.status.jobStatusList ?? {}));
  const status = daemonStatus({ daemon, gate: 'open', states, stalled: undefined, nowMs });
  return [{ kind: 'writeStatus', daemon, status, urgent: true }];
}

/** The status if it has changed, and after it the Events that tell of the change. */
function planStatus(
  { daemon, ended }: DaemonSnapshot,
  status: JobFlowStatus,
  gate: DaemonGate,
): DaemonAction[] {
  const before = daemon.status;
  if (isDeepStrictEqual(status, before)) return [];
  const told = announcementsOf(before, status, gate);
  const isNewNode = Object.keys(status.jobStatusList ?? {}).some(
    (name) => before.jobStatusList?.[name] === undefined,
  );
  const urgent =
    told.length > 0 ||
    status.state !== before.state ||
    status.observedRetry !== before.observedRetry ||
    // The Job of the node is made after it.
    (isNewNode && hasTtl(daemon.spec)) ||
    isFirstToTell(ended, status, before);
  return [
    { kind: 'writeStatus', daemon, status, urgent },
    ...told.map((announcement): DaemonAction => ({ kind: 'announce', daemon, ...announcement })),
  ];
}

function timeoutCheck({ snapshot, gate }: DaemonView): DaemonAction[] {
  const { createdMs, terms } = snapshot.daemon;
  if (gate === 'open' || gate.kind !== 'wait' || terms?.waitTimeoutMs === undefined) return [];
  return [{ kind: 'recheckAt', timeMs: createdMs + terms.waitTimeoutMs }];
}
