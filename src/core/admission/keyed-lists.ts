import type { PathStep } from '../../api/gated-record.ts';
import type { Json } from '../../api/job.ts';
import { fieldOf, isObject } from './json-tree.ts';

/** An element of a keyed list. */
export interface KeyedElement {
  /** Equal for two elements exactly if their keys are. */
  readonly id: string;
  /** How a path names the element. */
  readonly step: PathStep;
  readonly element: Json;
}

/**
 * The lists of a Job whose elements have a name, by the list's own name. These are the merge keys of the API
 * (`x-kubernetes-list-map-keys` and `patchMergeKey` of the PodSpec); all other lists are one value.
 */
const KEY_FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['containers', ['name']],
  ['initContainers', ['name']],
  ['env', ['name']],
  ['volumes', ['name']],
  ['imagePullSecrets', ['name']],
  ['resourceClaims', ['name']],
  ['volumeMounts', ['mountPath']],
  ['volumeDevices', ['devicePath']],
  ['ports', ['containerPort', 'protocol']],
  ['hostAliases', ['ip']],
]);

/** Key fields that the API server fills in where they are absent. */
const KEY_DEFAULTS: ReadonlyMap<string, string> = new Map([['protocol', 'TCP']]);

/**
 * The elements of a list with their keys.
 *
 * @param name the field that holds the list
 * @returns undefined if the list has no keys, an element lacks one, or two elements share one: then the list is to
 *   be treated as one value
 */
export function keyedElements(name: string, list: Json | undefined): KeyedElement[] | undefined {
  const fields = KEY_FIELDS.get(name);
  if (fields === undefined || !Array.isArray(list)) return undefined;
  const elements = list.flatMap((element) => {
    const step = stepOf(element, fields);
    return step === undefined ? [] : [{ id: elementId(step), step, element }];
  });
  const ids = new Set(elements.map(({ id }) => id));
  return ids.size === list.length ? elements : undefined;
}

/** The identity of the element that a step of a path names. */
export function elementId(step: PathStep): string {
  return JSON.stringify(typeof step === 'string' ? step : Object.values(step));
}

function stepOf(element: Json, fields: readonly string[]): PathStep | undefined {
  if (!isObject(element)) return undefined;
  const entries = fields.flatMap((field) => {
    const value = fieldOf(element, field) ?? KEY_DEFAULTS.get(field);
    return typeof value === 'string' || typeof value === 'number' ? [[field, value] as const] : [];
  });
  return entries.length === fields.length ? Object.fromEntries(entries) : undefined;
}
