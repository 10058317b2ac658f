import { describeReference, parseReference } from '../../api/dependency-reference.ts';
import { goesOnByItself, type Cause } from './cause.ts';
import { describeCause } from './describe-cause.ts';
import type { Explanation, Link, Root } from './explanation.ts';

/**
 * The answer in one sentence: `Job "report" has not started: Job "extract", for which it waits, failed …`.
 *
 * @param nowMs the time, in milliseconds since the epoch
 */
export function answerOf({ subject, links, roots }: Explanation, nowMs: number): string {
  const link = links.get(subject);
  const [root] = roots;
  const object = describeReference(subject);
  if (link === undefined || root === undefined) return `Nothing can be told of ${object}.`;
  const more = hasEnded(link) ? '' : moreOf(roots.slice(1));
  const head = headOf(link, root);
  if (head === undefined)
    return `${capital(describeCause(root.cause, { name: root.name, who: object, nowMs }))}${more}.`;
  return `${object} ${head}: ${describeRoot(root, subject, hasEnded(link), nowMs)}${more}.`;
}

/** What a root is, told of the subject: a clause. */
export function describeRoot(
  { name, cause, path }: Root,
  subject: string,
  ended: boolean,
  nowMs: number,
): string {
  const who = name === subject ? 'it' : whoIs(name, path, ended);
  return describeCause(cause, { name, who, nowMs });
}

/** How many other things there are, and whether one has to see to them. */
function moreOf(others: readonly Root[]): string {
  if (others.length === 0) return '';
  const isOne = others.length === 1;
  return others.every(({ cause }) => goesOnByItself(cause))
    ? `; ${others.length} more ${isOne ? 'has' : 'have'} still to end`
    : `; ${others.length} more ${isOne ? 'thing holds' : 'things hold'} it up`;
}

function whoIs(name: string, path: readonly string[], ended: boolean): string {
  const object = describeReference(name);
  const waits = ended ? 'waited' : 'waits';
  const [subject = '', ...between] = path.slice(0, -1);
  const isPart = (parseReference(subject)?.kind ?? 'job') !== 'job';
  if (isPart && between.length === 0) return `its ${object}`;
  if (isPart) return `${object}, for which others of it ${ended ? 'waited' : 'wait'},`;
  if (between.length === 0) return `${object}, for which it ${waits},`;
  const [only = ''] = between;
  const way = between.length === 1 ? describeReference(only) : `${between.length} others`;
  return `${object}, for which it ${waits} by way of ${way},`;
}

/** What is true of the subject; undefined if the cause says it all. */
function headOf({ state, name }: Link, { cause, name: at }: Root): string | undefined {
  const isOwn = name === at;
  switch (state) {
    case 'Waiting':
    case 'Held':
    case 'NotMade':
      return isOwn && SAYS_IT_ALL.has(cause.kind) ? undefined : 'has not started';
    case 'Suspended':
      return 'does not run';
    case 'Running':
      if (isOwn && SAYS_IT_ALL.has(cause.kind)) return undefined;
      return isOwn && WITHOUT_PODS.has(cause.kind) ? 'does not run' : 'has not ended';
    case 'Complete':
      return cause.kind === 'noNode' ? 'completed without any Job' : undefined;
    case 'Failed':
      return isOwn && cause.kind === 'failed'
        ? undefined
        : isOwn || isJob(name)
          ? 'failed before it could start'
          : 'failed';
    case 'Skipped':
      return 'was skipped';
    case 'Deleting':
    case 'Missing':
    case 'Unseen':
      return undefined;
  }
}

/** Causes that are the state itself. */
const SAYS_IT_ALL: ReadonlySet<Cause['kind']> = new Set<Cause['kind']>(['running', 'active', 'aboutToStart']);

/** Causes for which no pod of it has begun to run. */
const WITHOUT_PODS: ReadonlySet<Cause['kind']> = new Set<Cause['kind']>([
  'podsRefused',
  'noPods',
  'unschedulable',
  'imageUnavailable',
  'containerNotCreated',
  'volumeUnavailable',
  'creating',
]);

/** Whether what is told of the subject lies behind it. */
export function hasEnded({ state }: Link): boolean {
  return state === 'Complete' || state === 'Failed' || state === 'Skipped';
}

function isJob(name: string): boolean {
  return parseReference(name)?.kind === 'job';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
