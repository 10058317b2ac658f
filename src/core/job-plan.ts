import type { RecordedOutcome, Outcomes } from '../api/outcomes-record.ts';
import { KEEP_OUTCOME_FINALIZER } from '../api/names.ts';
import { countingOutcome, countsFor, decideGate, type GateDecision, type WaitingOn } from './gate.ts';
import { describeClosed, describeCycle, describeWaiting } from './gate-messages.ts';
import { isWaiting } from './job-projection.ts';
import type { GateTerms, JobRecord, UpstreamRecord } from './job-record.ts';
import { opensOn } from './outcome.ts';

/** What surrounds a Job at one moment; everything in it is a snapshot. */
export interface JobSnapshot {
  readonly job: JobRecord;
  /** The object that an edge names, in the same namespace, as last seen. */
  readonly upstream: (name: string) => UpstreamRecord | undefined;
  /** The Jobs that wait for this one, gone through anew at each call. */
  readonly dependents: () => IteratorObject<JobRecord>;
  /** Outcomes of upstreams that were seen to go away and are not yet written on this Job. */
  readonly vanished: Outcomes;
  /** What keeps the gate shut besides its edges: its flow is suspended, or runs as many Jobs as it may. */
  readonly limit?: (() => WaitingOn | undefined) | undefined;
  /** The JobFlow that the Job belongs to has not yet noted how it ended. */
  readonly ownerNeedsOutcome?: boolean;
  /** The cycle that the Job is on, `a, b, a`, if it is on one. */
  readonly cycle: readonly string[] | undefined;
}

/** Why a Job is failed natively: the reason of its Failed condition. */
export type FailureReason = 'DependencyFailed' | 'DependencyTimeout';

/** The reasons of the Events that jobflow writes on a Job. */
export type AnnouncedReason = 'Waiting' | 'Held' | 'Released' | 'Skipped' | 'DependencyCycle';

/** The reasons of all Events that tell of a Job's gate; those of failures come from the Job controller. */
export type GateEventReason = AnnouncedReason | FailureReason;

/** One thing to do. Every write names the record that it was decided on, so that it can carry its precondition. */
export type JobAction =
  | { readonly kind: 'release'; readonly job: JobRecord }
  | {
      readonly kind: 'fail';
      readonly job: JobRecord;
      readonly reason: FailureReason;
      readonly message: string;
    }
  | { readonly kind: 'skip'; readonly job: JobRecord; readonly message: string }
  | { readonly kind: 'recordOutcomes'; readonly job: JobRecord; readonly outcomes: Outcomes }
  | { readonly kind: 'addFinalizer'; readonly job: JobRecord }
  | { readonly kind: 'removeFinalizer'; readonly job: JobRecord }
  | { readonly kind: 'relinquishSuspend'; readonly job: JobRecord }
  /** Tell what it waits for; whoever announces keeps repeats apart. */
  | {
      readonly kind: 'announceWait';
      readonly job: JobRecord;
      readonly reason: 'Waiting' | 'Held' | 'DependencyCycle';
      /** It does not go on by itself: somebody has to create, mend or edit something. */
      readonly needsSomebody: boolean;
      readonly message: string;
    }
  | { readonly kind: 'recheckAt'; readonly job: JobRecord; readonly timeMs: number };

/**
 * Decides everything that is to be done about one Job: its gate, the outcomes that must outlive its upstreams, its
 * finalizer. Pure; deciding twice on the same snapshot gives the same actions.
 *
 * @param snapshot the Job and what surrounds it
 * @param nowMs the time, in milliseconds since the epoch
 */
export function planJob(snapshot: JobSnapshot, nowMs: number): JobAction[] {
  const { job } = snapshot;
  const actions: JobAction[] = [];
  if (isWaiting(job) && job.terms !== undefined) actions.push(...planGate(snapshot, job.terms, nowMs));
  actions.push(...planFinalizer(snapshot));
  if (job.terms?.ownsSuspend === true && job.deletedMs === undefined) {
    actions.push({ kind: 'relinquishSuspend', job });
  }
  return actions;
}

/** Outcomes recorded on a Job, with those that were seen since; one that opened its edge stays. */
export function mergeOutcomes(terms: GateTerms, seen: Outcomes): Outcomes {
  if (seen.size === 0) return terms.outcomes;
  const merged = new Map(terms.outcomes);
  for (const { name, wants } of terms.edges) {
    const recorded = merged.get(name);
    const newer = seen.get(name);
    if (newer === undefined || (recorded !== undefined && opensOn(wants, recorded.outcome))) continue;
    merged.set(name, newer);
  }
  return merged;
}

