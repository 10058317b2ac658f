import type { FlowCondition, JobFlowStatus } from '../../api/flow-spec.ts';
import { isHeldAt, type DaemonGate } from './daemon-status.ts';

/** An Event on a DaemonJob. */
export interface Announcement {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/**
 * What is to be told of a change of a DaemonJob's status: that it begins to wait or is held, that it runs or has
 * ended, that a retry has begun, and what keeps it from going on. Nothing is told twice.
 *
 * @param before the status as it was
 * @param status the status as it is going to be
 */
export function announcementsOf(
  before: JobFlowStatus,
  status: JobFlowStatus,
  gate: DaemonGate,
): Announcement[] {
  const told: Announcement[] = [];
  const tell = (type: 'Normal' | 'Warning', reason: string, message = status.message ?? ''): void => {
    told.push({ type, reason, message });
  };
  if (before.state !== undefined && status.observedRetry !== before.observedRetry) tell('Normal', 'Retrying');
  if (isHeldAt(gate)) {
    if ((before.counts?.held ?? 0) === 0) tell('Normal', 'Held');
  } else if (gate !== 'open' && gate.kind === 'wait' && before.state !== 'Pending') {
    tell('Normal', 'Waiting');
  }
  const { state } = status;
  if (state !== undefined && state !== 'Pending' && state !== before.state) {
    tell(state === 'Failed' ? 'Warning' : 'Normal', state);
  }
  const stalled = stalledIn(status);
  if (stalled !== undefined && state !== 'Failed' && stalled.message !== stalledIn(before)?.message) {
    tell('Warning', stalled.reason ?? 'Stalled', stalled.message);
  }
  return told;
}

function stalledIn({ conditions }: JobFlowStatus): FlowCondition | undefined {
  return conditions?.find(({ type, status }) => type === 'Stalled' && status === 'True');
}
