import type { FlowCondition, JobFlowStatus, JobState } from '../../api/flow-spec.ts';
import { flowStatus } from '../flow/flow-status.ts';
import type { GateDecision } from '../gate.ts';
import { describeClosed, describeCycle, describeWaiting } from '../gate-messages.ts';
import { SKIPPED_REASON } from '../outcome.ts';
import type { DaemonRecord } from './daemon-record.ts';

/** A gate that is open, or why it is not. */
export type DaemonGate = 'open' | Exclude<GateDecision, { readonly kind: 'release' }>;

/** A reason in one word, and in a sentence. */
export interface Reason {
  readonly reason: string;
  readonly message: string;
}

/** What the status of a DaemonJob is made of. */
export interface DaemonStatusInput {
  readonly daemon: DaemonRecord;
  readonly gate: DaemonGate;
  /** Where the Job of each eligible node stands, by its name. */
  readonly states: ReadonlyMap<string, JobState>;
  /** Why some Job cannot be made. */
  readonly stalled: Reason | undefined;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * The status of a DaemonJob: that of a flow whose Jobs are those of the eligible nodes. It ends when all of them have
 * ended; without any it is complete, as a DaemonSet that wants no pod is. One whose gate can never open ends without
 * Jobs: `Failed`, or `Complete` with reason `Skipped`.
 */
export function daemonStatus(input: DaemonStatusInput): JobFlowStatus {
  const { daemon, gate, states, nowMs } = input;
  const status = flowStatus({
    previous: daemon.status,
    generation: daemon.generation,
    isDeleting: daemon.deletedMs !== undefined,
    isOpenEnded: false,
    suspended: daemon.suspended,
    states,
    mayEnd: mayEnd(input),
    stalled: input.stalled ?? stalledAt(gate),
    failure: failureAt(gate),
    observedRetry: daemon.retry ?? daemon.status.observedRetry,
    nowMs,
  });
  if (gate === 'open') {
    return states.size === 0 && status.state === 'Succeed' ? { ...status, message: NO_NODE } : status;
  }
  // What is skipped counts as begun; but a start would say that the gate has opened.
  const closed: { -readonly [Field in keyof JobFlowStatus]: JobFlowStatus[Field] } = { ...status };
  delete closed.startTime;
  if (gate.kind === 'wait') return { ...closed, message: describeWaiting(gate.on) };
  return gate.kind === 'skip' ? asSkipped(closed, describeClosed(gate.because)) : closed;
}

/**
 * Where the Job of a node stands that has not been made.
 *
 * @param gate the gate of its DaemonJob
 */
export function stateBefore(gate: DaemonGate): JobState {
  if (gate === 'open') return 'Waiting';
  // What is never going to run is skipped.
  if (isClosedForGood(gate)) return 'Skipped';
  return isHeldAt(gate) ? 'Held' : 'Waiting';
}

/** Whether everything that it waits for is there, and only the approval is missing. */
export function isHeldAt(gate: DaemonGate): boolean {
  return gate !== 'open' && gate.kind === 'wait' && gate.on.every(({ kind }) => kind === 'held');
}

const NO_NODE = 'no eligible node';

function mayEnd({ daemon, gate, states }: DaemonStatusInput): boolean {
  if (gate !== 'open') return isClosedForGood(gate);
  // Nothing has run, and nothing may: the suspension may be there until the nodes have come.
  return states.size > 0 || !daemon.suspended;
}

function isClosedForGood(gate: Exclude<DaemonGate, 'open'>): boolean {
  return gate.kind === 'fail' || gate.kind === 'timeout' || gate.kind === 'skip';
}

/** The reasons are those of a Job that fails at its gate. */
function failureAt(gate: DaemonGate): Reason | undefined {
  if (gate === 'open') return undefined;
  if (gate.kind === 'fail') return { reason: 'DependencyFailed', message: describeClosed(gate.because) };
  if (gate.kind !== 'timeout') return undefined;
  const message = `The gate has not opened within ${gate.afterMs / 1000} s of the creation: ${describeWaiting(gate.on)}`;
  return { reason: 'DependencyTimeout', message };
}

function stalledAt(gate: DaemonGate): Reason | undefined {
  if (gate === 'open' || gate.kind !== 'cycle') return undefined;
  const message = `The dependencies form a cycle, ${describeCycle(gate.path)}; edit or delete one of them`;
  return { reason: 'DependencyCycle', message };
}

function asSkipped(status: JobFlowStatus, message: string): JobFlowStatus {
  const asSkip = (condition: FlowCondition): FlowCondition =>
    condition.type === 'Complete' && condition.status === 'True'
      ? { ...condition, reason: SKIPPED_REASON, message }
      : condition;
  return { ...status, message, conditions: (status.conditions ?? []).map(asSkip) };
}
