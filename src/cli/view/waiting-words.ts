import type { WaitingOn } from '../../core/gate.ts';
import type { PartView } from './part-view.ts';

/**
 * What a Job waits for in a few words: `load`, `load (not created)`, `approval`, `a cycle: a → b → a`. Empty if nothing
 * keeps it.
 */
export function waitingWords(part: PartView): readonly string[] {
  const { state, cycle, waitingOn, record, flow } = part;
  if (state !== 'Waiting' && state !== 'Held') return [];
  if (cycle !== undefined) return [`a cycle: ${cycle.join(' → ')}`];
  // An entry of a JobFlow, which has yet to make the Job.
  if (record === undefined) return flow === undefined ? [] : [`jobflow/${flow} (to create it)`];
  return waitingOn.map(waitedForWords);
}

/**
 * Some words in one cell: the first ones, and how many more there are.
 *
 * @param shown how many at most
 */
export function firstWords(words: readonly string[], shown: number): string {
  const more = words.length - shown;
  return more > 0 ? `${words.slice(0, shown).join(', ')} +${more} more` : words.join(', ');
}

/** One thing that a Job waits for, in a few words. */
export function waitedForWords(on: WaitingOn): string {
  switch (on.kind) {
    case 'running':
      return on.name;
    case 'notCreated':
      return `${on.name} (not created)`;
    case 'otherRun':
      return `${on.name} (of another run)`;
    case 'leftOver':
      return `${on.name} (left over)`;
    case 'deleted':
      return `${on.name} (being deleted)`;
    case 'unmet':
      return `${on.name} (ended ${on.outcome})`;
    case 'held':
      return 'approval';
    case 'flowSuspended':
      return `${on.name} (suspended)`;
    case 'flowDeleted':
      return `${on.name} (being deleted)`;
    case 'flowEdited':
      return `${on.name} (edited)`;
    case 'flowFull':
      return `${on.name} (${on.limit} at once)`;
    case 'unreadable':
      return 'readable annotations';
  }
}
