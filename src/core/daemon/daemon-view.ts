import type { JobState } from '../../api/flow-spec.ts';
import { joinedName } from '../flow/joined-name.ts';
import { endedState, type EndedParts } from '../flow/ended-parts.ts';
import { jobStateOf } from '../flow/job-states.ts';
import type { GateDecision } from '../gate.ts';
import type { JobRecord } from '../job-record.ts';
import type { DaemonRecord } from './daemon-record.ts';
import { stateBefore, type DaemonGate } from './daemon-status.ts';
import { nodeJudge } from './node-eligibility.ts';
import type { NodeRecord } from './node-record.ts';

/**
 * What surrounds a DaemonJob at one moment; everything in it is a snapshot. The Jobs have to include what was created
 * for the DaemonJob before, also where the watch has not yet brought it: the limit of `maxConcurrentNodes` counts them.
 */
export interface DaemonSnapshot {
  readonly daemon: DaemonRecord;
  /** All nodes of the cluster; undefined until all of them are known, and before that nothing is decided. */
  readonly nodes: readonly NodeRecord[] | undefined;
  /** The Jobs that the DaemonJob controls. */
  readonly jobs: readonly JobRecord[];
  /** How Jobs ended that are gone, where the status does not say so yet. */
  readonly ended?: EndedParts;
  /** A Job of the namespace, whoever made it. */
  readonly job: (name: string) => JobRecord | undefined;
  /** How its own dependencies stand; `'open'` if it has none and is not held. Once a Job is made it does not count. */
  readonly gate: 'open' | GateDecision;
}

/** The Job that a node has or gets. */
export interface NodeSeat {
  readonly node: NodeRecord;
  readonly jobName: string;
  readonly isEligible: boolean;
  /** Not eligible, but only for a taint that lets what runs go on: a node that is not ready has one. */
  readonly mayGoOn: boolean;
}

/** A snapshot, put in order for its decisions. */
export interface DaemonView {
  readonly snapshot: DaemonSnapshot;
  readonly gate: DaemonGate;
  /** By the name of the Job, in the order of the nodes' names. */
  readonly seats: ReadonlyMap<string, NodeSeat>;
  readonly owned: ReadonlyMap<string, JobRecord>;
}

/**
 * Puts a snapshot in order.
 *
 * @param nodes all nodes of the cluster
 */
export function viewOf(snapshot: DaemonSnapshot, nodes: readonly NodeRecord[]): DaemonView {
  const { daemon, jobs } = snapshot;
  const judge = nodeJudge(daemon.spec);
  const seats = nodes
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((node) => {
      const why = judge(node);
      return {
        node,
        jobName: joinedName(daemon.name, node.name),
        isEligible: why === undefined,
        mayGoOn: why?.kind === 'taint' && !why.evicts,
      };
    });
  return {
    snapshot,
    gate: gateOf(snapshot),
    seats: new Map(seats.map((seat) => [seat.jobName, seat])),
    owned: new Map(jobs.map((job) => [job.name, job])),
  };
}

/** Where the Jobs of the nodes stand that count, by their names. */
export function statesOf({ snapshot, gate, seats, owned }: DaemonView): Map<string, JobState> {
  const states = new Map<string, JobState>();
  for (const { jobName, isEligible, mayGoOn } of seats.values()) {
    const job = owned.get(jobName);
    const state = job === undefined ? endedBefore(snapshot, jobName) : jobStateOf(job, () => false);
    if (isEligible) states.set(jobName, state ?? stateBefore(gate));
    else if (mayGoOn && state !== undefined) states.set(jobName, state);
  }
  return states;
}

/** The eligible nodes that have no Job and have not had one that ended, in the order of their names. */
export function missingSeats({ snapshot, seats, owned }: DaemonView): NodeSeat[] {
  return [...seats.values()].filter(
    ({ jobName, isEligible }) =>
      isEligible && !owned.has(jobName) && endedBefore(snapshot, jobName) === undefined,
  );
}

/** Whether a retry runs it again. */
export function isToRunAgain(state: JobState): boolean {
  return state === 'Failed' || state === 'Skipped';
}

/** How the Job of a node ended that is gone. */
function endedBefore({ daemon, ended }: DaemonSnapshot, jobName: string): JobState | undefined {
  return endedState(daemon.status, ended, jobName);
}

/** A gate that has opened stays open, whatever becomes of what it waited for. */
function gateOf({ daemon, jobs, gate }: DaemonSnapshot): DaemonGate {
  const { started, terms } = daemon;
  if (started || jobs.length > 0 || terms?.gated !== true || terms.released) return 'open';
  return gate === 'open' || gate.kind === 'release' ? 'open' : gate;
}
