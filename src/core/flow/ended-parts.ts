import type { JobFlowStatus, JobState } from '../../api/flow-spec.ts';
import type { Outcome } from '../../api/outcomes.ts';
import type { JobRecord, UpstreamRecord } from '../job-record.ts';
import type { EntryJob } from './flow-entries.ts';
import type { FlowRecord } from './flow-record.ts';
import type { FlowSnapshot } from './flow-snapshot.ts';
import { outcomeNoted, stateOfOutcome } from './job-states.ts';

/**
 * How parts of a JobFlow or DaemonJob ended that are gone before its status says so, by their names. The status is not
 * written at once: a Job that somebody deletes meanwhile is not to be run again.
 */
export type EndedParts = ReadonlyMap<string, Outcome>;

/** No such parts. */
export const NO_ENDED_PARTS: EndedParts = new Map();

/**
 * Those that the status does not yet tell of.
 *
 * @param status as it is stored now
 * @param previous as it was stored before; a retry that has begun since forgets how those ended that it runs again
 */
export function notYetNoted(
  ended: EndedParts,
  status: JobFlowStatus,
  previous: JobFlowStatus,
): Map<string, Outcome> {
  const retried = status.observedRetry !== previous.observedRetry;
  return new Map(
    [...ended].filter(([name]) => {
      const state = status.jobStatusList?.[name];
      return outcomeNoted(state) === undefined && (!retried || state === 'Running');
    }),
  );
}

/** Whether a status tells of such parts that the stored one does not tell of: until it is written, only memory does. */
export function isFirstToTell(
  ended: EndedParts | undefined,
  status: JobFlowStatus,
  stored: JobFlowStatus,
): boolean {
  const tells = ({ jobStatusList }: JobFlowStatus, name: string): boolean =>
    outcomeNoted(jobStatusList?.[name]) !== undefined;
  return ended?.keys().some((name) => tells(status, name) && !tells(stored, name)) ?? false;
}

/** How a part ended that is not run again, also when it is gone; undefined if nothing is known of an end. */
export function endedState(
  status: JobFlowStatus,
  ended: EndedParts | undefined,
  name: string,
): JobState | undefined {
  const noted = status.jobStatusList?.[name];
  if (outcomeNoted(noted) !== undefined) return noted;
  const outcome = ended?.get(name);
  return outcome && stateOfOutcome(outcome);
}

/**
 * All parts of a flow that ended and are gone before the status says so: those that were seen to go, and those whose
 * end can be read on the Jobs that waited for them. That holds also after a crash of the controller.
 */
export function endedParts(snapshot: FlowSnapshot, wanted: readonly EntryJob[]): EndedParts {
  const { flow, job, ended = NO_ENDED_PARTS } = snapshot;
  const isUnknown = (name: string): boolean =>
    job(name) === undefined && endedState(flow.status, ended, name) === undefined;
  const unknown = new Set(wanted.flatMap(({ jobName }) => (isUnknown(jobName) ? jobName : [])));
  if (unknown.size === 0) return ended;
  const read = new Map(ended);
  for (const { jobName, edges } of wanted) {
    // Only by edges that the entry still has: a retry of what they lead to retries the Job as well.
    const names = edges.flatMap(({ name }) => (unknown.has(name) ? name : []));
    const dependent = names.length === 0 ? undefined : job(jobName);
    if (dependent?.owner?.uid !== flow.uid) continue;
    for (const name of names) {
      const outcome = outcomeReadOn(dependent, name);
      if (outcome !== undefined) read.set(name, outcome);
    }
  }
  return read;
}

/** How an upstream ended, as far as a Job that waited for it tells: by what is written on it, or by being released. */
function outcomeReadOn({ terms }: JobRecord, upstream: string): Outcome | undefined {
  const recorded = terms?.outcomes.get(upstream);
  if (recorded !== undefined || terms?.released !== true) return recorded?.outcome;
  const wants = terms.edges.find(({ name }) => name === upstream)?.wants;
  // The others open on more than one outcome.
  return wants === 'Complete' || wants === 'Failed' ? wants : undefined;
}

/**
 * A part of a flow that ended and is gone, by its TTL or by hand, for another part that waits for it: what completed
 * before a retry or an edit stays, for those that are made anew.
 *
 * @param job the part that waits
 * @param reference what it waits for, as edges name it
 * @param ended what the status has not noted
 */
export function formerUpstream(
  { uid, status }: Pick<FlowRecord, 'uid' | 'status'>,
  job: JobRecord,
  reference: string,
  ended?: EndedParts,
): UpstreamRecord | undefined {
  const outcome = outcomeNoted(endedState(status, ended, reference));
  // No object has this UID: one that comes under the name is another.
  return outcome && { name: reference, uid, deletedMs: undefined, outcome, terms: { run: job.terms?.run } };
}
