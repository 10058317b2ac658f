import type { InjectedLeaf, PathStep } from '../../api/gated-record.ts';
import type { Json, JobObject, JsonObject } from '../../api/job.ts';
import { fieldOf, isAbsent, isObject, objectOrEmpty, sameJson, valueAt, withField } from './json-tree.ts';
import { elementId, keyedElements } from './keyed-lists.ts';

/** A Job after what jobflow had injected has been put back. */
export interface Restored {
  readonly job: JobObject;
  /** Fields that somebody had set back to what they were before injection, as a message names them. */
  readonly setBack: readonly string[];
}

/** Labels that the API server writes into the pod template of every Job. */
export const SERVER_LABELS = [
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'controller-uid',
  'job-name',
] as const;

/**
 * Puts back what jobflow had injected, leaf by leaf: a leaf that comes back as it had arrived at CREATE, or absent,
 * is taken from the stored Job, and so are the API server's own labels and selector. Everything else stays as it is
 * sent: it is a real edit, which the API server judges.
 *
 * Comparing whole templates would not do: a server-side apply after a client-side one arrives with some leaves as
 * injected and others as stated.
 *
 * @param old the Job as it is stored
 * @param next the Job as it is sent
 * @param leaves what was injected at CREATE
 */
export function restoreInjected(old: JobObject, next: JobObject, leaves: readonly InjectedLeaf[]): Restored {
  const setBack: string[] = [];
  const pending = leaves.map(({ path, stated }) => ({ rest: path, leaf: { path, stated } }));
  const restored = objectOrEmpty(restore(treeOf(old), treeOf(next), '', pending, setBack));
  const spec = withServerFields(objectOrEmpty(old.spec ?? {}), objectOrEmpty(fieldOf(restored, 'spec')));
  return {
    job: {
      ...next,
      metadata: {
        ...next.metadata,
        ...changedTexts('labels', next, restored),
        ...changedTexts('annotations', next, restored),
      },
      spec,
    },
    setBack,
  };
}

interface PendingLeaf {
  /** The steps still to go. */
  readonly rest: readonly PathStep[];
  readonly leaf: InjectedLeaf;
}

function treeOf({ metadata, spec }: JobObject): JsonObject {
  return {
    metadata: { labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} },
    spec: spec ?? {},
  };
}

function restore(
  old: Json | undefined,
  next: Json | undefined,
  name: string,
  pending: readonly PendingLeaf[],
  setBack: string[],
): Json | undefined {
  const here = pending.find(({ rest }) => rest.length === 0);
  if (here !== undefined) return restoreLeaf(old, next, name, here.leaf, setBack);
  if (pending.length === 0) return next;
  if (pending.every(({ rest }) => typeof rest[0] === 'string')) {
    if (!isObject(next) && !isAbsent(next)) return next;
    const restored = restoreFields(old, objectOrEmpty(next), pending, setBack);
    return isAbsent(next) && Object.keys(restored).length === 0 ? next : restored;
  }
  return restoreElements(old, next, name, pending, setBack);
}

function restoreLeaf(
  old: Json | undefined,
  next: Json | undefined,
  name: string,
  { path, stated }: InjectedLeaf,
  setBack: string[],
): Json | undefined {
  if (isAbsent(next)) return old;
  if (stated === undefined || !sameJson(next, stated)) {
    // Where nothing had been stated, the list is the sum of its elements, and each may be missing by itself.
    return isEmpty(stated) ? restoreElements(old, next, name, elementLeaves(name, old), setBack) : next;
  }
  if (!sameJson(next, old)) setBack.push(fieldName(path));
  return old;
}

function isEmpty(value: Json | undefined): boolean {
  return isAbsent(value) || (Array.isArray(value) && value.length === 0);
}

function elementLeaves(name: string, list: Json | undefined): PendingLeaf[] {
  return (keyedElements(name, list) ?? []).map(({ step }) => ({
    rest: [step],
    leaf: { path: [step], stated: undefined },
  }));
}

