import type { JobObject } from '../../src/api/job.ts';
import { formatReference } from '../../src/api/dependency-reference.ts';
import { projectJob } from '../../src/core/job-projection.ts';
import type { JobRecord } from '../../src/core/job-record.ts';
import { isApiError } from '../../src/kube/api-error.ts';
import type { ApiRequest, Connection } from '../../src/kube/connection.ts';
import { createPartRequest, deletePartRequest } from '../../src/kube/flow-requests.ts';
import type { Log } from '../../src/kube/log.ts';
import { keyOf } from '../../src/kube/store-change.ts';

/** What writing needs. */
export interface PartWriterOptions {
  readonly connection: Connection;
  readonly log: Log;
  /** Whether this replica may write. */
  readonly mayWrite: () => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** On whose behalf something is written. */
export interface PartOwner {
  readonly namespace: string;
  /** `jobflow/NAME` or `daemonjob/NAME`. */
  readonly reference: string;
}

/** An object that was made and that the watch has yet to bring. */
interface Made {
  /** Undefined until the API server has answered. */
  readonly record: JobRecord | undefined;
  readonly sinceMs: number;
}

/** An object that was made and that the watch has not brought after so long does not count any more. */
export const MADE_COUNTS_MS = 10_000;

/** Writes of one owner at once: enough to make its Jobs quickly, few enough to leave room for releases. */
const AT_ONCE = 8;

/** Writes what JobFlows and DaemonJobs are made of: their Jobs, and the DaemonJobs of a flow. */
export class PartWriter {
  readonly #options: PartWriterOptions;
  /** By the key of the object as gates know it: `namespace/NAME`, `namespace/daemonjob/NAME`. */
  readonly #made = new Map<string, Made>();

  constructor(options: PartWriterOptions) {
    this.#options = options;
  }

  /** Notes that the watch has brought an object. */
  seen(key: string): void {
    this.#made.delete(key);
  }

  /** Forgets everything, as a replica does that no longer leads. */
  reset(): void {
    this.#made.clear();
  }

  /**
   * The Jobs that were made for an owner a moment ago and that the watch has yet to bring. It never brings one that was
   * deleted while the watch was down.
   */
  madeFor(ownerUid: string): JobRecord[] {
    return this.#made
      .values()
      .filter((made) => this.#counts(made))
      .flatMap(({ record }) => (record?.owner?.uid === ownerUid ? [record] : []))
      .toArray();
  }

  /**
   * Makes a Job or a DaemonJob, unless it was made a moment ago.
   *
   * @throws ApiError if that failed and is to be tried again
   */
  async create(owner: PartOwner, part: JobObject): Promise<void> {
    const { now } = this.#options;
    this.#forgetOld();
    const name = partName(part);
    const key = keyOf({ namespace: part.metadata.namespace ?? '', name });
    if (this.#made.has(key)) return;
    // Before the request: the watch may bring the object before the answer comes.
    this.#made.set(key, { record: undefined, sinceMs: now() });
    try {
      const answer = await this.send(owner, createPartRequest(part), 'created', name);
      if (answer === undefined) this.#made.delete(key);
      else if (this.#made.has(key)) this.#made.set(key, { record: recordOf(part, answer), sinceMs: now() });
    } catch (error) {
      this.#made.delete(key);
      // It is there already, or its namespace is going away: the watch says so.
      if (isApiError(error, 'conflict')) return;
      throw error;
    }
  }

  /**
   * Deletes a Job or a DaemonJob, and all that it owns.
   *
   * @param why for the log
   * @throws ApiError if that failed and is to be tried again
   */
  async delete(owner: PartOwner, part: JobRecord, why: string): Promise<void> {
    await this.send(owner, deletePartRequest(part), `deleted (${why})`, part.name);
  }

  /**
   * Sends one write. What is gone need not be written any more.
   *
   * @param done what the log says of it
   * @param part the Job or DaemonJob that is written, if it is not the owner itself
   * @returns the answer; undefined if nothing was written
   * @throws ApiError if it failed and is to be tried again
   */
  async send(owner: PartOwner, request: ApiRequest, done: string, part?: string): Promise<unknown> {
    const { connection, mayWrite, log } = this.#options;
    if (!mayWrite()) return undefined;
    const { namespace, reference } = owner;
    try {
      const answer = await connection.request(request);
      log.debug({ namespace, owner: reference, ...(part !== undefined && { job: part }) }, done);
      return answer;
    } catch (error) {
      if (isApiError(error, 'notFound') && request.method !== 'POST') return undefined;
      throw error;
    }
  }

  /** The oldest come first. */
  #forgetOld(): void {
    for (const [key, made] of this.#made) {
      if (this.#counts(made)) return;
      this.#made.delete(key);
    }
  }

  #counts({ sinceMs }: Made): boolean {
    return this.#options.now() < sinceMs + MADE_COUNTS_MS;
  }
}

/**
 * Carries out writes, some at a time.
 *
 * @throws the error of the first that fails; those that had begun are waited for
 */
export async function someAtOnce<T>(items: Iterable<T>, write: (item: T) => Promise<void>): Promise<void> {
  const left = [...items].values();
  const worker = async (): Promise<void> => {
    for (const item of left) await write(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** The name by which gates know an object: that of a Job, or `daemonjob/NAME`. */
function partName({ kind, metadata }: JobObject): string {
  return formatReference({ kind: kind === 'DaemonJob' ? 'daemonjob' : 'job', name: metadata.name ?? '' });
}

/** What was made is what was sent, with the metadata that was answered. */
function recordOf(part: JobObject, answer: unknown): JobRecord {
  return projectJob({ ...part, metadata: (answer as JobObject).metadata });
}
