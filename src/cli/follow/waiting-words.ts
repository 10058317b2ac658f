import { parseReference } from '../../api/dependency-reference.ts';
import { describeCycle, describeWaiting } from '../../core/gate-messages.ts';
import type { WaitingOn } from '../../core/gate.ts';
import type { NamespaceView } from '../view/namespace-view.ts';
import { hasEnded, type PartView } from '../view/part-view.ts';
import { waitedForWords } from '../view/waiting-words.ts';

/** What surrounds a part that waits. */
export interface WaitingPlace {
  readonly view: NamespaceView;
  /** Whether a Job, JobFlow or DaemonJob, by name as edges have it, is followed too. */
  readonly isFollowed: (name: string) => boolean;
}

/** What a part waits for, short: `extract, fetch=Failed`, `load (not in these files)`; empty if for nothing. */
export function waitingWords(part: PartView, place: WaitingPlace): string[] {
  if (part.cycle !== undefined) return [`a cycle: ${describeCycle(part.cycle)}`];
  // Of one that a flow has yet to make nothing is decided yet.
  if (part.record === undefined)
    return part.edges
      .filter(({ name }) => {
        const upstream = place.view.parts.get(name);
        return upstream === undefined || !hasEnded(upstream);
      })
      .map(({ name }) => edgeWords(part, name));
  return part.waitingOn.map((on) => wordsOf(part, on, place));
}

function wordsOf(part: PartView, on: WaitingOn, place: WaitingPlace): string {
  switch (on.kind) {
    case 'notCreated':
      return `${edgeWords(part, on.name)}${isExpected(on.name, place) ? '' : ' (not there)'}`;
    case 'running':
      return `${edgeWords(part, on.name)}${place.isFollowed(on.name) ? '' : ' (not in these files)'}`;
    default:
      return waitedForWords(on);
  }
}

/** Why a part never starts by itself. */
export interface Standstill {
  /** The same for as long as nothing changes. */
  readonly key: string;
  /** As a part of a sentence, after the name. */
  readonly words: string;
  /** What helps: the words after `jobflow`, before the options. */
  readonly command: string;
}

/**
 * Why a part that has not started never will, as far as can be told: it is held, on a cycle, waits for what is not there.
 *
 * @returns nothing while it waits for something that goes on
 */
export function standstillsOf(part: PartView, place: WaitingPlace): Standstill[] {
  const { name, cycle, waitingOn, state } = part;
  const why = `why ${name}`;
  if (cycle !== undefined) {
    const path = describeCycle(cycle);
    return [
      {
        key: `cycle ${path}`,
        words: `is on a cycle, ${path}, and never starts; remove an edge`,
        command: why,
      },
    ];
  }
  if (state === 'Held')
    return [{ key: 'held', words: 'is held until it is approved', command: `approve ${name}` }];
  if (state === 'Suspended')
    return [{ key: 'suspended', words: 'is suspended, and not by jobflow', command: `resume ${name}` }];
  return waitingOn.flatMap((on): Standstill[] => {
    switch (on.kind) {
      case 'running':
      case 'held':
      case 'flowFull':
      case 'flowEdited':
        return [];
      case 'notCreated':
        if (isExpected(on.name, place)) return [];
        break;
      case 'flowSuspended':
        return [
          {
            key: on.kind,
            words: `waits: ${describeWaiting([on])}`,
            command: `resume ${on.name}`,
          },
        ];
      case 'otherRun':
      case 'leftOver':
      case 'deleted':
      case 'unmet':
      case 'flowDeleted':
      case 'unreadable':
        break;
    }
    const upstream = 'name' in on ? on.name : '';
    return [{ key: `${on.kind} ${upstream}`, words: `cannot start: ${describeWaiting([on])}`, command: why }];
  });
}

/** As it is written in `depends-on`. */
function edgeWords({ edges }: PartView, name: string): string {
  const wants = edges.find((edge) => edge.name === name)?.wants ?? 'Complete';
  return wants === 'Complete' ? name : `${name}=${wants}`;
}

/** It is there, has been applied, or is made by a JobFlow. */
function isExpected(name: string, { view, isFollowed }: WaitingPlace): boolean {
  if (isFollowed(name)) return true;
  const reference = parseReference(name);
  return reference?.kind === 'jobflow' ? view.flows.has(reference.name) : view.parts.has(name);
}
