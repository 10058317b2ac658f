import { refusal, type Refusal } from '../../../api/errors.ts';
import type { Json } from '../../../api/job.ts';
import { fieldOf } from '../json-tree.ts';

/** One element of a list, with the path by which refusals name it. */
export interface ListItem {
  readonly value: Json;
  /** `spec.flows[2]`. */
  readonly path: string;
}

/** The names that a list's elements must have. */
export interface NameRule {
  /** What an element is called in a sentence. */
  readonly what: string;
  readonly isValid: (name: string) => boolean;
  readonly mend: string;
}

/** The elements of a list; none if it is absent. */
export function itemsAt(list: Json | undefined, path: string): ListItem[] {
  return Array.isArray(list) ? list.map((value, index) => ({ value, path: `${path}[${index}]` })) : [];
}

/** The text in a field; empty if there is none. */
export function textAt(value: Json | undefined, field: string): string {
  const text = fieldOf(value, field);
  return typeof text === 'string' ? text : '';
}

/**
 * Checks that each element of one or more lists has a valid name of its own.
 *
 * @param items the elements, of all lists that share their names
 */
export function refuseNames(items: readonly ListItem[], { what, isValid, mend }: NameRule): Refusal[] {
  const taken = new Map<string, string>();
  return items.flatMap(({ value, path }) => {
    const name = textAt(value, 'name');
    const field = `${path}.name`;
    if (name === '') return [refusal('FieldMissing', { field, mend: `the name of the ${what}` })];
    if (!isValid(name)) return [refusal('NameInvalid', { field, value: name, what: `${what} name`, mend })];
    const other = taken.get(name);
    if (other !== undefined) return [refusal('NameTaken', { field, name, other, what })];
    taken.set(name, path);
    return [];
  });
}
