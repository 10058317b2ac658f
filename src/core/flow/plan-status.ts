import { isDeepStrictEqual } from 'node:util';
import type { JobFlowStatus } from '../../api/flow-spec.ts';
import { isFirstToTell, type EndedParts } from './ended-parts.ts';
import type { FlowAction } from './flow-action.ts';
import type { FlowRecord } from './flow-record.ts';

/**
 * Writes a status that differs from the stored one, and tells of what has changed for people.
 *
 * @param stored the flow as it is stored
 * @param ended how parts ended that are gone
 */
export function planStatus(stored: FlowRecord, status: JobFlowStatus, ended?: EndedParts): FlowAction[] {
  if (isDeepStrictEqual(status, stored.status)) return [];
  const urgent =
    status.state !== stored.status.state ||
    status.observedRetry !== stored.status.observedRetry ||
    flags(status) !== flags(stored.status) ||
    isFirstToTell(ended, status, stored.status);
  return [{ kind: 'writeStatus', flow: stored, status, urgent }, ...announcements(stored, status)];
}

/** Which conditions hold. */
function flags({ conditions = [] }: JobFlowStatus): string {
  return conditions.flatMap(({ type, status }) => (status === 'True' ? type : [])).join();
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