function restoreFields(
  old: Json | undefined,
  next: JsonObject,
  pending: readonly PendingLeaf[],
  setBack: string[],
): JsonObject {
  return [...groupByStep(pending)].reduce<JsonObject>((result, [, { step, leaves }]) => {
    if (typeof step !== 'string') return result;
    return withField(result, step, restore(fieldOf(old, step), fieldOf(next, step), step, leaves, setBack));
  }, next);
}

/** The elements come back in the order in which they are stored, and what is new after them: pod templates are immutable, order included. */
function restoreElements(
  old: Json | undefined,
  next: Json | undefined,
  name: string,
  pending: readonly PendingLeaf[],
  setBack: string[],
): Json | undefined {
  const stored = keyedElements(name, old);
  const sent = keyedElements(name, next ?? []);
  if (stored === undefined || sent === undefined) return next;
  const storedById = new Map(stored.map(({ id, element }) => [id, element]));
  const result = new Map(sent.map(({ id, element }) => [id, element]));
  for (const [id, { leaves }] of groupByStep(pending)) {
    const element = result.get(id);
    // An element that is gone together with what the user had stated in it was removed on purpose.
    if (element === undefined && leaves.every(({ rest }) => rest.length > 0)) continue;
    const restored = restore(storedById.get(id), element, '', leaves, setBack);
    if (restored === undefined) result.delete(id);
    else result.set(id, restored);
  }
  const inOrder = [...stored.map(({ id }) => id).filter((id) => result.has(id)), ...result.keys()];
  const elements = [...new Set(inOrder)].flatMap((id) => result.get(id) ?? []);
  return elements.length === 0 && isAbsent(next) ? next : elements;
}

function groupByStep(
  pending: readonly PendingLeaf[],
): Map<string, { readonly step: PathStep; readonly leaves: PendingLeaf[] }> {
  const groups = new Map<string, { step: PathStep; leaves: PendingLeaf[] }>();
  for (const { rest, leaf } of pending) {
    const [step, ...others] = rest;
    if (step === undefined) continue;
    const id = elementId(step);
    const group = groups.get(id) ?? { step, leaves: [] };
    group.leaves.push({ rest: others, leaf });
    groups.set(id, group);
  }
  return groups;
}

/** The API server adds these when it stores a Job, and refuses an update without them. */
function withServerFields(old: JsonObject, next: JsonObject): JsonObject {
  const selector = fieldOf(old, 'selector');
  const selected = isAbsent(fieldOf(next, 'selector')) ? withField(next, 'selector', selector) : next;
  const stored = objectOrEmpty(valueAt(old, 'template', 'metadata', 'labels'));
  const labels = objectOrEmpty(valueAt(next, 'template', 'metadata', 'labels'));
  const missing = SERVER_LABELS.flatMap((key) => {
    const value = fieldOf(stored, key);
    return value === undefined || Object.hasOwn(labels, key) ? [] : [[key, value] as const];
  });
  if (missing.length === 0) return selected;
  const template = objectOrEmpty(fieldOf(selected, 'template'));
  const metadata = objectOrEmpty(fieldOf(template, 'metadata'));
  const complete = withField(metadata, 'labels', { ...labels, ...Object.fromEntries(missing) });
  return withField(selected, 'template', withField(template, 'metadata', complete));
}

/** Set only where something was put back, so that an absent map stays absent. */
function changedTexts(
  field: 'labels' | 'annotations',
  next: JobObject,
  restored: JsonObject,
): Partial<Record<typeof field, Record<string, string>>> {
  const value = valueAt(restored, 'metadata', field);
  return sameJson(value, next.metadata[field] ?? {}) ? {} : { [field]: textsOf(value) };
}

function textsOf(value: Json | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectOrEmpty(value)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}

function fieldName(path: readonly PathStep[]): string {
  return path
    .map((step, index) => {
      if (typeof step !== 'string') return `[${Object.values(step).join('/')}]`;
      if (!/^\w+$/.test(step)) return `["${step}"]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}
