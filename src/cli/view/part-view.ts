import type { DependencyEdge } from '../../api/dependency-list.ts';
import type { GateDecision, WaitingOn } from '../../core/gate.ts';
import type { JobRecord } from '../../core/job-record.ts';

/** Where a Job or DaemonJob stands, in the words that a user reads. */
export type PartState = 'Waiting' | 'Held' | 'Suspended' | 'Running' | 'Complete' | 'Failed' | 'Skipped';

/** One Job or DaemonJob, or one that a JobFlow has yet to make, as commands show it. */
export interface PartView {
  /** As edges name it: the name of a Job, or `daemonjob/NAME`. */
  readonly name: string;
  readonly state: PartState;
  /** The JobFlow that it belongs to: its maker, or the one that it joined by annotation. */
  readonly flow: string | undefined;
  readonly run: string | undefined;
  /** What it waits for, or has waited for. */
  readonly edges: readonly DependencyEdge[];
  /** What is decided of its gate; undefined if it does not wait at one. A cycle is not in it, but in `cycle`. */
  readonly decision: GateDecision | undefined;
  /** What keeps it waiting now; empty if nothing does, or it is about to start. */
  readonly waitingOn: readonly WaitingOn[];
  /** The cycle that it is on, `a, b, a`, if it is on one. */
  readonly cycle: readonly string[] | undefined;
  /** Why it failed or was skipped, from its condition. */
  readonly ending: { readonly reason: string; readonly message: string } | undefined;
  /** In milliseconds since the epoch, as the others: its creation; undefined if it is yet to be made. */
  readonly createdMs: number | undefined;
  /** When its pods began; undefined if they have not, as of a Job that was skipped. */
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  /** How many times it was tried: 1 when it has started, and one more for each pod that failed. */
  readonly attempts: number;
  /** Pods, as its status counts them. */
  readonly pods: { readonly active: number; readonly succeeded: number; readonly failed: number };
  /** How many pods have to succeed. */
  readonly completions: number;
  /** What decisions know of it; undefined if it is yet to be made. */
  readonly record: JobRecord | undefined;
}

/** Whether nothing more will become of it. */
export function hasEnded({ state }: Pick<PartView, 'state'>): boolean {
  return state === 'Complete' || state === 'Failed' || state === 'Skipped';
}
