import { daemonAsJob, isRetrying, needsNodeOutcome } from '../../src/core/daemon/daemon-record.ts';
import type { DaemonRecord } from '../../src/core/daemon/daemon-record.ts';
import { changesEligibility, type NodeRecord } from '../../src/core/daemon/node-record.ts';
import type { DaemonSnapshot } from '../../src/core/daemon/plan-daemon.ts';
import { decideGate } from '../../src/core/gate.ts';
import { mergeOutcomes, type JobSnapshot } from '../../src/core/job-plan.ts';
import { isWaiting } from '../../src/core/job-projection.ts';
import type { JobRecord } from '../../src/core/job-record.ts';
import { keyOf, type Change } from '../../src/kube/store-change.ts';
import { GoneParts } from '../parts/gone-parts.ts';
import type { JobCache } from '../jobs/job-cache.ts';
import { daemonKey, type OwnedJobs } from '../parts/owned-jobs.ts';

/** What the cache stands on. */
export interface DaemonCacheOptions {
  /** The reflectors' stores, by `namespace/name`; nodes by `/name`. */
  readonly daemons: ReadonlyMap<string, DaemonRecord>;
  readonly nodes: ReadonlyMap<string, NodeRecord>;
  readonly jobs: ReadonlyMap<string, JobRecord>;
  readonly owned: OwnedJobs;
  /** Whether all nodes are known. */
  readonly knowsNodes: () => boolean;
  /** The Jobs that were made for an owner and that the watch has yet to bring. */
  readonly madeFor: (ownerUid: string) => readonly JobRecord[];
  /** Whether the JobFlow that something is a part of is suspended. */
  readonly isSuspendedByFlow: (part: JobRecord) => boolean;
  /** Called with the key of every DaemonJob, and of every Job, that a change may concern. */
  readonly concernDaemon: (key: string) => void;
  readonly concernJob: (key: string) => void;
}

/** A DaemonJob and what surrounds it: for its own Jobs, and at its gate. */
export interface DaemonView {
  readonly snapshot: DaemonSnapshot;
  /** At its gate, seen as a Job; undefined if it does not wait there. */
  readonly waiting: JobSnapshot | undefined;
}

/** What the controller knows of DaemonJobs. It tells which DaemonJobs and Jobs a change may concern; it decides nothing. */
export class DaemonCache {
  readonly #options: DaemonCacheOptions;
  readonly #gone = new GoneParts();

  constructor(options: DaemonCacheOptions) {
    this.#options = options;
  }

  /** Takes in a change of a DaemonJob; those that wait for it, and its flow, are the caller's. */
  handleDaemon(change: Change<DaemonRecord>): void {
    const { owned, concernDaemon, concernJob } = this.#options;
    const { kind, record } = change;
    this.#gone.handleOwner(change);
    if (kind !== 'deleted') concernDaemon(keyOf(record));
    // A finalizer may go once the outcome is in the status, or nobody is there to read it.
    for (const job of owned.controlledBy(daemonKey(record.namespace, record.name), record.uid)) {
      if (job.finalizers.length > 0) concernJob(keyOf(job));
    }
  }

  /** Takes in a change of a Job of the DaemonJob of a key. */
  handleJob(key: string): void {
    if (this.#options.daemons.has(key)) this.#options.concernDaemon(key);
  }

  /** Takes in that a Job is gone, whoever made it: how it ended is not forgotten. */
  handleGone(job: JobRecord): void {
    this.#gone.handleGone(job, this.#daemonOf(job));
  }

  /** Takes in a change of a node: whoever has not ended may have to run on it, or not any more. */
  handleNode({ kind, record, previous }: Change<NodeRecord>): void {
    if (kind === 'updated' && !changesEligibility(previous, record)) return;
    const { daemons, concernDaemon } = this.#options;
    for (const [key, { outcome }] of daemons) if (outcome === undefined) concernDaemon(key);
  }

  /**
   * A DaemonJob and what surrounds it; undefined if there is no such DaemonJob any more.
   *
   * @param key `namespace/name`
   * @param nowMs milliseconds since the epoch
   */
  view(key: string, jobCache: JobCache, nowMs: number): DaemonView | undefined {
    const { daemons, nodes, jobs, owned, knowsNodes, madeFor, isSuspendedByFlow } = this.#options;
    const stored = daemons.get(key);
    if (stored === undefined) return undefined;
    const { namespace, name, uid } = stored;
    const asJob = daemonAsJob(stored);
    const daemon = isSuspendedByFlow(asJob) ? { ...stored, suspended: true } : stored;
    const seen = owned.controlledBy(daemonKey(namespace, name), uid);
    const made = new Map(madeFor(uid).map((job) => [job.name, job]));
    const waiting = waitingAt(daemon, asJob, jobCache);
    return {
      snapshot: {
        daemon,
        nodes: knowsNodes() ? [...nodes.values()] : undefined,
        jobs: [...seen, ...made.values()],
        ended: this.#gone.of(uid),
        job: (jobName) => jobs.get(`${namespace}/${jobName}`) ?? made.get(jobName),
        gate: waiting === undefined ? 'open' : gateOf(waiting, nowMs),
      },
      waiting,
    };
  }

  /** Whether the DaemonJob that a Job belongs to has yet to note how it ended. */
  needsOutcome(job: JobRecord): boolean {
    const daemon = this.#daemonOf(job);
    return daemon !== undefined && needsNodeOutcome(daemon, job);
  }

  #daemonOf({ namespace, owner }: JobRecord): DaemonRecord | undefined {
    if (owner?.kind !== 'DaemonJob') return undefined;
    const daemon = this.#options.daemons.get(`${namespace}/${owner.name}`);
    return daemon?.uid === owner.uid ? daemon : undefined;
  }
}

/** A retry goes through the gate again, if it had never opened: its end does not count then. */
function waitingAt(daemon: DaemonRecord, asJob: JobRecord, jobCache: JobCache): JobSnapshot | undefined {
  const job = isRetrying(daemon) ? { ...asJob, outcome: undefined } : asJob;
  const snapshot = isWaiting(job) ? jobCache.snapshot(keyOf(job)) : undefined;
  return snapshot && { ...snapshot, job };
}

function gateOf(snapshot: JobSnapshot, nowMs: number): DaemonSnapshot['gate'] {
  const { terms } = snapshot.job;
  if (terms === undefined) return 'open';
  const outcomes = mergeOutcomes(terms, snapshot.vanished);
  return decideGate({ ...snapshot, terms, outcomes, nowMs });
}
