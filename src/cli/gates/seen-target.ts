import { describeCycle, describeWaiting } from '../../core/gate-messages.ts';
import { isWaiting } from '../../core/job-projection.ts';
import type { FlowView, NamespaceView } from '../view/namespace-view.ts';
import type { PartView } from '../view/part-view.ts';
import { inShell } from '../cluster/cluster-options.ts';
import type { GateDecision } from './gate-edit.ts';
import { describeTarget, isDeleting, referenceTo, type Target } from '../targets/target.ts';

/** An object, and how it stands. */
export interface SeenTarget {
  readonly target: Target;
  /** How it stands, of a Job or a DaemonJob. */
  readonly part: PartView | undefined;
  /** What belongs to it, of a JobFlow. */
  readonly flow: FlowView | undefined;
  /** What a user writes after another command to reach the same namespace: ` -n shop`. */
  readonly sameOptions: string;
}

/** Looks an object up in a view of its namespace. */
export function seeTarget(target: Target, view: NamespaceView, sameOptions: string): SeenTarget {
  return {
    target,
    part: target.kind === 'jobflow' ? undefined : view.parts.get(referenceTo(target)),
    flow: target.kind === 'jobflow' ? view.flows.get(target.name) : undefined,
    sameOptions,
  };
}

/** Another command for the same object, as a user writes it. */
export function commandFor({ target, sameOptions }: SeenTarget, command: string): string {
  const { kind, name } = target;
  return `jobflow ${command} ${inShell(kind === 'job' ? name : `${kind}/${name}`)}${sameOptions}`;
}

/** Where it stands, as the rest of a sentence that begins with its name. */
export function standing({ part, target }: SeenTarget): string {
  if (part === undefined) return 'is there';
  switch (part.state) {
    case 'Complete':
    case 'Failed':
    case 'Skipped':
      return `has ended as ${part.state}`;
    case 'Running':
      return target.kind === 'daemonjob' ? 'has started' : 'has been started';
    case 'Suspended':
      return 'is suspended';
    case 'Waiting':
    case 'Held':
      return `waits: ${waitsFor(part)}`;
  }
}

/** What a Job waits for, in words. */
export function waitsFor({ waitingOn, cycle }: PartView): string {
  if (waitingOn.length > 0) return describeWaiting(waitingOn);
  return cycle === undefined ? 'for nothing any more' : `it is on the cycle ${describeCycle(cycle)}`;
}

/** Whether it waits at its gate. */
export function waitsAtGate({ part }: SeenTarget): boolean {
  return part?.record !== undefined && isWaiting(part.record);
}

/** What no command can change: it is being deleted, or it is not jobflow's. */
export function refuseUntouchable({ target, part }: SeenTarget): GateDecision | undefined {
  if (isDeleting(target)) return refused(`${describeTarget(target)} is being deleted.`);
  const reason = part?.record?.leftAloneBecause;
  if (reason === undefined) return undefined;
  return refused(`jobflow leaves ${describeTarget(target)} alone, because ${reason}: it has no gate.`);
}

/** A decision against it, in one sentence. */
export function refused(sentence: string): GateDecision {
  return { kind: 'refused', sentence };
}

/** A decision that there is nothing to do, in one sentence. */
export function nothing(sentence: string): GateDecision {
  return { kind: 'nothing', sentence };
}
