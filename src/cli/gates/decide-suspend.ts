import { hasEnded } from '../view/part-view.ts';
import type { GateDecision } from './gate-edit.ts';
import {
  commandFor,
  nothing,
  refused,
  standing,
  waitsAtGate,
  waitsFor,
  type SeenTarget,
} from './seen-target.ts';
import { describeTarget, isDeleting, type Target } from '../targets/target.ts';

/** Jobs with this label start when Kueue admits them (https://kueue.sigs.k8s.io/docs/tasks/run/jobs/). */
const KUEUE_QUEUE = 'kueue.x-k8s.io/queue-name';

/** Decides about `jobflow suspend`: what runs is paused, and a JobFlow or DaemonJob starts no further Job. */
export function decideSuspend(seen: SeenTarget): GateDecision {
  const { target } = seen;
  const name = describeTarget(target);
  const ended = refuseEnded(seen, 'suspend');
  if (ended !== undefined) return ended;
  if (target.kind === 'job' && waitsAtGate(seen)) {
    return refused(`${name} has not started: it waits; \`${commandFor(seen, 'hold')}\` keeps it waiting.`);
  }
  return isSuspended(target)
    ? nothing(`${name} is suspended already, until \`${commandFor(seen, 'resume')}\`.`)
    : { kind: 'edit', edits: [{ suspend: true }] };
}

/** Decides about `jobflow resume`: what was suspended goes on. */
export function decideResume(seen: SeenTarget): GateDecision {
  const { target, part } = seen;
  const name = describeTarget(target);
  const ended = refuseEnded(seen, 'resume');
  if (ended !== undefined) return ended;
  if (target.kind === 'job' && part !== undefined && waitsAtGate(seen)) {
    const isHeld = part.record?.terms?.held === true;
    const mend = isHeld
      ? `\`${commandFor(seen, 'approve')}\` lifts the hold`
      : `\`${commandFor(seen, 'start')} --ignore-dependencies\` starts it without`;
    return refused(`${name} is not suspended but waits: ${waitsFor(part)}; ${mend}.`);
  }
  if (!isSuspended(target)) return nothing(`${name} is not suspended.`);
  if (target.kind === 'job' && target.object.metadata.labels?.[KUEUE_QUEUE] !== undefined) {
    const queue = target.object.metadata.labels[KUEUE_QUEUE];
    return refused(`${name} is in the queue "${queue}" of Kueue, which alone starts it.`);
  }
  return { kind: 'edit', edits: [{ suspend: false }] };
}

function refuseEnded(seen: SeenTarget, verb: string): GateDecision | undefined {
  const { target, part, flow } = seen;
  const name = describeTarget(target);
  if (isDeleting(target)) return refused(`${name} is being deleted.`);
  if (part !== undefined && hasEnded(part))
    return refused(`${name} ${standing(seen)}: there is nothing to ${verb}.`);
  const outcome = flow?.record.outcome;
  return outcome === undefined
    ? undefined
    : refused(`${name} has ended as ${outcome}: there is nothing to ${verb}.`);
}

function isSuspended({ object }: Target): boolean {
  return object.spec?.suspend === true;
}
