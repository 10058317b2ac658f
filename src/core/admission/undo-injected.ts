import type { InjectedLeaf, PathStep } from '../../api/gated-record.ts';
import type { Json, JobObject, JsonObject } from '../../api/job.ts';
import { HOLDERS } from './injected-leaves.ts';
import { fieldOf, objectOrEmpty, withField } from './json-tree.ts';
import { elementId, keyedElements } from './keyed-lists.ts';

/**
 * The Job as it arrived at its creation: each leaf that jobflow injected is back at what was stated then, or gone.
 * Everything else stays as it is now. What somebody has written over an injected leaf since then cannot be told from the
 * injection, and goes too.
 *
 * @param leaves what was injected at CREATE
 */
export function undoInjected(job: JobObject, leaves: readonly InjectedLeaf[]): JobObject {
  const { metadata, spec } = job;
  const tree: JsonObject = {
    metadata: { labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} },
    spec: spec ?? {},
  };
  const undone = leaves.reduce<Json | undefined>(
    (value, { path, stated }) => withStated(value, '', path, stated),
    tree,
  );
  const texts = objectOrEmpty(fieldOf(undone, 'metadata'));
  return {
    ...job,
    metadata: { ...metadata, labels: textsOf(texts, 'labels'), annotations: textsOf(texts, 'annotations') },
    spec: objectOrEmpty(fieldOf(undone, 'spec')),
  };
}

/**
 * @param name the field that holds the value
 * @returns undefined if nothing is left of it
 */
function withStated(
  value: Json | undefined,
  name: string,
  [step, ...rest]: readonly PathStep[],
  stated: Json | undefined,
): Json | undefined {
  if (step === undefined) return stated;
  if (typeof step !== 'string') return withStatedElement(value, name, [step, ...rest], stated);
  const object = objectOrEmpty(value);
  const changed = withField(object, step, withStated(fieldOf(object, step), step, rest, stated));
  // What only injection had filled was not there before it.
  return HOLDERS.has(name) && Object.keys(changed).length === 0 ? undefined : changed;
}

function withStatedElement(
  list: Json | undefined,
  name: string,
  [step, ...rest]: readonly [PathStep, ...PathStep[]],
  stated: Json | undefined,
): Json | undefined {
  const elements = keyedElements(name, list ?? []);
  // Edited beyond what a path can find.
  if (elements === undefined) return list;
  const wanted = elementId(step);
  const isThere = elements.some(({ id }) => id === wanted);
  const changed = elements.flatMap(({ id, element }) => {
    const kept = id === wanted ? withStated(element, '', rest, stated) : element;
    return kept === undefined ? [] : [kept];
  });
  // An element that an injected one has replaced comes back; one that was removed since then does not, in parts.
  return isThere || rest.length > 0 || stated === undefined ? changed : [...changed, stated];
}

function textsOf(metadata: JsonObject, field: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectOrEmpty(fieldOf(metadata, field))).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}
