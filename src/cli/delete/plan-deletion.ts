import { isWaiting } from '../../core/job-projection.ts';
import type { ControllerOwner } from '../../core/job-record.ts';
import { flowState } from '../view/concerned-parts.ts';
import type { NamespaceView } from '../view/namespace-view.ts';
import { hasEnded, type PartState, type PartView } from '../view/part-view.ts';
import { isDeleting, referenceTo, type Target } from '../targets/target.ts';

/** What becomes of the objects that belong to a deleted one, in kubectl's words. */
export const CASCADES = ['background', 'foreground', 'orphan'] as const;

/** One of the {@link CASCADES}. */
export type Cascade = (typeof CASCADES)[number];

/** One object that is to go. */
export interface Deletion {
  readonly target: Target;
  /** It is being deleted already. */
  readonly isUnderWay: boolean;
  readonly state: PartState;
  /** What belongs to it: the Jobs and DaemonJobs of a JobFlow, the Jobs of a DaemonJob. */
  readonly parts: readonly PartView[];
  /** Pods that run now, of it and of what belongs to it. */
  readonly pods: number;
}

/** A Job or DaemonJob that waits for something that is to go, and will wait on. */
export interface Waiter {
  /** Both as edges name them. */
  readonly name: string;
  readonly on: readonly string[];
}

/** A Job that whatever it belongs to will make again. */
export interface Remade {
  readonly name: string;
  /** As edges name it. */
  readonly by: string;
}

/** What a deletion comes to. */
export interface DeletionPlan {
  readonly deletions: readonly Deletion[];
  readonly waiters: readonly Waiter[];
  readonly remade: readonly Remade[];
}

/**
 * Says what a deletion comes to: what goes, who waits for it, and what comes back. Pure.
 *
 * @param targets what is to be deleted
 * @param view the namespace
 */
export function planDeletion(
  targets: readonly Target[],
  view: NamespaceView,
  cascade: Cascade,
): DeletionPlan {
  const owned = Map.groupBy(view.parts.values(), ({ record }) => record?.owner?.uid);
  const deletions = targets.map((target): Deletion => {
    const parts = partsOf(target.object.metadata.uid ?? '', owned);
    const self = target.kind === 'jobflow' ? undefined : view.parts.get(referenceTo(target));
    const flow = target.kind === 'jobflow' ? view.flows.get(target.name) : undefined;
    const jobs = [...(target.kind === 'job' && self !== undefined ? [self] : []), ...parts].filter(
      ({ name }) => !name.startsWith(DAEMON),
    );
    return {
      target,
      isUnderWay: isDeleting(target),
      state: self?.state ?? (flow === undefined ? 'Waiting' : flowState(flow.record)),
      parts,
      pods: jobs.reduce((sum, { pods }) => sum + pods.active, 0),
    };
  });
  const gone = new Set(deletions.map(({ target }) => referenceTo(target)));
  if (cascade !== 'orphan') for (const { parts } of deletions) for (const { name } of parts) gone.add(name);
  return { deletions, waiters: waitersFor(gone, view), remade: remadeOf(deletions, gone, view) };
}

/** DaemonJobs count the pods of their Jobs. */
const DAEMON = 'daemonjob/';

function partsOf(uid: string, owned: ReadonlyMap<string | undefined, readonly PartView[]>): PartView[] {
  return (owned.get(uid) ?? []).flatMap((part) => [part, ...partsOf(part.record?.uid ?? '', owned)]);
}

/** An outcome that is there is written on those that wait before its Job goes; only what has not ended is missed. */
function waitersFor(gone: ReadonlySet<string>, view: NamespaceView): Waiter[] {
  const isMissed = (name: string): boolean => {
    if (!gone.has(name)) return false;
    const part = view.parts.get(name);
    if (part !== undefined) return !hasEnded(part);
    return view.flows.get(name.replace(/^jobflow\//, ''))?.record.outcome === undefined;
  };
  return [...view.parts.values()].flatMap(({ name, record, edges }) => {
    if (record === undefined || gone.has(name) || !isWaiting(record)) return [];
    const on = edges.map((edge) => edge.name).filter(isMissed);
    return on.length === 0 ? [] : [{ name, on }];
  });
}

/** What has ended is not run again. */
function remadeOf(deletions: readonly Deletion[], gone: ReadonlySet<string>, view: NamespaceView): Remade[] {
  return deletions.flatMap(({ target, state }) => {
    const part = view.parts.get(referenceTo(target));
    const owner = part?.record?.owner;
    if (target.kind === 'jobflow' || owner === undefined || hasEnded({ state })) return [];
    const by = makerOf(owner, view);
    return by === undefined || gone.has(by) ? [] : [{ name: referenceTo(target), by }];
  });
}

/** Something of ours that makes its Jobs again as long as it has not ended. */
function makerOf({ kind, name, uid }: ControllerOwner, view: NamespaceView): string | undefined {
  switch (kind) {
    case 'JobFlow': {
      const record = view.flows.get(name)?.record;
      return record?.uid === uid && record.outcome === undefined ? `jobflow/${name}` : undefined;
    }
    case 'DaemonJob': {
      const part = view.parts.get(`${DAEMON}${name}`);
      return part?.record?.uid === uid && !hasEnded(part) ? part.name : undefined;
    }
    default:
      return undefined;
  }
}
