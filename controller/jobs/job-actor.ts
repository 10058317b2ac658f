import type { JobObject } from '../../src/api/job.ts';
import type { AnnouncedReason, JobAction } from '../../src/core/job-plan.ts';
import type { JobRecord } from '../../src/core/job-record.ts';
import { isApiError } from '../../src/kube/api-error.ts';
import type { Connection } from '../../src/kube/connection.ts';
import type { EventRecorder } from '../../src/kube/events.ts';
import type { Log } from '../../src/kube/log.ts';
import {
  addFinalizerPatch,
  failPatch,
  jobPath,
  outcomesPatch,
  relinquishPatch,
  releasePatch,
  removeFinalizerPatch,
  skipPatch,
  startMsOf,
  type JobPatch,
} from '../../src/kube/patches.ts';
import { keyOf } from '../../src/kube/store-change.ts';
import type { WaitAnnouncements } from './wait-announcements.ts';

/** What acting on Jobs needs. */
export interface JobActorOptions {
  readonly connection: Connection;
  readonly events: EventRecorder;
  readonly announcements: WaitAnnouncements;
  readonly log: Log;
  /** Whether this replica may write. */
  readonly mayWrite: () => boolean;
  /** Told of releases, so that a flow does not run more Jobs at once than it may. */
  readonly releases: Releases;
  /** Gives a Job another turn at a time (milliseconds since the epoch). */
  readonly recheckAt: (key: string, atMs: number) => void;
  readonly now: () => number;
}

/** Who counts releases before the watch brings them. */
export interface Releases {
  /** A release is about to be sent. */
  releasing(job: JobRecord): void;
  /** It did not go through. */
  notReleased(job: JobRecord): void;
}

/** An action that changes a Job. */
export type JobWrite = Exclude<JobAction, { kind: 'announceWait' | 'recheckAt' }>;

/** The only place that writes to Jobs. Events and metrics follow the write that they tell of. */
export class JobActor {
  readonly #options: JobActorOptions;
  /**
   * By key, the resourceVersion that our latest write replaces: what was decided on it is spent. An entry goes as soon
   * as the watch shows a later one, or most Jobs would leave theirs behind: nothing is decided on them after a release.
   */
  readonly #replaced = new Map<string, string>();

  constructor(options: JobActorOptions) {
    this.#options = options;
  }

  /** Whether a record is from before our own latest write to the Job, which the watch has yet to bring. */
  awaitsOwnWrite(job: JobRecord): boolean {
    const replaced = this.#replaced.get(keyOf(job));
    if (replaced === undefined) return false;
    if (replaced === job.resourceVersion) return true;
    this.#replaced.delete(keyOf(job));
    return false;
  }

  /** Forgets a Job that is gone or no longer waits. */
  forget(job: JobRecord): void {
    this.#options.announcements.forget(job.uid);
    this.#replaced.delete(keyOf(job));
  }

  /** Forgets everything, as a replica does that no longer leads. */
  reset(): void {
    this.#replaced.clear();
  }

  /**
   * Carries out what was decided about one Job. Of several writes only the first is made: it brings a new version of
   * the Job, on which the rest is decided anew.
   *
   * @returns the write that was made, if any
   * @throws ApiError if the write failed and is to be tried again
   */
  async act(actions: readonly JobAction[]): Promise<JobWrite | undefined> {
    const write = actions.find((action): action is JobWrite => isWrite(action));
    const done = write !== undefined && (await this.#write(write));
    for (const action of actions) {
      if (action.kind === 'announceWait') this.#announceWait(action);
      if (action.kind === 'recheckAt') this.#options.recheckAt(keyOf(action.job), action.timeMs);
    }
    return done ? write : undefined;
  }

  /** @returns whether it has been written */
  async #write(action: JobWrite): Promise<boolean> {
    const { log, mayWrite } = this.#options;
    if (!mayWrite()) return false;
    const { job } = action;
    // No await between the decision and this: of two Jobs of a flow the second sees the first.
    if (action.kind === 'release') this.#options.releases.releasing(job);
    const fields = { namespace: job.namespace, job: job.name, uid: job.uid };
    const key = keyOf(job);
    // Before the write is sent, since the watch may bring it before its answer comes.
    this.#replaced.set(key, job.resourceVersion);
    try {
      const answer = await this.#send(action);
      if (answer === undefined || resourceVersionOf(answer) === job.resourceVersion)
        this.#replaced.delete(key);
      if (answer === undefined) return false;
    } catch (error) {
      if (action.kind === 'release') this.#options.releases.notReleased(job);
      this.#replaced.delete(key);
      // Gone: the watch will say so. A conflict is no failure either, but the change may not concern us.
      if (isApiError(error, 'notFound')) return false;
      throw error;
    }
    log.info({ ...fields, ...detailsOf(action) }, DONE[action.kind]);
    this.#announceWrite(action);
    return true;
  }

