import { refusal, type Refusal } from '../../../api/errors.ts';
import type { JsonObject } from '../../../api/job.ts';
import type { PlannedEntry } from './planned-entries.ts';

/** Limits on one JobFlow; each is named in the message that refuses more. */
export const FLOW_LIMITS = {
  /** Characters of its name, which is the value of a label. */
  nameLength: 63,
  entries: 5_000,
  /**
   * Bytes of the whole object as it is stored, its status included. etcd takes 1.5 MiB by default (its flag
   * `--max-request-bytes`); the rest is for what is not counted.
   */
  bytes: 1_400_000,
} as const;

/** What one Job takes in the status besides its name: its state, quotes, and its share of `managedFields`. */
const STATUS_BYTES_PER_JOB = 40;
/** Counts, times and conditions. */
const STATUS_BYTES = 4_096;

/**
 * Refuses a JobFlow whose status could not be written any more once all its Jobs are in it.
 *
 * @param object the JobFlow as it is sent
 * @param entries its entries
 */
export function refuseLargeFlow(
  object: JsonObject,
  name: string,
  entries: readonly PlannedEntry[],
): Refusal[] {
  const withoutStatus = { ...object, status: null };
  const stated = new TextEncoder().encode(JSON.stringify(withoutStatus)).length;
  // Each name is there twice: in `jobStatusList` and in the `managedFields` of the status.
  const perJobs = entries.reduce(
    (sum, { ref }) => sum + 2 * (ref.length + name.length) + STATUS_BYTES_PER_JOB,
    0,
  );
  const bytes = stated + perJobs + STATUS_BYTES;
  return bytes > FLOW_LIMITS.bytes ? [refusal('FlowTooLarge', { bytes, limit: FLOW_LIMITS.bytes })] : [];
}
