import type { GlobalParams } from '../../api/flow-spec.ts';
import type { Json, JobObject, JsonObject } from '../../api/job.ts';
import { API_GROUP } from '../../api/names.ts';
import { fieldOf, isObject, objectOrEmpty, valueAt, withField, withValueAt } from './json-tree.ts';
import { CONTAINER_LISTS } from './stated-fields.ts';

const REQUIRED_TERMS = [
  'affinity',
  'nodeAffinity',
  'requiredDuringSchedulingIgnoredDuringExecution',
  'nodeSelectorTerms',
] as const;

/**
 * Why shared parameters cannot be used: they would write what only jobflow may write, or what belongs on the Job
 * itself.
 *
 * @returns the problem as part of a sentence, or undefined if there is none
 */
export function problemOfSharedParameters(params: GlobalParams): string | undefined {
  for (const field of ['labels', 'annotations'] as const) {
    const key = Object.keys(params[field] ?? {}).find((name) => name.startsWith(`${API_GROUP}/`));
    if (key !== undefined)
      return `${field} contains "${key}", and keys of ${API_GROUP} belong on the Job itself`;
  }
  return undefined;
}

/** More than etcd takes in one object (1.5 MiB), even of the shortest variables. */
const MAX_VARIABLES = 100_000;

/**
 * Why a flow's variables cannot be put into a Job: each container gets them all, and two objects that are each small
 * enough for the API server could fill this process's memory together.
 *
 * @returns the problem as part of a sentence, or undefined if there is none
 */
export function problemOfVariableCount(params: GlobalParams, { spec }: JobObject): string | undefined {
  const variables = params.env?.length ?? 0;
  const containers = CONTAINER_LISTS.reduce((count, list) => {
    const found = valueAt(spec, 'template', 'spec', list);
    return count + (Array.isArray(found) ? found.length : 0);
  }, 0);
  return variables * containers <= MAX_VARIABLES
    ? undefined
    : `env has ${variables} variables for each of the Job's ${containers} containers, more than ${MAX_VARIABLES} in all`;
}

/**
 * Puts a flow's shared parameters into a Job: labels and annotations on Job and pod, variables in every container
 * and init container, `nodeName` as a required node affinity (so that the scheduler, taints and quotas still apply).
 * What the Job states itself wins.
 *
 * @param job the Job, its template already merged
 * @param params `spec.globalParams` of the JobFlow, without keys of ours
 */
export function withSharedParameters(job: JobObject, params: GlobalParams): JobObject {
  const labels = params.labels ?? {};
  const annotations = params.annotations ?? {};
  return {
    ...job,
    metadata: {
      ...job.metadata,
      ...(hasKeys(labels) && { labels: { ...labels, ...job.metadata.labels } }),
      ...(hasKeys(annotations) && { annotations: { ...annotations, ...job.metadata.annotations } }),
    },
    spec: withPodParameters(job.spec ?? {}, params),
  };
}

function withPodParameters(spec: JsonObject, params: GlobalParams): JsonObject {
  const template = objectOrEmpty(fieldOf(spec, 'template'));
  const labelled = (['labels', 'annotations'] as const).reduce((result, field) => {
    const shared = params[field] ?? {};
    const own = objectOrEmpty(valueAt(template, 'metadata', field));
    return hasKeys(shared) ? withValueAt(result, ['metadata', field], { ...shared, ...own }) : result;
  }, template);
  const pod = objectOrEmpty(fieldOf(template, 'spec'));
  const filled = withNode(withVariables(pod, params.env ?? []), params.nodeName ?? '');
  return withField(spec, 'template', filled === pod ? labelled : withField(labelled, 'spec', filled));
}

/** Shared variables come first: a variable can refer (`$(NAME)`) only to those before it. */
function withVariables(pod: JsonObject, shared: readonly JsonObject[]): JsonObject {
  if (shared.length === 0) return pod;
  return CONTAINER_LISTS.reduce((result, list) => {
    const containers = fieldOf(pod, list);
    if (!Array.isArray(containers)) return result;
    return withField(
      result,
      list,
      containers.map((container) => {
        if (!isObject(container)) return container;
        const env = fieldOf(container, 'env');
        const own = Array.isArray(env) ? env : [];
        const names = new Set(own.map((variable) => fieldOf(variable, 'name')));
        const added = shared.filter((variable) => !names.has(fieldOf(variable, 'name')));
        return added.length === 0 ? container : withField(container, 'env', [...added, ...own]);
      }),
    );
  }, pod);
}

function withNode(pod: JsonObject, node: string): JsonObject {
  if (node === '' || typeof fieldOf(pod, 'nodeName') === 'string') return pod;
  const found = valueAt(pod, ...REQUIRED_TERMS);
  const terms = Array.isArray(found) ? found : [];
  if (terms.some(namesNode)) return pod;
  const field = { key: 'metadata.name', operator: 'In', values: [node] };
  // Terms are alternatives, so each has to ask for the node. One that is empty matches nothing, and must stay so.
  const asked = terms.map((term) =>
    isObject(term) && (hasItems(term, 'matchExpressions') || hasItems(term, 'matchFields'))
      ? withField(term, 'matchFields', [...itemsOf(term, 'matchFields'), field])
      : term,
  );
  return withValueAt(pod, REQUIRED_TERMS, asked.length === 0 ? [{ matchFields: [field] }] : asked);
}

function namesNode(term: Json): boolean {
  return itemsOf(term, 'matchFields').some((field) => fieldOf(field, 'key') === 'metadata.name');
}

function itemsOf(value: Json, key: string): Json[] {
  const items = fieldOf(value, key);
  return Array.isArray(items) ? items : [];
}

function hasItems(value: Json, key: string): boolean {
  return itemsOf(value, key).length > 0;
}

function hasKeys(object: Readonly<Record<string, string>>): boolean {
  return Object.keys(object).length > 0;
}
