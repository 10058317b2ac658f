import type { DependencyEdge } from '../api/dependency-list.ts';
import type { Outcome } from '../api/outcomes.ts';
import type { Outcomes, RecordedOutcome } from '../api/outcomes-record.ts';
import type { GateTerms, JobRecord, UpstreamRecord } from './job-record.ts';
import { opensOn } from './outcome.ts';

/** What a gate is decided on: a snapshot, and the time. */
export interface GateInput {
  readonly job: JobRecord;
  readonly terms: GateTerms;
  /** The object that an edge names, in the same namespace, as last seen. */
  readonly upstream: (name: string) => UpstreamRecord | undefined;
  /** Outcomes known to outlive their Jobs: those recorded on the Job, and those seen as their Job went away. */
  readonly outcomes: Outcomes;
  /** What else keeps the gate shut: the Job's flow is suspended, or runs as many Jobs as it may. Asked last, if at all. */
  readonly limit?: (() => WaitingOn | undefined) | undefined;
  /** The cycle that the Job is on, `a, b, a`, if it is on one. */
  readonly cycle: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** One thing that a Job waits for. */
export type WaitingOn =
  /** No Job of that name: not created yet, or gone with its outcome unknown. */
  | { readonly kind: 'notCreated'; readonly name: string }
  /** A Job of that name is there, of another run, or left over from before this Job was created. */
  | { readonly kind: 'otherRun'; readonly name: string; readonly run: string | undefined }
  | { readonly kind: 'leftOver'; readonly name: string }
  | { readonly kind: 'running'; readonly name: string }
  /** Being deleted before it had an outcome. */
  | { readonly kind: 'deleted'; readonly name: string }
  /** The outcome can no longer be the awaited one; the Job waits for a new Job of that name (policy Wait). */
  | { readonly kind: 'unmet'; readonly name: string; readonly outcome: Outcome }
  | { readonly kind: 'held' }
  /** The JobFlow or DaemonJob that the Job belongs to lets nothing start. */
  | { readonly kind: 'flowSuspended'; readonly name: string }
  /** The JobFlow is being deleted, or has been edited: the Job is about to go, or to be made anew. */
  | { readonly kind: 'flowDeleted'; readonly name: string }
  | { readonly kind: 'flowEdited'; readonly name: string }
  /** The JobFlow runs as many Jobs at once as it may. */
  | { readonly kind: 'flowFull'; readonly name: string; readonly limit: number }
  /** The annotations got past the webhook and cannot be read. */
  | { readonly kind: 'unreadable'; readonly problem: string };

/** An edge that can never open, and the outcome that closed it. */
export interface ClosedEdge {
  readonly edge: DependencyEdge;
  readonly outcome: Outcome;
}

/** What is to be done about a gate; every decision carries its reason. */
export type GateDecision =
  | { readonly kind: 'release' }
  | { readonly kind: 'wait'; readonly on: readonly [WaitingOn, ...WaitingOn[]] }
  | { readonly kind: 'fail'; readonly because: ClosedEdge }
  | { readonly kind: 'timeout'; readonly on: readonly WaitingOn[]; readonly afterMs: number }
  | { readonly kind: 'skip'; readonly because: ClosedEdge }
  | { readonly kind: 'cycle'; readonly path: readonly string[] };

/** How one edge stands. */
export type EdgeState =
  | { readonly kind: 'open' }
  | { readonly kind: 'closed'; readonly outcome: Outcome }
  | { readonly kind: 'pending'; readonly on: WaitingOn };

const OPEN: EdgeState = { kind: 'open' };

/**
 * Decides a gate. Pure: the same snapshot and time give the same decision, and the decision does not depend on the
 * order in which the outcomes came.
 *
 * @param input a Job that waits ({@link isWaiting}) and what surrounds it
 */
export function decideGate(input: GateInput): GateDecision {
  const { terms, cycle } = input;
  if (terms.unreadable !== undefined) {
    return { kind: 'wait', on: [{ kind: 'unreadable', problem: terms.unreadable }] };
  }
  const pending: WaitingOn[] = [];
  let failed: ClosedEdge | undefined;
  let otherBranch: ClosedEdge | undefined;
  for (const edge of terms.edges) {
    const state = edgeState(input, edge);
    if (state.kind === 'pending') pending.push(state.on);
    if (state.kind !== 'closed') continue;
    const closed: ClosedEdge = { edge, outcome: state.outcome };
    if (terms.onUnmet === 'Wait') pending.push({ kind: 'unmet', name: edge.name, outcome: state.outcome });
    else if (state.outcome === 'Failed') failed ??= closed;
    else otherBranch ??= closed;
  }
  if (failed !== undefined) return { kind: 'fail', because: failed };
  // Only when every upstream has ended: one that is still running may fail, and failing outranks skipping.
  if (otherBranch !== undefined && pending.length === 0) return { kind: 'skip', because: otherBranch };
  if (otherBranch === undefined && terms.held) pending.push({ kind: 'held' });
  // Last, for it says something only of a gate that nothing else keeps shut.
  const limit = pending.length === 0 ? input.limit?.() : undefined;
  if (limit !== undefined) pending.push(limit);
  const [first, ...others] = pending;
  if (first === undefined) return { kind: 'release' };
  const afterMs = terms.waitTimeoutMs;
  if (afterMs !== undefined && input.nowMs >= input.job.createdMs + afterMs) {
    return { kind: 'timeout', on: pending, afterMs };
  }
  if (cycle !== undefined) return { kind: 'cycle', path: cycle };
  return { kind: 'wait', on: [first, ...others] };
}

/** How one edge stands, from the recorded outcome and the Job that bears the name now. */
export function edgeState(
  input: Pick<GateInput, 'job' | 'terms' | 'upstream' | 'outcomes'>,
  edge: DependencyEdge,
): EdgeState {
  const { name, wants } = edge;
  const recorded = input.outcomes.get(name);
  // An outcome that opened the edge is final, whatever became of its Job.
  if (recorded !== undefined && opensOn(wants, recorded.outcome)) return OPEN;
  const upstream = input.upstream(name);
  const state = upstream && upstreamState(input.job, input.terms, upstream);
  if (state?.kind === 'ended') {
    return opensOn(wants, state.outcome) ? OPEN : { kind: 'closed', outcome: state.outcome };
  }
  // Any other recorded outcome gives way to a newer Job of the same name.
  if (recorded !== undefined && (state === undefined || state.kind === 'foreign')) {
    return { kind: 'closed', outcome: recorded.outcome };
  }
  return { kind: 'pending', on: state === undefined ? { kind: 'notCreated', name } : state.on };
}

/**
 * The outcome with which an upstream counts for a dependent.
 *
 * @returns undefined if it has none yet, belongs to another run, or was being deleted when the dependent was created
 */
export function countingOutcome(
  job: JobRecord,
  terms: GateTerms,
  upstream: UpstreamRecord,
): RecordedOutcome | undefined {
  const state = upstreamState(job, terms, upstream);
  return state.kind === 'ended' ? { uid: upstream.uid, outcome: state.outcome } : undefined;
}

/** Whether an upstream is one that the dependent waits for: of its run, and not left over from before its creation. */
export function countsFor(job: JobRecord, terms: GateTerms, upstream: UpstreamRecord): boolean {
  return upstreamState(job, terms, upstream).kind !== 'foreign';
}

type UpstreamState =
  | { readonly kind: 'ended'; readonly outcome: Outcome }
  | { readonly kind: 'underWay'; readonly on: WaitingOn }
  | { readonly kind: 'foreign'; readonly on: WaitingOn };

function upstreamState(job: JobRecord, terms: GateTerms, upstream: UpstreamRecord): UpstreamState {
  const { name } = upstream;
  if (terms.run !== undefined && upstream.terms?.run !== terms.run) {
    return { kind: 'foreign', on: { kind: 'otherRun', name, run: upstream.terms?.run } };
  }
  if (wasLeaving(job, terms, upstream)) return { kind: 'foreign', on: { kind: 'leftOver', name } };
  if (upstream.outcome !== undefined) return { kind: 'ended', outcome: upstream.outcome };
  const kind = upstream.deletedMs === undefined ? 'running' : 'deleted';
  return { kind: 'underWay', on: { kind, name } };
}

/**
 * Whether an upstream was already being deleted when the dependent was created. The webhook has recorded it at
 * CREATE; the timestamps, in whole seconds, catch what the webhook's view had not yet seen.
 */
function wasLeaving(job: JobRecord, terms: GateTerms, upstream: UpstreamRecord): boolean {
  if (upstream.deletedMs === undefined) return false;
  return terms.ignoredUids.includes(upstream.uid) || upstream.deletedMs < job.createdMs;
}
