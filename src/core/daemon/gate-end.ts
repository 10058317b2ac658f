import type { JobFlowStatus } from '../../api/flow-spec.ts';
import { isWaiting } from '../job-projection.ts';
import { daemonAsJob, type DaemonRecord } from './daemon-record.ts';

/** How the waiting at a gate ends, in the words of the writes to a Job. */
export type GateEnd = 'release' | 'fail' | 'skip';

/**
 * What a new status tells of the gate of its DaemonJob.
 *
 * @param daemon as it was when the status was decided on
 * @returns undefined if the gate has been decided before, or is not decided yet
 */
export function gateEndOf(daemon: DaemonRecord, { state, startTime }: JobFlowStatus): GateEnd | undefined {
  if (!isWaiting(daemonAsJob(daemon))) return undefined;
  if (startTime !== undefined) return 'release';
  switch (state) {
    case 'Failed':
      return 'fail';
    case 'Succeed':
      return 'skip';
    default:
      return undefined;
  }
}
