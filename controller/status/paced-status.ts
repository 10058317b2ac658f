import type { JobFlowStatus } from '../../src/api/flow-spec.ts';
import { statusRequest } from '../../src/kube/flow-requests.ts';
import { keyOf, type Identified } from '../../src/kube/store-change.ts';
import type { PartOwner, PartWriter } from '../parts/part-writer.ts';
import { StatusPace } from './status-pace.ts';

/** What writing statuses of one kind needs. */
export interface PacedStatusOptions {
  readonly collection: 'jobflows' | 'daemonjobs';
  readonly parts: Pick<PartWriter, 'send'>;
  /** Gives an object another turn at a time (milliseconds since the epoch). */
  readonly recheckAt: (key: string, atMs: number) => void;
  readonly now: () => number;
}

/** Writes the statuses of JobFlows, or of DaemonJobs, at their pace. */
export class PacedStatus {
  readonly #options: PacedStatusOptions;
  readonly #pace = new StatusPace();

  constructor(options: PacedStatusOptions) {
    this.#options = options;
  }

  /**
   * Writes a status, or puts it off: the object gets another turn when it may be written.
   *
   * @param object what the status was decided on
   * @param urgent whether it is not to be held back
   * @returns whether it was written
   * @throws ApiError if that failed and is to be tried again
   */
  async write(
    owner: PartOwner,
    object: Identified,
    status: JobFlowStatus,
    urgent: boolean,
  ): Promise<boolean> {
    const { collection, parts, recheckAt, now } = this.#options;
    const jobs = Object.keys(status.jobStatusList ?? {}).length;
    const dueMs = this.#pace.dueMs(object.uid, jobs, urgent, now());
    if (dueMs !== undefined) {
      recheckAt(keyOf(object), dueMs);
      return false;
    }
    await parts.send(owner, statusRequest(collection, object, status), 'status written');
    return true;
  }

  /** Forgets an object that is gone. */
  forget(uid: string): void {
    this.#pace.forget(uid);
  }

  /** Forgets everything, as a replica does that no longer leads. */
  reset(): void {
    this.#pace.reset();
  }
}
