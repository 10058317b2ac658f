import type { JobTemplateStatus } from '../../api/flow-resources.ts';
import type { TemplateRecord } from './flow-projection.ts';

/** One thing to do about a JobTemplate. */
export type TemplateAction =
  | { readonly kind: 'writeStatus'; readonly template: TemplateRecord; readonly status: JobTemplateStatus }
  | {
      readonly kind: 'announce';
      readonly template: TemplateRecord;
      readonly reason: 'TemplateChanged';
      readonly message: string;
    };

/** So many users are named; the count has them all, and the status stays small. */
const LISTED = 500;

/**
 * Decides what is to be done about one JobTemplate: its status names what uses it, and whoever uses it is told of a
 * change. Pure; deciding again on what the actions lead to gives nothing more.
 *
 * @param template the template as it is
 * @param users `JobFlow/NAME` and `Job/NAME` of what uses it and has not ended, in any order
 */
export function planTemplate(template: TemplateRecord, users: Iterable<string>): TemplateAction[] {
  if (template.deletedMs !== undefined) return [];
  const { status: before, generation } = template;
  const names = [...users].sort();
  const status: JobTemplateStatus = {
    state: names.length > 0 ? 'InUse' : 'Unused',
    count: names.length,
    dependencyList: names.slice(0, LISTED),
    observedGeneration: generation,
    message: messageOf(names),
  };
  if (isSame(before, status)) return [];
  const changed = before.observedGeneration !== undefined && before.observedGeneration !== generation;
  return [
    { kind: 'writeStatus', template, status },
    ...(changed && names.length > 0 ? [changeOf(template, names)] : []),
  ];
}

function changeOf(template: TemplateRecord, names: readonly string[]): TemplateAction {
  const message = `The template has changed: Jobs that ${listed(names)} will create follow it, those already created stay as they are.`;
  return { kind: 'announce', template, reason: 'TemplateChanged', message };
}

function messageOf(names: readonly string[]): string {
  return names.length === 0 ? 'nothing uses it' : `used by ${listed(names)}`;
}

/** As many as a line has room for. */
const NAMED = 3;

function listed(names: readonly string[]): string {
  const more = names.length - NAMED;
  return `${names.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function isSame(before: JobTemplateStatus, after: JobTemplateStatus): boolean {
  return (
    before.observedGeneration === after.observedGeneration &&
    before.count === after.count &&
    before.state === after.state &&
    before.dependencyList?.join() === after.dependencyList?.join()
  );
}
