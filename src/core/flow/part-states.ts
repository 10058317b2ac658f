import type { JobState } from '../../api/flow-spec.ts';
import type { EntryJob } from './flow-entries.ts';
import type { FlowRecord } from './flow-record.ts';
import type { FlowSnapshot } from './flow-snapshot.ts';
import { jobStateOf, outcomeNoted } from './job-states.ts';

/**
 * Where each part of a flow stands, and each Job that joined it, by name.
 *
 * @param hasFailed the flow fails as a whole: what it never made is not going to run
 */
export function statesOf(
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

/** Where a part stands, or stood when it was last noted. */
export function stateIn({ flow, job, isHeld }: FlowSnapshot, jobName: string): JobState | undefined {
  const found = job(jobName);
  const isOwn = found?.owner?.uid === flow.uid;
  // A Job that is already going away for the retry still says how it had ended.
  return found !== undefined && isOwn && found.outcome !== undefined
    ? jobStateOf(found, isHeld)
    : flow.status.jobStatusList?.[jobName];
}

/** Whether the status says that a part has ended; it is not run again, also when it is gone. */
export function hasEndedBefore({ status }: FlowRecord, jobName: string): boolean {
  return outcomeNoted(status.jobStatusList?.[jobName]) !== undefined;
}
