import { describeReference } from '../../api/dependency-reference.ts';
import { describeTarget } from '../targets/target.ts';
import { counted } from '../view/counted.ts';
import type { PartView } from '../view/part-view.ts';
import type { Cascade, Deletion, DeletionPlan } from './plan-deletion.ts';

/** Parts of one object, and waiting Jobs, that are named one by one. */
const SHOWN = 10;
const SHOWN_NAMES = 5;

/** What is going to be deleted, in lines, for whoever is asked. */
export function listDeletions({ deletions }: DeletionPlan, cascade: Cascade): string {
  return deletions.map((deletion) => listOne(deletion, cascade)).join('');
}

/** Who waits for what goes, and what comes back, in a line each. */
export function remarksOn({ waiters, remade }: DeletionPlan): string {
  const lines = [
    ...shownOf(waiters, SHOWN).map(
      ({ name, on }) =>
        `${describeReference(name)} waits for ${namesOf(on)}, and will wait on until there is another.`,
    ),
    ...(waiters.length > SHOWN ? [`${waiters.length - SHOWN} more Jobs wait for them.`] : []),
    ...shownOf(remade, SHOWN).map(
      ({ name, by }) => `${describeReference(by)} will make ${describeReference(name)} anew.`,
    ),
    ...(remade.length > SHOWN ? [`${remade.length - SHOWN} more will be made anew.`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** What was done with one object. */
export function tellDeletion({ target, parts, isUnderWay }: Deletion, cascade: Cascade): string {
  const is = isUnderWay ? 'is being deleted already' : 'is deleted';
  return `${describeTarget(target)} ${is}${togetherWith(target.kind, jobsOf(parts).length, cascade)}.`;
}

function listOne({ target, parts, pods, isUnderWay }: Deletion, cascade: Cascade): string {
  const jobs = jobsOf(parts);
  const running = pods === 0 ? '' : ` (${counted(pods, 'pod runs', 'pods run')})`;
  const going = isUnderWay ? 'is being deleted already' : 'will be deleted';
  const head = `${describeTarget(target)} ${going}${togetherWith(target.kind, jobs.length, cascade)}${running}`;
  const width = Math.max(...jobs.slice(0, SHOWN).map(({ name }) => name.length), 0);
  const lines = shownOf(jobs, SHOWN).map(({ name, state }) => `  ${name.padEnd(width)}  ${state}\n`);
  const more = jobs.length > SHOWN ? `  and ${jobs.length - SHOWN} more\n` : '';
  return `${head}${jobs.length === 0 ? '.' : ':'}\n${lines.join('')}${more}`;
}

function togetherWith(kind: Deletion['target']['kind'], jobs: number, cascade: Cascade): string {
  if (kind === 'job') return cascade === 'orphan' ? '; its pods stay' : ', with its pods';
  if (jobs === 0) return '';
  return cascade === 'orphan'
    ? `; its ${counted(jobs, 'Job stays', 'Jobs stay')}`
    : `, with its ${counted(jobs, 'Job and its', 'Jobs and their')} pods`;
}

/** The Jobs alone: a DaemonJob is its Jobs. */
function jobsOf(parts: readonly PartView[]): PartView[] {
  return parts.filter(({ name }) => !name.includes('/'));
}

function namesOf(references: readonly string[]): string {
  const shown = shownOf(references, SHOWN_NAMES).map(describeReference);
  const more = references.length > SHOWN_NAMES ? [`${references.length - SHOWN_NAMES} more`] : [];
  return [...shown, ...more].join(', ');
}

function shownOf<T>(all: readonly T[], most: number): readonly T[] {
  return all.slice(0, most);
}
