import { USER_ANNOTATIONS } from '../../api/names.ts';
import { hasEnded } from '../view/part-view.ts';
import type { GateDecision } from './gate-edit.ts';
import {
  nothing,
  refused,
  refuseUntouchable,
  standing,
  waitsAtGate,
  type SeenTarget,
} from './seen-target.ts';
import { describeTarget } from '../targets/target.ts';

/** Who approves, and when. */
export interface Approval {
  /** The user's name at the API server; undefined if that cannot be read. */
  readonly user: string | undefined;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
}

/** The value of the annotation `approved`: who and when, for people. */
export function approvalText({ user, timeMs }: Approval): string {
  const time = new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return user === undefined ? time : `${user}, ${time}`;
}

/** Decides about `jobflow approve`: a Job that is held gets the annotation `approved`. */
export function decideApprove(seen: SeenTarget, approval: Approval): GateDecision {
  const { target, part } = seen;
  const name = describeTarget(target);
  if (target.kind === 'jobflow') return refused(`${name} has no gate of its own; ${heldParts(seen)}`);
  const annotations = target.object.metadata.annotations ?? {};
  const approved = annotations[USER_ANNOTATIONS.approved];
  if (approved !== undefined) {
    return nothing(`${name} is approved already (${approved === '' ? 'by nobody named' : approved}).`);
  }
  if (annotations[USER_ANNOTATIONS.hold] !== 'true')
    return nothing(`${name} is not held: it ${standing(seen)}.`);
  const untouchable = refuseUntouchable(seen);
  if (untouchable !== undefined) return untouchable;
  if (part === undefined || hasEnded(part))
    return refused(`${name} ${standing(seen)}: there is nothing to approve.`);
  if (!waitsAtGate(seen)) return nothing(`${name} ${standing(seen)}: its hold has no effect.`);
  return { kind: 'edit', edits: [{ annotations: { [USER_ANNOTATIONS.approved]: approvalText(approval) } }] };
}

function heldParts({ flow, sameOptions }: SeenTarget): string {
  const held = (flow?.parts ?? []).filter(({ record }) => record?.terms?.held === true);
  return held.length === 0
    ? 'none of its Jobs is held.'
    : `\`jobflow approve ${held.map(({ name }) => name).join(' ')}${sameOptions}\` approves what is held of it.`;
}
