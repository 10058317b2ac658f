import type { JobState } from '../../api/flow-spec.ts';
import type { EntryJob } from './flow-entries.ts';

/**
 * The Jobs that a retry runs again: those that failed or were skipped, and all that follow from them. What completed
 * before them stays.
 *
 * @param wanted the Jobs of the flow
 * @param stateOf where a Job stands, or stood when it was last recorded
 * @returns the names of the Jobs
 */
export function namesToRetry(
  wanted: readonly Pick<EntryJob, 'jobName' | 'edges'>[],
  stateOf: (jobName: string) => JobState | undefined,
): Set<string> {
  const followers = new Map<string, string[]>();
  for (const { jobName, edges } of wanted) {
    for (const { name } of edges) followers.set(name, [...(followers.get(name) ?? []), jobName]);
  }
  const again = new Set(wanted.map(({ jobName }) => jobName).filter((name) => isRoot(stateOf(name))));
  // The set grows while it is gone through.
  for (const name of again) for (const follower of followers.get(name) ?? []) again.add(follower);
  return again;
}

/** Whether a Job by itself calls for a retry. */
export function isRoot(state: JobState | undefined): boolean {
  return state === 'Failed' || state === 'Skipped';
}
