import type { JobObject, ManagedFieldsEntry } from '../../api/job.ts';
import { ownsSuspend } from '../field-owners.ts';

/** What becomes of `spec.suspend` in an edit. */
export type SuspendDecision =
  | { readonly kind: 'as-sent' }
  /** It stays as it is stored; `tell` if whoever wrote meant it and should know. */
  | { readonly kind: 'as-stored'; readonly suspend: boolean; readonly tell: boolean };

/** An edit of a Job's `spec.suspend`. */
export interface SuspendEdit {
  readonly old: JobObject;
  readonly next: JobObject;
  readonly manager: string;
  /** The Job is gated, before or after the edit. */
  readonly gated: boolean;
  readonly released: boolean;
  /** The file that the Job was created from states `suspend: true`, and this is most likely that file again. */
  readonly isStatedAgain: boolean;
}

/**
 * Decides whether an edit may change `spec.suspend` of a gated Job. Before its release only the controller starts
 * it. After its release a file that states `suspend: true` would kill the running pods each time it is applied
 * again, so that is undone; anybody else's `true` is a pause, as in plain Kubernetes.
 */
export function decideSuspend(edit: SuspendEdit): SuspendDecision {
  const { old, next, manager, gated, released, isStatedAgain } = edit;
  const before = old.spec?.suspend === true;
  const after = next.spec?.suspend === true;
  if (!gated || before === after) return { kind: 'as-sent' };
  if (!released) {
    // Set to true before its release, a Job only goes back to waiting.
    return before
      ? { kind: 'as-stored', suspend: true, tell: statesSuspend(next, old, manager) }
      : { kind: 'as-sent' };
  }
  return after && isStatedAgain ? { kind: 'as-stored', suspend: false, tell: false } : { kind: 'as-sent' };
}

/**
 * Whether the writer wrote `spec.suspend`, or left it out and the API server filled in `false`. Only a server-side
 * apply can leave it out unseen; it is told by its entry in `managedFields`, since an apply arrives as any other
 * update.
 */
function statesSuspend(next: JobObject, old: JobObject, manager: string): boolean {
  const applied = entriesOf(next, manager, 'Apply');
  if (applied.length === 0 || applied.some(ownsSuspend)) return true;
  // The same manager may also write by other means.
  return (
    entriesOf(next, manager, 'Update').some(ownsSuspend) &&
    !entriesOf(old, manager, 'Update').some(ownsSuspend)
  );
}

function entriesOf(job: JobObject, manager: string, operation: string): ManagedFieldsEntry[] {
  return (job.metadata.managedFields ?? []).filter(
    (entry) => entry.manager === manager && entry.operation === operation && !entry.subresource,
  );
}
