import type { JobTemplate } from '../../api/resources.ts';
import type { Lookup } from '../admission/decide-create.ts';
import type { JobRecord } from '../job-record.ts';
import type { EndedParts } from './ended-parts.ts';
import type { EntryJob } from './flow-entries.ts';
import type { FlowRecord } from './flow-record.ts';

/** What surrounds a JobFlow at one moment; everything in it is a snapshot. */
export interface FlowSnapshot {
  readonly flow: FlowRecord;
  /** The Jobs that the flow's entries stand for, if they are known already: they only change with its generation. */
  readonly wanted?: readonly EntryJob[];
  /** A Job of the flow's namespace, whoever made it; `daemonjob/NAME` is a DaemonJob, seen as a Job. */
  readonly job: (name: string) => JobRecord | undefined;
  /** The Jobs and DaemonJobs that the flow controls. */
  readonly owned: readonly JobRecord[];
  /** How parts ended that are gone, where the status does not say so yet. */
  readonly ended?: EndedParts;
  /** The Jobs that joined the flow by annotation and are not its own. */
  readonly members: readonly JobRecord[];
  readonly template: (name: string) => Lookup<JobTemplate>;
  /** Whether a Job that waits is only held: everything that it waits for is there. */
  readonly isHeld: (job: JobRecord) => boolean;
  /** Whether somebody waits for the flow as a whole, or for a part of it, and does not have the outcome in writing. */
  readonly isWaitedFor: () => boolean;
}
