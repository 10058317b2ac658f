import { describeReference } from '../../api/dependency-reference.ts';
import type { Ineligible } from '../../core/daemon/node-eligibility.ts';
import { describeCycle } from '../../core/gate-messages.ts';
import { CLI_FIELD_MANAGER } from '../cluster/session.ts';
import { DEFAULT_LEASE, type ControllerState } from '../installation/installation.ts';
import { humanDuration } from '../view/human-duration.ts';
import type { Cause, ContainerEnd, Remark } from './cause.ts';
import type { Lateness } from './controller-lateness.ts';

/** Of whom a cause is told, and when. */
export interface Telling {
  /** The object that the cause holds up, as edges name it. */
  readonly name: string;
  /** How a sentence calls it: `it`, or `Job "a", for which it waits,`. */
  readonly who: string;
  /** The time, in milliseconds since the epoch. */
  readonly nowMs: number;
}

/** The field manager of `jobflow suspend`. */
const OWN_SUSPENDER = `${CLI_FIELD_MANAGER}-suspend`;

/** How many names, nodes and the like a sentence holds. */
const SHOWN = 3;

/** A cause as a clause, without a full stop: `its pod a-x7k2p cannot be scheduled: 0/3 nodes are available`. */
export function describeCause(cause: Cause, telling: Telling): string {
  return trimmed(clauseOf(cause, telling));
}

/** What is wrong beside the cause, as a sentence. */
export function describeRemark(remark: Remark): string {
  switch (remark.kind) {
    case 'noController':
      return `Beside that ${describeController(remark.controller)}: until one runs, nothing that waits is started.`;
    case 'nodesLeftOut':
      return `It has no Job on ${listed(remark.nodes.map(describeNode))}.`;
    case 'neverGated':
      return 'It did not wait: its annotations came after its start, or the webhook was not asked when it was created.';
    case 'notRecorded': {
      const { webhook, failurePolicy } = remark;
      const now = {
        reachable: 'it can be reached now',
        noConfiguration: 'it is not installed',
        noEndpoints: 'none of its pods is ready now',
      }[webhook?.kind === 'unknown' || webhook === undefined ? 'reachable' : webhook.kind];
      const ignored = failurePolicy === 'Ignore' ? ', and its failurePolicy is Ignore' : '';
      return `It was created without the webhook being asked, so that nothing was added from its JobFlow or JobTemplate${webhook === undefined ? '' : ` (${now}${ignored})`}.`;
    }
  }
}

