import type { WaitingOn } from '../gate.ts';
import type { JobRecord } from '../job-record.ts';
import type { EntryJob } from './flow-entries.ts';
import type { FlowRecord } from './flow-record.ts';

/** What surrounds a Job or DaemonJob within its flow. */
export interface FlowPlace {
  readonly flow: FlowRecord;
  /** The entry of the flow, as it is now, that stands for it; undefined if there is none any more. */
  readonly entry: EntryJob | undefined;
  /** How many Jobs of the flow run. Asked only if it matters. */
  readonly running: () => number;
}

/**
 * What a flow sets against the release of one of its Jobs that nothing else keeps waiting.
 *
 * @param job a Job that the flow controls
 * @returns undefined if it may start
 */
export function flowLimit(job: JobRecord, { flow, entry, running }: FlowPlace): WaitingOn | undefined {
  const name = `jobflow/${flow.name}`;
  if (flow.deletedMs !== undefined) return { kind: 'flowDeleted', name };
  if (entry?.source !== job.terms?.source) return { kind: 'flowEdited', name };
  if (flow.spec.suspend === true) return { kind: 'flowSuspended', name };
  const limit = flow.spec.maxConcurrentJobs;
  if (typeof limit !== 'number' || running() < limit) return undefined;
  return { kind: 'flowFull', name, limit };
}