  async #send(action: JobWrite): Promise<unknown> {
    const nowMs = this.#options.now();
    switch (action.kind) {
      case 'release':
        return this.#patch(releasePatch(action.job, nowMs));
      case 'fail':
        return this.#patch(failPatch(action.job, action.reason, action.message, this.#startMs(action.job)));
      case 'skip':
        return this.#patch(skipPatch(action.job, action.message, this.#startMs(action.job)));
      case 'recordOutcomes':
        return this.#patch(outcomesPatch(action.job, action.outcomes));
      case 'addFinalizer':
        return this.#patch(addFinalizerPatch(action.job));
      case 'removeFinalizer':
        return this.#patch(removeFinalizerPatch(action.job));
      case 'relinquishSuspend': {
        const live = await this.#options.connection.request({ method: 'GET', path: jobPath(action.job) });
        const patch = relinquishPatch(live as JobObject);
        return patch && this.#patch(patch);
      }
    }
  }

  #patch({ path, query, contentType, body }: JobPatch): Promise<unknown> {
    return this.#options.connection.request({
      method: 'PATCH',
      path,
      query,
      contentType,
      body,
      answer: 'metadata',
    });
  }

  #startMs(job: JobRecord): number {
    return startMsOf(job, this.#options.now(), this.#options.connection.serverTimeMs());
  }

  #announceWait(action: Extract<JobAction, { kind: 'announceWait' }>): void {
    const { announcements, recheckAt, now } = this.#options;
    const { tell, nextAtMs } = announcements.decide(action, now());
    recheckAt(keyOf(action.job), nextAtMs);
    if (tell) this.#announce(action.job, action.reason, action.message);
  }

  #announceWrite(action: JobWrite): void {
    switch (action.kind) {
      case 'release':
        this.#announce(action.job, 'Released', 'Every dependency is met; the Job starts.');
        return;
      case 'skip':
        this.#announce(action.job, 'Skipped', action.message);
        return;
      // The Job controller itself tells of a failure, in an Event with the same reason and message.
      case 'fail':
      case 'recordOutcomes':
      case 'addFinalizer':
      case 'removeFinalizer':
      case 'relinquishSuspend':
        return;
    }
  }

  #announce({ namespace, name, uid }: JobRecord, reason: AnnouncedReason, message: string): void {
    this.#options.events.announce({
      object: { apiVersion: 'batch/v1', kind: 'Job', namespace, name, uid },
      type: reason === 'DependencyCycle' ? 'Warning' : 'Normal',
      reason,
      message,
    });
  }
}

const DONE: Readonly<Record<JobWrite['kind'], string>> = {
  release: 'released',
  fail: 'failed natively',
  skip: 'skipped natively',
  recordOutcomes: 'outcomes recorded',
  addFinalizer: 'finalizer added',
  removeFinalizer: 'finalizer removed',
  relinquishSuspend: 'ownership of suspend given up',
};

function isWrite(action: JobAction): action is JobWrite {
  return action.kind !== 'announceWait' && action.kind !== 'recheckAt';
}

function detailsOf(action: JobWrite): object {
  switch (action.kind) {
    case 'fail':
      return { reason: action.reason, because: action.message };
    case 'skip':
      return { because: action.message };
    case 'recordOutcomes':
      return { outcomes: action.outcomes.size };
    case 'release':
    case 'addFinalizer':
    case 'removeFinalizer':
    case 'relinquishSuspend':
      return {};
  }
}

function resourceVersionOf(answer: unknown): string | undefined {
  return (answer as JobObject).metadata.resourceVersion;
}