function clauseOf(cause: Cause, { name, who, nowMs }: Telling): string {
  const since = (ms: number): string => humanDuration(nowMs - ms);
  /** `JobFlow "etl"`, or how it is called where it is what is told of. */
  const flow = (reference: string): string =>
    reference === name
      ? who
      : `${describeReference(reference)}${who === 'it' ? ', to which it belongs,' : ''}`;
  const podOf = (pod: string): string => (who === 'it' ? `its pod ${pod}` : `pod ${pod} of ${who}`);
  switch (cause.kind) {
    case 'missing':
      return `${who} does not exist${cause.near.length > 0 ? ` (did you mean ${cause.near.map(quoted).join(' or ')}?)` : ''}`;
    case 'gone': {
      const ago = cause.atMs === undefined ? '' : `, ${since(cause.atMs)} ago`;
      return `${who} is gone, and how it ended was not kept; the last Event of it says ${cause.reason}: ${trimmed(cause.message)}${ago}`;
    }
    case 'unseen':
      return cause.because === 'forbidden'
        ? `${who} cannot be judged, since you may not list ${cause.resource} here`
        : `${who} does not exist, since the cluster has no ${cause.resource}`;
    case 'otherRun':
      return `${who} belongs to ${cause.run === undefined ? 'no run' : `run ${quoted(cause.run)}`}, and not to run ${quoted(cause.wanted)}`;
    case 'leftOver':
      return `${who} is left over from before and still being deleted${finalizers(cause.finalizers)}`;
    case 'beingDeleted':
      return `${who} has been in deletion for ${since(cause.sinceMs)}${finalizers(cause.finalizers)}`;
    case 'held':
      return `${who} is held until somebody approves it`;
    case 'cycle':
      return `${who} is on a cycle, ${describeCycle(cause.path)}, on which each waits for the next`;
    case 'unreadable':
      return `${who} has annotations that cannot be read: ${cause.problem}`;
    case 'unmet':
      return `${describeReference(cause.upstream)} ended as ${cause.outcome}, and ${who} waits for a new one of that name`;
    case 'notDecided':
      return `${who} ${UNDECIDED[cause.decision]} for ${since(cause.sinceMs)}, but ${lateController(cause)}`;
    case 'aboutToStart':
      return `nothing holds up ${who}, which is about to go on`;
    case 'closed':
      return `${describeReference(cause.upstream)} ${ENDED[cause.outcome]}, but ${who} asks for ${quoted(`${cause.upstream}=${cause.wants}`)}`;
    case 'endedAtGate':
      return `${who} was ended before its start (${cause.reason}): ${cause.message}`;
    case 'timedOut':
      return `${who} has not started in time: ${lowered(cause.message)}`;
    case 'flowSuspended':
      return `${flow(cause.flow)} is suspended`;
    case 'flowDeleted':
      return `${flow(cause.flow)} is being deleted`;
    case 'flowEdited':
      return `${flow(cause.flow)} has been edited, and the Job is about to be made anew`;
    case 'flowFull':
      return `${flow(cause.flow)} runs ${cause.limit === 1 ? 'one Job' : `${cause.limit} Jobs`} at a time (maxConcurrentJobs), now ${listed(cause.running.map(quoted))}`;
    case 'flowEnded':
      return `${flow(cause.flow)} has ended (${cause.outcome}) without it`;
    case 'stalled':
      return `${flow(cause.object)} is stalled (${cause.reason}): ${cause.message}`;
    case 'noEntries':
      return `${who} has no entries, and no Job that joined it is left to end`;
    case 'daemonSuspended':
      return `${who} is suspended (spec.suspend)`;
    case 'daemonFull':
      return `${who} runs on ${cause.limit === 1 ? 'one node' : `${cause.limit} nodes`} at a time (maxConcurrentNodes)`;
    case 'noNode':
      return `${who} is for no node of the cluster${cause.nodes === undefined || cause.nodes.length === 0 ? '' : `: ${listed(cause.nodes.map(describeNode))}`}`;
    case 'notObserved':
      return `${flow(cause.object)} has not been looked at for ${since(cause.sinceMs)}, and ${lateController(cause)}`;
    case 'suspended': {
      const isOwn = cause.by === OWN_SUSPENDER;
      const by = cause.by === undefined ? '' : ` by ${isOwn ? '`jobflow suspend`' : quoted(cause.by)}`;
      const when = cause.ranBefore ? ' after it had been started' : '';
      const part = cause.released || isOwn ? '' : '; jobflow has no part in that';
      return `${who} was suspended${by}${when} (spec.suspend)${part}`;
    }
    case 'kueue':
      return `Kueue has not admitted ${who} from queue ${quoted(cause.queue)}${cause.message === undefined ? '' : `: ${cause.message}`}`;
    case 'leftAlone':
      return `jobflow leaves ${who} alone, because ${cause.because}, and whoever that is has not started it`;
    case 'podsRefused':
      return `no pod can be made for ${who}: ${cause.message.replace(/^Error creating: /, '')}`;
    case 'noPods':
      return `${who} may run, but has had no pods for ${since(cause.sinceMs)}, and no Event says why`;
    case 'unschedulable':
      return `${podOf(cause.pod)} cannot be scheduled: ${cause.message}`;
    case 'imageUnavailable':
      return `${podOf(cause.pod)} cannot get its image ${quoted(cause.image)} (${cause.reason})${said(cause.message)}`;
    case 'containerNotCreated':
      return `${podOf(cause.pod)} cannot start${cause.container === '' ? '' : ` container ${quoted(cause.container)}`} (${cause.reason})${said(cause.message)}`;
    case 'volumeUnavailable':
      return `${podOf(cause.pod)} cannot get its volumes: ${cause.message}`;
    case 'crashLoop':
      return `container ${quoted(cause.container)} in ${podOf(cause.pod)} ends again and again (${cause.restarts} restarts)${cause.last === undefined ? '' : `, last ${howEnded(cause.last)}`}`;
    case 'creating':
      return `${podOf(cause.pod)} has been starting for ${since(cause.sinceMs)}${cause.node === undefined ? '' : ` on node ${quoted(cause.node)}`}`;
    case 'podEnding':
      return `${podOf(cause.pod)} has been in deletion for ${since(cause.sinceMs)}${cause.node === undefined ? '' : ` on node ${quoted(cause.node)}`}${finalizers(cause.finalizers)}`;
    case 'retrying':
      return `${cause.failures === 1 ? 'a pod' : `${cause.failures} pods`} of ${who} failed (backoffLimit is ${cause.limit}) and the next comes after a pause${cause.last === undefined ? '' : `; the last ended ${howEnded(cause.last)}`}`;
    case 'ending':
      return `${who} is being ended (${cause.reason === '' ? cause.condition : cause.reason}), and its pods are still to go`;
    case 'running': {
      const restarts = cause.restarts === 0 ? '' : `, ${cause.restarts} restarts`;
      const on = cause.node === undefined ? '' : ` on node ${quoted(cause.node)}`;
      return `${who} has been running for ${since(cause.sinceMs)} (pod ${cause.pod}${on}${restarts})`;
    }
    case 'active':
      return `${who} has been running${cause.sinceMs === undefined ? '' : ` for ${since(cause.sinceMs)}`} (${podCounts(cause)})`;
    case 'failed':
      return `${who} failed${cause.reason === '' ? '' : ` (${cause.reason})`}: ${
        cause.last === undefined
          ? cause.message
          : `${cause.last.container === '' ? '' : `container ${quoted(cause.last.container)} of `}pod ${cause.last.pod} ended ${howEnded(cause.last)}`
      }`;
    case 'finished':
      return `${who} ${ENDED[cause.outcome]}${cause.endedMs === undefined ? '' : ` ${since(cause.endedMs)} ago`}${cause.tookMs === undefined ? '' : `, after ${humanDuration(cause.tookMs)}`}`;
  }
}

