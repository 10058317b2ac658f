import { describeReference } from '../api/dependency-reference.ts';
import type { ClosedEdge, WaitingOn } from './gate.ts';

const SHOWN = 5;

/** What a Job waits for, in words: `"a" is running; "b" does not exist …`; the first five, then a count. */
export function describeWaiting(on: readonly WaitingOn[]): string {
  const shown = on.slice(0, SHOWN).map(describeOne).join('; ');
  return on.length > SHOWN ? `${shown}; and ${on.length - SHOWN} more` : shown;
}

/** Why a gate failed or was skipped, in words. */
export function describeClosed({ edge, outcome }: ClosedEdge): string {
  const ended = { Complete: 'completed', Failed: 'failed', Skipped: 'was skipped' }[outcome];
  return `${describeReference(edge.name)} ${ended}, but this Job waits for "${edge.name}=${edge.wants}"`;
}

/** A cycle in words: `a → b → a`. */
export function describeCycle(path: readonly string[]): string {
  return path.join(' → ');
}

function describeOne(on: WaitingOn): string {
  switch (on.kind) {
    case 'notCreated':
      return `${describeReference(on.name)} does not exist (not created yet, or gone with its outcome unknown)`;
    case 'otherRun':
      return `${describeReference(on.name)} belongs to ${on.run === undefined ? 'no run' : `run "${on.run}"`}, not to this one`;
    case 'leftOver':
      return `${describeReference(on.name)} is left over from before this Job was created and is being deleted`;
    case 'running':
      return `${describeReference(on.name)} has not ended`;
    case 'deleted':
      return `${describeReference(on.name)} is being deleted before it had an outcome`;
    case 'unmet':
      return `${describeReference(on.name)} ended as ${on.outcome}; waiting for a new Job of that name`;
    case 'held':
      return 'held until it is approved';
    case 'flowSuspended':
      return `${describeReference(on.name)} is suspended`;
    case 'flowDeleted':
      return `${describeReference(on.name)} is being deleted`;
    case 'flowEdited':
      return `${describeReference(on.name)} has been edited; the Job is about to be made anew`;
    case 'flowFull':
      return `${describeReference(on.name)} runs ${on.limit} Jobs, as many at once as it may`;
    case 'unreadable':
      // A refusal is a sentence of its own; here it becomes a part of one.
      return on.problem.replace(/\.$/, '');
  }
}
