import { isWaiting } from '../../src/core/job-projection.ts';
import type { JobRecord } from '../../src/core/job-record.ts';
import { keyOf, type Change } from '../../src/kube/store-change.ts';
import type { WaitingRecords } from './waiting-records.ts';

/** The Jobs of one JobFlow or DaemonJob, and the DaemonJobs of a flow, by the key of each. */
interface Belonging {
  /** Those that it controls, whichever UID it had when it made them. */
  readonly controlled: Set<string>;
  /** Those that joined it by annotation. */
  readonly joined: Set<string>;
  /** Those that run, as the watch has brought it. */
  readonly running: Set<string>;
  /** Those whose release is on its way. */
  readonly releasing: Set<string>;
}

/** Which Jobs belong to which JobFlow or DaemonJob, and which of them run. It decides nothing. */
export class OwnedJobs {
  readonly #jobs: Pick<WaitingRecords, 'get'>;
  readonly #byOwner = new Map<string, Belonging>();

  /** @param jobs the Jobs and DaemonJobs that there are */
  constructor(jobs: Pick<WaitingRecords, 'get'>) {
    this.#jobs = jobs;
  }

  /**
   * Takes in one change of a Job.
   *
   * @returns the owners that it concerns
   */
  handle({ kind, record, previous }: Change<JobRecord>): readonly string[] {
    const owners = new Set([...ownersOf(record), ...(previous === undefined ? [] : ownersOf(previous))]);
    for (const owner of owners) this.#place(owner, record, kind === 'deleted');
    return [...owners];
  }

  /** The Jobs that an object controls: of its own UID, not those of an earlier one of its name. */
  controlledBy(owner: string, uid: string): JobRecord[] {
    return this.#records(this.#byOwner.get(owner)?.controlled).filter((job) => job.owner?.uid === uid);
  }

  /** The Jobs that joined a JobFlow by annotation and are not its own. */
  joined(owner: string): JobRecord[] {
    return this.#records(this.#byOwner.get(owner)?.joined);
  }

  /** How many Jobs of an owner run or are about to. */
  runningOf(owner: string): number {
    const { running, releasing } = this.#byOwner.get(owner) ?? EMPTY;
    return (
      running.size +
      releasing
        .values()
        .filter((key) => !running.has(key))
        .reduce((sum) => sum + 1, 0)
    );
  }

  /** Notes that a release is on its way, before the watch brings it. */
  releasing(job: JobRecord): void {
    for (const owner of ownersOf(job)) this.#of(owner).releasing.add(keyOf(job));
  }

  /** Notes that a release did not go through. */
  notReleased(job: JobRecord): void {
    for (const owner of ownersOf(job)) this.#of(owner).releasing.delete(keyOf(job));
  }

  #place(owner: string, job: JobRecord, isGone: boolean): void {
    const { controlled, joined, running, releasing } = this.#of(owner);
    const key = keyOf(job);
    const mine = !isGone && ownersOf(job).includes(owner);
    const controls = mine && controllerKeyOf(job) === owner;
    put(controlled, key, controls);
    put(joined, key, mine && !controls);
    put(running, key, controls && !job.suspended && job.outcome === undefined);
    // What the watch brings of a Job that still waits may be older than the release.
    if (isGone || !isWaiting(job)) releasing.delete(key);
    if (controlled.size + joined.size + releasing.size === 0) this.#byOwner.delete(owner);
  }

  #of(owner: string): Belonging {
    let belonging = this.#byOwner.get(owner);
    if (belonging === undefined) {
      belonging = { controlled: new Set(), joined: new Set(), running: new Set(), releasing: new Set() };
      this.#byOwner.set(owner, belonging);
    }
    return belonging;
  }

  #records(keys: Iterable<string> = []): JobRecord[] {
    return [...keys].flatMap((key) => this.#jobs.get(key) ?? []);
  }
}

/** The key of a JobFlow among owners. */
export function flowKey(namespace: string, name: string): string {
  return `jobflow/${namespace}/${name}`;
}

/** The key of a DaemonJob among owners. */
export function daemonKey(namespace: string, name: string): string {
  return `daemonjob/${namespace}/${name}`;
}

const EMPTY: Belonging = {
  controlled: new Set(),
  joined: new Set(),
  running: new Set(),
  releasing: new Set(),
};

function ownersOf(job: JobRecord): string[] {
  const controller = controllerKeyOf(job);
  const flow = job.terms?.flow;
  const joined = flow === undefined ? undefined : flowKey(job.namespace, flow);
  return [...new Set([controller, joined].filter((key) => key !== undefined))];
}

function controllerKeyOf({ namespace, owner }: JobRecord): string | undefined {
  if (owner?.kind === 'JobFlow') return flowKey(namespace, owner.name);
  return owner?.kind === 'DaemonJob' ? daemonKey(namespace, owner.name) : undefined;
}

function put(set: Set<string>, key: string, isIn: boolean): void {
  if (isIn) set.add(key);
  else set.delete(key);
}
