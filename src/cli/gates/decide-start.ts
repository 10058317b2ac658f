import { describeReference } from '../../api/dependency-reference.ts';
import { USER_ANNOTATIONS } from '../../api/names.ts';
import { projectJob } from '../../core/job-projection.ts';
import { hasEnded, type PartView } from '../view/part-view.ts';
import { withEdits, type GateDecision, type GateEdit } from './gate-edit.ts';
import {
  commandFor,
  nothing,
  refused,
  refuseUntouchable,
  standing,
  waitsAtGate,
  waitsFor,
  type SeenTarget,
} from './seen-target.ts';
import { describeTarget } from '../targets/target.ts';

/**
 * Decides about `jobflow start`: a Job that waits loses what it waits for, `depends-on` and `hold`. That is how a Job
 * is started early on purpose; the controller releases it as any other.
 *
 * @param ignores whether the user has said that dependencies are to be ignored
 */
export function decideStart(seen: SeenTarget, ignores: boolean): GateDecision {
  const { target, part } = seen;
  const name = describeTarget(target);
  if (target.kind === 'jobflow') {
    return refused(
      `${name} has no gate of its own; \`${commandFor(seen, 'resume')}\` ends its suspension, and \`jobflow start JOB\` starts one of its Jobs.`,
    );
  }
  const untouchable = refuseUntouchable(seen);
  if (untouchable !== undefined) return untouchable;
  if (part === undefined || hasEnded(part))
    return refused(`${name} ${standing(seen)}; \`${commandFor(seen, 'retry')}\` runs it again.`);
  if (!waitsAtGate(seen)) {
    return part.state === 'Suspended'
      ? refused(`${name} is suspended; \`${commandFor(seen, 'resume')}\` starts it.`)
      : nothing(`${name} ${standing(seen)} already.`);
  }
  const annotations = target.object.metadata.annotations ?? {};
  const { dependsOn, hold } = USER_ANNOTATIONS;
  const stated = [dependsOn, hold].filter((key) => annotations[key] !== undefined);
  if (stated.length === 0) return nothing(`${name} depends on nothing: it ${standing(seen)}.`);
  if (part.waitingOn.length === 0 && part.cycle === undefined)
    return nothing(`${name} waits for nothing any more: it starts by itself.`);
  if (!ignores) {
    return refused(
      `${name} waits: ${waitsFor(part)}. \`${commandFor(seen, 'start')} --ignore-dependencies\` starts it without.`,
    );
  }
  const removal: GateEdit = { annotations: Object.fromEntries(stated.map((key) => [key, null])) };
  // A Job that got past the webhook has no record that it is gated: once nothing says so, nobody releases it.
  const isReleased = target.kind !== 'job' || projectJob(removed(seen, removal)).terms?.gated === true;
  return { kind: 'edit', edits: isReleased ? [removal] : [removal, { suspend: false }] };
}

/** What an early start ignores, in words: `without waiting for Job "load" and without approval`. */
export function describeIgnored({ edges, record, waitingOn, cycle }: PartView): string {
  const pending = new Set(waitingOn.flatMap((on) => ('name' in on ? [on.name] : [])));
  const names = edges
    .filter(({ name }) => cycle !== undefined || pending.has(name))
    .map(({ name }) => describeReference(name));
  const shown = names.length > SHOWN ? [...names.slice(0, SHOWN), `${names.length - SHOWN} more`] : names;
  const upstreams = shown.length === 0 ? [] : [`without waiting for ${shown.join(', ')}`];
  const approval = record?.terms?.held === true ? ['without approval'] : [];
  return [...upstreams, ...approval].join(' and ');
}

const SHOWN = 5;

function removed({ target }: SeenTarget, edit: GateEdit): Parameters<typeof projectJob>[0] {
  const { metadata } = withEdits(target, [edit]).object;
  return { metadata };
}