const UNDECIDED = {
  release: 'has been free to start',
  fail: 'has been due to fail',
  skip: 'has been due to be skipped',
  timeout: 'has been due to fail by its wait-timeout',
} as const;

const ENDED = { Complete: 'completed', Failed: 'failed', Skipped: 'was skipped' } as const;

/** Whether a controller runs, as a clause. */
function describeController(state: ControllerState | undefined): string {
  switch (state?.kind) {
    case 'leads':
      return `the controller ${quoted(state.holder)} leads`;
    case 'silent':
      return `no controller runs (${quoted(state.holder)} last renewed the Lease ${humanDuration(state.ageMs)} ago)`;
    case 'vacant':
      return `no controller runs (the last one stepped down ${humanDuration(state.ageMs)} ago)`;
    case 'noLease':
      return `no controller runs (there is no Lease ${quoted(DEFAULT_LEASE)})`;
    case 'unknown':
    case undefined:
      return 'most likely no controller runs (which is not for you to see)';
  }
}

function lateController({ controller, follows }: Lateness): string {
  if (follows !== undefined)
    return `the controller is only for ${listed(follows.map((one) => `namespace ${quoted(one)}`))}`;
  if (controller?.kind === 'leads')
    return `the controller ${quoted(controller.holder)}, which leads, has not acted`;
  return describeController(controller);
}

function describeNode({ name, why }: { readonly name: string; readonly why: Ineligible }): string {
  const because = {
    excluded: 'is in excludeNodeList',
    otherNode: 'is not the node that is named',
    deleting: 'is leaving the cluster',
    nodeSelector: 'does not match nodeSelector',
    nodeAffinity: 'does not match the node affinity',
    taint: why.kind === 'taint' ? `has the taint ${why.taint}` : '',
  }[why.kind];
  return `node ${quoted(name)} (${because})`;
}

function podCounts({ pods, ready }: Extract<Cause, { kind: 'active' }>): string {
  const counted = `${pods} ${pods === 1 ? 'pod' : 'pods'}`;
  return ready === undefined ? counted : `${counted}, ${ready === 0 ? 'none' : ready} ready`;
}

function howEnded({ exitCode, reason, message }: ContainerEnd): string {
  const code = exitCode === undefined ? '' : `with exit code ${exitCode}`;
  const why = reason === '' ? '' : code === '' ? `as ${reason}` : ` (${reason})`;
  return `${code}${why}${said(message)}`;
}

function finalizers(names: readonly string[]): string {
  return names.length === 0
    ? ''
    : `, kept by the ${names.length === 1 ? 'finalizer' : 'finalizers'} ${listed(names)}`;
}

function said(message: string): string {
  return message === '' ? '' : `: ${message}`;
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function quoted(text: string): string {
  return `"${text}"`;
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, SHOWN);
  const rest = items.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
}

function trimmed(text: string): string {
  return text.trim().replace(/[.,]$/, '');
}
