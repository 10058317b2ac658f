import type { JobState } from '../../api/flow-spec.ts';
import { endedState } from './ended-parts.ts';
import type { EntryJob } from './flow-entries.ts';
import type { FlowSnapshot } from './flow-snapshot.ts';
import { jobStateOf } from './job-states.ts';

/**
 * Where each part of a flow stands, and each Job that joined it, by name.
 *
 * @param hasFailed the flow fails as a whole: what it never made is not going to run
 */
export function statesOf(
  snapshot: FlowSnapshot,
  wanted: readonly EntryJob[],
  hasFailed: boolean,
): Map<string, JobState> {
  const { flow, job, owned, members, isHeld } = snapshot;
  const states = new Map<string, JobState>();
  const notMade = (jobName: string): JobState => {
    if (!hasFailed) return 'Waiting';
    // A DaemonJob that ran when the flow was ended has been deleted for it.
    return flow.status.jobStatusList?.[jobName] === 'Running' ? 'Failed' : 'Skipped';
  };
  for (const { jobName } of wanted) {
    const found = job(jobName);
    const isOwn = found?.owner?.uid === flow.uid;
    // A Job that ended and went away stays where it was.
    states.set(
      jobName,
      found !== undefined && isOwn
        ? jobStateOf(found, isHeld)
        : (endedBefore(snapshot, jobName) ?? notMade(jobName)),
    );
  }
  for (const one of [...owned, ...members]) states.set(one.name, jobStateOf(one, isHeld));
  return states;
}

/** Where a part stands, or stood when it was last noted. */
export function stateIn(snapshot: FlowSnapshot, jobName: string): JobState | undefined {
  const { flow, job, isHeld } = snapshot;
  const found = job(jobName);
  const isOwn = found?.owner?.uid === flow.uid;
  // A Job that is already going away for the retry still says how it had ended.
  return found !== undefined && isOwn && found.outcome !== undefined
    ? jobStateOf(found, isHeld)
    : (endedBefore(snapshot, jobName) ?? flow.status.jobStatusList?.[jobName]);
}

/** How a part ended that is not run again, also when it is gone; undefined if it has not. */
export function endedBefore({ flow, ended }: FlowSnapshot, jobName: string): JobState | undefined {
  return endedState(flow.status, ended, jobName);
}
