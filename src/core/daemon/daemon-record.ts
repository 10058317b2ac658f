import type { JobFlowStatus, JobState } from '../../api/flow-spec.ts';
import type { JobMetadata, JsonObject } from '../../api/job.ts';
import { RETRY_ANNOTATION } from '../../api/names.ts';
import type { Outcome } from '../../api/outcomes.ts';
import { stateOfOutcome } from '../flow/job-states.ts';
import { projectJob } from '../job-projection.ts';
import type { ControllerOwner, GateTerms, JobRecord } from '../job-record.ts';
import { outcomeOf } from '../outcome.ts';
import { readDaemonSpec, type DaemonJobSpec } from './daemon-spec.ts';

/** A DaemonJob as it comes over the wire, in the fields that jobflow reads. */
export interface DaemonJobObject {
  readonly metadata: JobMetadata;
  readonly spec?: JsonObject | null;
  readonly status?: JobFlowStatus | null;
}

/** One DaemonJob as jobflow remembers it. */
export interface DaemonRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  /** `metadata.creationTimestamp` and `deletionTimestamp`, in milliseconds since the epoch. */
  readonly createdMs: number;
  readonly deletedMs: number | undefined;
  /** The `run` annotation. */
  readonly run: string | undefined;
  /** The `retry` annotation. */
  readonly retry: string | undefined;
  readonly spec: DaemonJobSpec;
  readonly status: JobFlowStatus;
  /** From the conditions, as of a Job. */
  readonly outcome: Outcome | undefined;
  /** A Job of it has been made: its gate has opened, and stays open. */
  readonly started: boolean;
  /** `spec.suspend`. */
  readonly suspended: boolean;
  /** The JobFlow whose entry it is, if it is one. */
  readonly owner: ControllerOwner | undefined;
  /** What its annotations ask of jobflow: a DaemonJob waits at a gate as a Job does. */
  readonly terms: GateTerms | undefined;
}

/**
 * Takes from a DaemonJob what decisions need.
 *
 * @param daemon a DaemonJob as the API server sent it
 */
export function projectDaemonJob(daemon: DaemonJobObject): DaemonRecord {
  const { metadata } = daemon;
  // Its metadata say the same as those of a Job.
  const { namespace, name, uid, resourceVersion, createdMs, deletedMs, owner, terms } = projectJob({
    metadata,
  });
  const spec = readDaemonSpec(daemon.spec);
  const status = daemon.status ?? {};
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    generation: metadata.generation ?? 0,
    createdMs,
    deletedMs,
    run: terms?.run,
    retry: metadata.annotations?.[RETRY_ANNOTATION],
    spec,
    status,
    outcome: outcomeOf([...(status.conditions ?? [])]),
    started: status.startTime !== undefined,
    suspended: spec.suspend,
    owner,
    terms,
  };
}

/**
 * A DaemonJob as those see it that it waits for, and that wait for it: it stands at its gate like a Job that is
 * suspended until it opens, so that gate, cycles and the keeping of outcomes are decided in the same way. Its name is
 * as edges name it. It never goes away by itself: a TTL in its spec is that of its Jobs.
 */
export function daemonAsJob(daemon: DaemonRecord): JobRecord {
  const { namespace, uid, resourceVersion, createdMs, deletedMs, started, outcome, owner, terms } = daemon;
  return {
    namespace,
    name: referenceTo(daemon),
    uid,
    resourceVersion,
    createdMs,
    deletedMs,
    suspended: !started,
    started,
    outcome,
    hasTtl: false,
    finalizers: [],
    leftAloneBecause: undefined,
    owner,
    terms,
  };
}

/** Where a DaemonJob as a whole stands, in the words of the status of the JobFlow whose entry it is. */
export function daemonStateOf({ outcome, started, status }: DaemonRecord): JobState {
  if (outcome !== undefined) return stateOfOutcome(outcome);
  if (started) return 'Running';
  return (status.counts?.held ?? 0) > 0 ? 'Held' : 'Waiting';
}

/** Whether a new value of the `retry` annotation has not been carried out. */
export function isRetrying({ retry, status }: DaemonRecord): boolean {
  return retry !== undefined && retry !== status.observedRetry;
}

/**
 * Whether a DaemonJob still needs the outcome of a node's Job in writing. Until then a Job with a TTL has to keep its
 * finalizer: one that vanished unrecorded would be run again.
 *
 * @param job a Job that the DaemonJob controls
 */
export function needsNodeOutcome(daemon: DaemonRecord, job: JobRecord): boolean {
  if (daemon.deletedMs !== undefined || daemon.outcome !== undefined || job.outcome === undefined)
    return false;
  if (isRetrying(daemon) && job.outcome !== 'Complete') return false;
  // A node that is not in the list does not count; its Job is made only once it is.
  const recorded = daemon.status.jobStatusList?.[job.name];
  return recorded === 'Waiting' || recorded === 'Held' || recorded === 'Running';
}

function referenceTo({ name }: DaemonRecord): string {
  return `daemonjob/${name}`;
}
