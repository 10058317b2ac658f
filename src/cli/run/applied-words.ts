import { OWN_ANNOTATIONS, USER_ANNOTATIONS } from '../../api/names.ts';
import { textAt } from '../../core/admission/flow/named-list.ts';
import { fieldOf, valueAt } from '../../core/admission/json-tree.ts';
import { isApiError } from '../../kube/api-error.ts';
import type { AppliedObject, ApplyReport } from '../apply/apply-objects.ts';
import { describeObject } from '../apply/to-apply.ts';
import { sentenceOf, type Asked } from '../cluster/command-error.ts';

/** What was done with each object, as kubectl says it: `job.batch/a serverside-applied`. */
export function appliedLines(applied: readonly AppliedObject[], note = ''): string {
  return applied
    .map(({ resource, name, target }) => {
      const done = target.name === '' ? 'created' : 'serverside-applied';
      return `${resource.label}/${name} ${done}${note}\n`;
    })
    .join('');
}

/** How many of which kind: `10 Jobs, 1 JobFlow and 1 JobTemplate`. */
export function countWords(objects: readonly { readonly target: { readonly kind: string } }[]): string {
  const counts = [...Map.groupBy(objects, ({ target }) => target.kind)].map(
    ([kind, { length }]) => `${length} ${length === 1 ? kind : pluralOf(kind)}`,
  );
  const last = counts.pop() ?? 'nothing';
  return counts.length === 0 ? last : `${counts.join(', ')} and ${last}`;
}

/** Names that a sentence lists before it counts. */
const SHOWN = 10;

/**
 * Says what stopped the applying, what was applied and what was not.
 *
 * @param stopped why it was stopped, if nothing failed
 * @returns undefined for an error that is none of the user's
 */
export function partlyAppliedWords(
  { applied, failure, left }: ApplyReport,
  stopped: string,
  asked: Asked,
): string | undefined {
  const because = failure === undefined ? stopped : failureWords(failure, asked);
  if (because === undefined) return undefined;
  const before =
    applied.length === 0
      ? 'Nothing has been applied.'
      : `Applied, and going on: ${listed(applied.map(({ resource, name }) => `${resource.label}/${name}`))}.`;
  const rest = left.map(({ target }) => describeObject(target));
  return `${because}\n${before}\n${rest.length === 0 ? '' : `Not applied: ${listed(rest)}.\n`}`;
}

/** Jobs that ought to wait and were not seen by jobflow's webhook. */
export function ungatedJobs(applied: readonly AppliedObject[]): readonly AppliedObject[] {
  return applied.filter(({ target, answer }) => {
    if (target.kind !== 'Job') return false;
    const annotations = valueAt(answer, 'metadata', 'annotations');
    const asks = [USER_ANNOTATIONS.dependsOn, USER_ANNOTATIONS.hold].some(
      (key) => textAt(annotations, key) !== '',
    );
    return asks && fieldOf(annotations, OWN_ANNOTATIONS.gated) === undefined;
  });
}

function failureWords(
  { placed, error }: NonNullable<ApplyReport['failure']>,
  asked: Asked,
): string | undefined {
  const subject = describeObject(placed.target);
  if (isApiError(error, 'invalid')) {
    // The API server repeats the whole value.
    const field = /: (spec\S*): Invalid value: .*field is immutable/s.exec(error.message)?.[1];
    if (field !== undefined)
      return `${subject} is there already, and its ${field} cannot be changed; delete it first, or once it has ended write --replace.`;
  }
  if (isApiError(error, 'conflict')) {
    const said = error.message.replace(/\s+/g, ' ').replace(/\.$/, '');
    return `${subject}: ${said}; leave these fields out, or write --force-conflicts.`;
  }
  const sentence = sentenceOf(error, asked);
  return sentence === undefined || sentence.includes(`"${placed.target.name}"`)
    ? sentence
    : `${subject}: ${sentence}`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(', ');
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}

function pluralOf(kind: string): string {
  if (/(s|x|ch|sh)$/.test(kind)) return `${kind}es`;
  return /[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}
