import type { Json, JsonObject } from '../../api/job.ts';
import { fieldOf, isAbsent, isObject, objectOrEmpty, sameJson, withField } from './json-tree.ts';

/*
 * The API server fills in its defaults before admission, so "stated" and "defaulted" look alike. A field at its
 * default counts as not stated here. The defaults are those of pkg/apis/batch/v1/defaults.go and
 * pkg/apis/core/v1/defaults.go of Kubernetes, as far as they apply to fields that a template is merged into one by
 * one; what is merged as one value (probes, volumes, …) needs none.
 */

const POD_DEFAULTS: JsonObject = {
  restartPolicy: 'Always',
  dnsPolicy: 'ClusterFirst',
  schedulerName: 'default-scheduler',
  terminationGracePeriodSeconds: 30,
};

const CONTAINER_DEFAULTS: JsonObject = {
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
};

/** The lists of a PodSpec that hold containers. */
export const CONTAINER_LISTS = ['initContainers', 'containers'] as const;

/**
 * What a JobSpec states: the spec without fields at their default and without fields at `null`.
 *
 * @param spec a JobSpec as the API server sends it to admission, defaults filled in
 */
export function statedFields(spec: JsonObject): JsonObject {
  const defaults = jobDefaults(spec);
  const stated = withoutEqual(spec, defaults);
  const template = fieldOf(spec, 'template');
  if (!isObject(template)) return stated;
  return withField(stated, 'template', statedTemplate(template));
}

/**
 * Puts the defaults that had arrived back where a merged spec says nothing, so that what was not touched by the
 * merge stays as it arrived. A default that follows from another field is left to the API server, which fills it in
 * again after admission, where the merge has changed that other field.
 *
 * @param merged the spec after the merge
 * @param arrived the spec as it arrived
 */
export function withArrivedDefaults(merged: JsonObject, arrived: JsonObject): JsonObject {
  const filled = fill(merged, arrived, (key) => {
    if (key === 'completions') return isAbsent(merged.parallelism);
    if (key === 'backoffLimit') return sameField(merged, arrived, 'backoffLimitPerIndex');
    if (key === 'podReplacementPolicy') return sameField(merged, arrived, 'podFailurePolicy');
    return true;
  });
  const template = fieldOf(merged, 'template');
  const pod = fieldOf(template, 'spec');
  const arrivedPod = fieldOf(fieldOf(arrived, 'template'), 'spec');
  if (!isObject(template) || !isObject(pod) || !isObject(arrivedPod)) return filled;
  const filledPod = CONTAINER_LISTS.reduce(
    (result, list) => withContainerDefaults(result, arrivedPod, list),
    fill(pod, arrivedPod, () => true),
  );
  return withField(filled, 'template', withField(template, 'spec', filledPod));
}

/** Whether a volume is what the API server makes of one without a source. */
export function isSourceless(volume: Json): boolean {
  return isObject(volume) && sameJson(volume, { name: volume.name ?? null, emptyDir: {} });
}

/** Defaults of a JobSpec; some depend on its other fields. */
function jobDefaults(spec: JsonObject): JsonObject {
  const has = (key: string): boolean => !isAbsent(fieldOf(spec, key));
  return {
    // Without completions, parallelism cannot be a default: with both absent both become 1.
    ...(has('completions') && { parallelism: 1 }),
    ...(spec.parallelism === 1 && { completions: 1 }),
    backoffLimit: has('backoffLimitPerIndex') ? 2_147_483_647 : 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: has('podFailurePolicy') ? 'Failed' : 'TerminatingOrFailed',
  };
}

function statedTemplate(template: JsonObject): JsonObject {
  const pod = fieldOf(template, 'spec');
  if (!isObject(pod)) return template;
  const stated = CONTAINER_LISTS.reduce<JsonObject>(
    (result, list) => {
      const containers = fieldOf(pod, list);
      return Array.isArray(containers) ? withField(result, list, containers.map(statedContainer)) : result;
    },
    withoutEqual(pod, POD_DEFAULTS),
  );
  return withField(template, 'spec', stated);
}

function statedContainer(container: Json): Json {
  if (!isObject(container)) return container;
  return withoutEqual(container, {
    ...CONTAINER_DEFAULTS,
    imagePullPolicy: defaultPullPolicy(fieldOf(container, 'image')),
  });
}

/** `Always` for the tag `latest`, also where it is only meant: no tag and no digest. */
function defaultPullPolicy(image: Json | undefined): string {
  if (typeof image !== 'string' || image === '') return 'IfNotPresent';
  const [reference = '', digest] = image.split('@');
  const lastPart = reference.slice(reference.lastIndexOf('/') + 1);
  const tag = lastPart.includes(':') ? lastPart.slice(lastPart.indexOf(':') + 1) : undefined;
  return tag === 'latest' || (tag === undefined && digest === undefined) ? 'Always' : 'IfNotPresent';
}

function withoutEqual(object: JsonObject, defaults: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(
      ([key, value]) => value !== null && !(Object.hasOwn(defaults, key) && sameJson(value, defaults[key])),
    ),
  );
}

function fill(merged: JsonObject, arrived: JsonObject, fits: (key: string) => boolean): JsonObject {
  const missing = Object.entries(arrived).filter(
    ([key, value]) => value !== null && isAbsent(fieldOf(merged, key)) && fits(key),
  );
  return Object.fromEntries([...Object.entries(merged), ...missing]);
}

function withContainerDefaults(pod: JsonObject, arrivedPod: JsonObject, list: string): JsonObject {
  const containers = fieldOf(pod, list);
  const arrived = fieldOf(arrivedPod, list);
  if (!Array.isArray(containers) || !Array.isArray(arrived)) return pod;
  // The first of a name counts; two of one name are refused by the API server.
  const arrivedByName = new Map(arrived.toReversed().map((other) => [fieldOf(other, 'name'), other]));
  const filled = containers.map((container) => {
    const same = arrivedByName.get(fieldOf(container, 'name'));
    if (!isObject(container) || same === undefined) return container;
    const other = objectOrEmpty(same);
    return fill(container, other, (key) => key !== 'imagePullPolicy' || sameField(container, other, 'image'));
  });
  return withField(pod, list, filled);
}

function sameField(a: JsonObject, b: JsonObject, key: string): boolean {
  return sameJson(fieldOf(a, key), fieldOf(b, key));
}