function planGate(snapshot: JobSnapshot, terms: GateTerms, nowMs: number): JobAction[] {
  const { job, upstream, cycle, limit } = snapshot;
  const outcomes = mergeOutcomes(terms, snapshot.vanished);
  const decision = decideGate({ job, terms, upstream, outcomes, limit, cycle, nowMs });
  switch (decision.kind) {
    case 'release':
      return [{ kind: 'release', job }];
    case 'fail':
      return [
        { kind: 'fail', job, reason: 'DependencyFailed', message: `${describeClosed(decision.because)}.` },
      ];
    case 'timeout': {
      const message = `The gate has not opened within ${decision.afterMs / 1000} s of the Job's creation: ${describeWaiting(decision.on)}.`;
      return [{ kind: 'fail', job, reason: 'DependencyTimeout', message }];
    }
    case 'skip':
      return [{ kind: 'skip', job, message: `${describeClosed(decision.because)}.` }];
    case 'wait':
    case 'cycle':
      return [
        ...keepOutcomes(job, terms, upstream, outcomes),
        announcement(job, decision),
        ...(terms.waitTimeoutMs === undefined
          ? []
          : [{ kind: 'recheckAt', job, timeMs: job.createdMs + terms.waitTimeoutMs } as const]),
      ];
  }
}

function announcement(
  job: JobRecord,
  decision: Extract<GateDecision, { kind: 'wait' | 'cycle' }>,
): JobAction {
  if (decision.kind === 'cycle') {
    const message = `The dependencies form a cycle, ${describeCycle(decision.path)}; edit or delete one of these Jobs.`;
    return { kind: 'announceWait', job, reason: 'DependencyCycle', needsSomebody: true, message };
  }
  const held = decision.on.every(({ kind }) => kind === 'held');
  const message = held
    ? 'Every dependency is met; the Job is held until it is approved.'
    : `${describeWaiting(decision.on)}.`;
  const needsSomebody = held || decision.on.some(({ kind }) => NEEDS_SOMEBODY.has(kind));
  return { kind: 'announceWait', job, reason: held ? 'Held' : 'Waiting', needsSomebody, message };
}

const NEEDS_SOMEBODY: ReadonlySet<WaitingOn['kind']> = new Set<WaitingOn['kind']>([
  'deleted',
  'unmet',
  'unreadable',
]);

/** The outcomes of upstreams that are going away, or will by themselves, are written on the Job, all in one patch. */
function keepOutcomes(
  job: JobRecord,
  terms: GateTerms,
  upstream: (name: string) => UpstreamRecord | undefined,
  outcomes: Outcomes,
): JobAction[] {
  const leaving = new Map<string, RecordedOutcome>();
  for (const { name } of terms.edges) {
    const found = upstream(name);
    if (found === undefined || (found.deletedMs === undefined && found.vanishes !== true)) continue;
    const outcome = countingOutcome(job, terms, found);
    if (outcome !== undefined) leaving.set(name, outcome);
  }
  const kept = mergeOutcomes({ ...terms, outcomes }, leaving);
  return sameOutcomes(kept, terms.outcomes) ? [] : [{ kind: 'recordOutcomes', job, outcomes: kept }];
}

function sameOutcomes(a: Outcomes, b: Outcomes): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  return a.entries().every(([name, { uid, outcome }]) => {
    const other = b.get(name);
    return other?.uid === uid && other.outcome === outcome;
  });
}

/**
 * A Job that can vanish by its TTL carries the finalizer while somebody may need its outcome, and loses it as soon as
 * nothing can be lost any more: it went away without an outcome, or everybody who waits has it in writing.
 */
function planFinalizer({ job, dependents, ownerNeedsOutcome }: JobSnapshot): JobAction[] {
  const needed = (): boolean =>
    (ownerNeedsOutcome === true && job.outcome !== undefined) ||
    dependents().some((dependent) => needsOutcomeOf(dependent, job));
  if (job.finalizers.includes(KEEP_OUTCOME_FINALIZER)) {
    const ended = job.outcome !== undefined;
    const mayGo = ended ? !needed() : job.deletedMs !== undefined;
    return mayGo ? [{ kind: 'removeFinalizer', job }] : [];
  }
  // Kubernetes refuses new finalizers on an object in deletion.
  const mayHave = job.hasTtl && job.deletedMs === undefined && job.leftAloneBecause === undefined;
  return mayHave && needed() ? [{ kind: 'addFinalizer', job }] : [];
}

/** Whether a dependent may still need the outcome of an upstream, and does not have it in writing. */
export function needsOutcomeOf(dependent: JobRecord, upstream: UpstreamRecord): boolean {
  const { terms } = dependent;
  if (terms === undefined || !countsFor(dependent, terms, upstream)) return false;
  const wants = terms.edges.find(({ name }) => name === upstream.name)?.wants;
  const recorded = terms.outcomes.get(upstream.name);
  if (wants === undefined || recorded?.uid === upstream.uid) return false;
  return recorded === undefined || !opensOn(wants, recorded.outcome);
}
