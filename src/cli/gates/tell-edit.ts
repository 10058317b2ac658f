import { describeReference } from '../../api/dependency-reference.ts';
import { describeClosed } from '../../core/gate-messages.ts';
import { counted } from '../view/counted.ts';
import type { FlowView } from '../view/namespace-view.ts';
import type { PartView } from '../view/part-view.ts';
import { describeIgnored } from './decide-start.ts';
import { commandFor, waitsFor, type SeenTarget } from './seen-target.ts';
import { describeTarget } from '../targets/target.ts';

/** The commands that open and shut gates by hand. */
export type GateVerb = 'hold' | 'approve' | 'start' | 'suspend' | 'resume';

/**
 * What an edit did, and what happens next, in one sentence.
 *
 * @param before the object as the edit found it
 * @param after the object as it is with the edit
 */
export function tellEdit(verb: GateVerb, before: SeenTarget, after: SeenTarget): string {
  const name = describeTarget(before.target);
  switch (verb) {
    case 'hold':
      return `${name} is held, until \`${commandFor(before, 'approve')}\`.${flowForgets(before)}`;
    case 'approve':
      return `${name} is approved: ${startsOrWaits(after.part)}.`;
    case 'start': {
      const ignored = before.part === undefined ? '' : describeIgnored(before.part);
      return isStarting(after.part)
        ? `${name} starts now${ignored === '' ? '' : `, ${ignored}`}.`
        : `${name} goes on ${ignored}; ${startsOrWaits(after.part)}.`;
    }
    case 'suspend':
      return tellSuspension(before);
    case 'resume':
      return tellResumption(before, after);
  }
}

function startsOrWaits(part: PartView | undefined): string {
  const decision = part?.decision;
  switch (decision?.kind) {
    case 'fail':
      return `it fails now, since ${describeClosed(decision.because)}`;
    case 'skip':
      return `it is skipped now, since ${describeClosed(decision.because)}`;
    case 'wait':
    case 'timeout':
    case 'cycle':
      return `it still waits: ${part === undefined ? '' : waitsFor(part)}`;
    case 'release':
    case undefined:
      return 'it starts now';
  }
}

/** Whether nothing keeps it from starting, also if it has yet to be made. */
function isStarting(part: PartView | undefined): boolean {
  if (part?.decision !== undefined) return part.decision.kind === 'release';
  return part?.record !== undefined || (part?.edges ?? []).length === 0;
}

/** A flow makes the Job of an entry anew from what the entry says. */
function flowForgets({ part }: SeenTarget): string {
  const owner = part?.record?.owner;
  if (owner?.kind !== 'JobFlow') return '';
  return ` (An edit of its entry in ${describeReference(`jobflow/${owner.name}`)}, or a retry, makes it anew without the hold; \`hold: true\` in the entry stays.)`;
}

function tellSuspension(before: SeenTarget): string {
  const { target, part, flow } = before;
  const name = describeTarget(target);
  const until = `until \`${commandFor(before, 'resume')}\``;
  switch (target.kind) {
    case 'job': {
      const active = part?.pods.active ?? 0;
      const ends = active === 0 ? '' : `its ${counted(active, 'pod ends', 'pods end')} now, and `;
      return `${name} is suspended: ${ends}no pod runs ${until}.`;
    }
    case 'jobflow': {
      const running = (flow?.parts ?? []).filter(({ state }) => state === 'Running').length;
      const goesOn =
        running === 0 ? '' : `; ${counted(running, 'Job that runs goes', 'Jobs that run go')} on`;
      return `${name} is suspended: it starts no further Job ${until}${goesOn}.`;
    }
    case 'daemonjob': {
      const running = part?.pods.active ?? 0;
      const goesOn =
        running === 0 ? '' : `; ${counted(running, 'Job that runs goes', 'Jobs that run go')} on`;
      return `${name} is suspended: it makes no further Job ${until}${goesOn}.`;
    }
  }
}

function tellResumption({ target }: SeenTarget, { part, flow }: SeenTarget): string {
  const name = describeTarget(target);
  switch (target.kind) {
    case 'job':
      return `${name} goes on: it gets new pods now.`;
    case 'jobflow': {
      const waiting = (flow?.parts ?? []).filter(({ state }) => state === 'Waiting' || state === 'Held');
      if (waiting.length === 0) return `${name} goes on.`;
      const ready = Math.min(waiting.filter(isStarting).length, roomIn(flow));
      const others = waiting.length - ready;
      const wait = others === 0 ? '' : `, ${counted(others, 'waits', 'wait')}`;
      return `${name} goes on: ${counted(ready, 'Job starts', 'Jobs start')} now${wait}.`;
    }
    case 'daemonjob':
      return part !== undefined && part.waitingOn.length > 0
        ? `${name} is no longer suspended: it still waits: ${waitsFor(part)}.`
        : `${name} goes on: it makes the Jobs of the nodes that have none.`;
  }
}

/** How many more Jobs may run at once. */
function roomIn(flow: FlowView | undefined): number {
  const limit = flow?.record.spec.maxConcurrentJobs;
  const running = (flow?.parts ?? []).filter(({ state }) => state === 'Running').length;
  return typeof limit === 'number' ? Math.max(0, limit - running) : Infinity;
}
