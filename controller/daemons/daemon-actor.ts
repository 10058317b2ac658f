import { daemonAsJob, type DaemonRecord } from '../../src/core/daemon/daemon-record.ts';
import { gateEndOf, type GateEnd } from '../../src/core/daemon/gate-end.ts';
import type { DaemonAction } from '../../src/core/daemon/plan-daemon.ts';
import type { JobAction } from '../../src/core/job-plan.ts';
import type { EventRecorder } from '../../src/kube/events.ts';
import { outcomesPatch } from '../../src/kube/patches.ts';
import { keyOf } from '../../src/kube/store-change.ts';
import type { Releases } from '../jobs/job-actor.ts';
import { PacedStatus } from '../status/paced-status.ts';
import { MADE_COUNTS_MS, someAtOnce, type PartOwner, type PartWriter } from '../parts/part-writer.ts';
import type { WaitAnnouncements } from '../jobs/wait-announcements.ts';

/** What acting on DaemonJobs needs. */
export interface DaemonActorOptions {
  readonly events: EventRecorder;
  readonly announcements: WaitAnnouncements;
  readonly parts: PartWriter;
  /** Told that a DaemonJob starts, so that its flow does not run more at once than it may. */
  readonly releases: Releases;
  /** Gives a DaemonJob another turn at a time (milliseconds since the epoch). */
  readonly recheckAt: (key: string, atMs: number) => void;
  readonly now: () => number;
}

/** Told by {@link WaitAnnouncements} instead, which repeats what lasts. */
const TOLD_OF_WAITS: readonly string[] = ['Waiting', 'Held', 'DependencyCycle'];

/** The only place that writes on behalf of DaemonJobs: it makes and deletes their Jobs and writes their status. */
export class DaemonActor {
  readonly #options: DaemonActorOptions;
  readonly #statuses: PacedStatus;

  constructor(options: DaemonActorOptions) {
    this.#options = options;
    this.#statuses = new PacedStatus({ collection: 'daemonjobs', ...options });
  }

  /** Forgets a DaemonJob that is gone. */
  forget({ uid }: DaemonRecord): void {
    this.#statuses.forget(uid);
    this.#options.announcements.forget(uid);
  }

  /** Forgets everything, as a replica does that no longer leads. */
  reset(): void {
    this.#statuses.reset();
  }

  /**
   * Tells what a DaemonJob waits for at its gate, if it is time to.
   *
   * @param wait undefined if it does not wait
   */
  tellWait(daemon: DaemonRecord, wait: Extract<JobAction, { kind: 'announceWait' }> | undefined): void {
    const { announcements, recheckAt, now } = this.#options;
    if (wait === undefined) {
      announcements.forget(daemon.uid);
      return;
    }
    const { tell, nextAtMs } = announcements.decide(wait, now());
    recheckAt(keyOf(daemon), nextAtMs);
    if (!tell) return;
    const type = wait.reason === 'DependencyCycle' ? 'Warning' : 'Normal';
    this.#announce(daemon, type, wait.reason, wait.message);
  }

  /**
   * Writes the outcomes of upstreams that go away on a DaemonJob that waits.
   *
   * @throws ApiError if the write failed and is to be tried again
   */
  async recordOutcomes(
    daemon: DaemonRecord,
    { job, outcomes }: Extract<JobAction, { kind: 'recordOutcomes' }>,
  ): Promise<void> {
    const request = { method: 'PATCH', ...outcomesPatch(job, outcomes) } as const;
    await this.#options.parts.send(ownerOf(daemon), request, 'outcomes recorded');
  }

  /**
   * Carries out what was decided about one DaemonJob. The Jobs come first: the status tells of what is there.
   *
   * @returns how its gate has ended, if a status that was written is the first to tell so
   * @throws ApiError if a write failed and is to be tried again
   */
  async act(daemon: DaemonRecord, actions: readonly DaemonAction[]): Promise<GateEnd | undefined> {
    const { recheckAt, now } = this.#options;
    const makesJobs = actions.some(({ kind }) => kind === 'createJob');
    const starts = !daemon.started && makesJobs;
    // What the watch never brings does not count for ever.
    if (makesJobs) recheckAt(keyOf(daemon), now() + MADE_COUNTS_MS);
    // No await between the decision and this: of two parts of a flow the second sees the first.
    if (starts) this.#options.releases.releasing(daemonAsJob(daemon));
    try {
      await someAtOnce(actions, (action) => this.#writeJob(daemon, action));
    } catch (error) {
      // It must not stand in its own way at the next attempt.
      if (starts) this.#options.releases.notReleased(daemonAsJob(daemon));
      throw error;
    }
    let ended: GateEnd | undefined;
    for (const action of actions) {
      if (action.kind !== 'writeStatus') this.#tell(daemon, action);
      else if (await this.#writeStatus(daemon, action)) ended = gateEndOf(daemon, action.status);
    }
    return ended;
  }

  async #writeJob(daemon: DaemonRecord, action: DaemonAction): Promise<void> {
    const { parts } = this.#options;
    if (action.kind === 'createJob') await parts.create(ownerOf(daemon), action.job);
    if (action.kind === 'deleteJob') await parts.delete(ownerOf(daemon), action.job, action.why);
  }

  /** @returns whether it has been written */
  #writeStatus(
    daemon: DaemonRecord,
    { status, urgent, ...action }: Extract<DaemonAction, { kind: 'writeStatus' }>,
  ): Promise<boolean> {
    return this.#statuses.write(ownerOf(daemon), action.daemon, status, urgent);
  }

  #tell(daemon: DaemonRecord, action: Exclude<DaemonAction, { kind: 'writeStatus' }>): void {
    switch (action.kind) {
      case 'announce':
        if (!TOLD_OF_WAITS.includes(action.reason)) {
          this.#announce(daemon, action.type, action.reason, action.message);
        }
        return;
      case 'recheckAt':
        this.#options.recheckAt(keyOf(daemon), action.timeMs);
        return;
      case 'createJob':
      case 'deleteJob':
        return;
    }
  }

  #announce(
    { namespace, name, uid }: DaemonRecord,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): void {
    const object = { apiVersion: 'api.practice.com/v1alpha1', kind: 'DaemonJob', namespace, name, uid };
    this.#options.events.announce({ object, type, reason, message });
  }
}

function ownerOf({ namespace, name }: DaemonRecord): PartOwner {
  return { namespace, reference: `daemonjob/${name}` };
}
