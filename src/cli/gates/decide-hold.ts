import { USER_ANNOTATIONS } from '../../api/names.ts';
import { hasEnded } from '../view/part-view.ts';
import type { GateDecision } from './gate-edit.ts';
import {
  commandFor,
  nothing,
  refused,
  refuseUntouchable,
  standing,
  waitsAtGate,
  type SeenTarget,
} from './seen-target.ts';
import { describeTarget } from '../targets/target.ts';

/**
 * Decides about `jobflow hold`: a Job that waits gets the annotation `hold`, and an approval that it had is taken back.
 */
export function decideHold(seen: SeenTarget): GateDecision {
  const { target, part } = seen;
  const name = describeTarget(target);
  if (target.kind === 'jobflow') {
    return refused(
      `${name} has no gate of its own; \`${commandFor(seen, 'suspend')}\` lets it start no further Job, and \`jobflow hold JOB\` keeps back one of its Jobs.`,
    );
  }
  const untouchable = refuseUntouchable(seen);
  if (untouchable !== undefined) return untouchable;
  if (part === undefined || hasEnded(part))
    return refused(`${name} ${standing(seen)}: there is nothing to hold.`);
  if (!waitsAtGate(seen)) {
    return part.state === 'Suspended'
      ? refused(`${name} has no gate: it is suspended, until \`${commandFor(seen, 'resume')}\` starts it.`)
      : refused(`${name} ${standing(seen)}; \`${commandFor(seen, 'suspend')}\` pauses it.`);
  }
  if (part.record?.terms?.held === true)
    return nothing(`${name} is held already, until \`${commandFor(seen, 'approve')}\`.`);
  const { hold, approved } = USER_ANNOTATIONS;
  const isApproved = target.object.metadata.annotations?.[approved] !== undefined;
  return {
    kind: 'edit',
    edits: [{ annotations: { [hold]: 'true', ...(isApproved && { [approved]: null }) } }],
  };
}
