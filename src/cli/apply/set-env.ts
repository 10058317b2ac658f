import type { Json, JsonObject } from '../../api/job.ts';
import { API_GROUP, USER_ANNOTATIONS } from '../../api/names.ts';
import { textAt } from '../../core/admission/flow/named-list.ts';
import { isObject, objectOrEmpty, valueAt, withField, withValueAt } from '../../core/admission/json-tree.ts';
import { CommandError } from '../cluster/command-error.ts';
import { EXIT_CODES } from '../terminal/terminal.ts';
import { describeObject, type ToApply } from './to-apply.ts';

/** Variables by name. */
export type Variables = ReadonlyMap<string, string>;

/**
 * Reads what --set-env says.
 *
 * @param words `NAME=VALUE` each; of one name the last counts
 * @throws CommandError for a word without a name, or with one that Kubernetes refuses
 */
export function readVariables(words: readonly string[]): Variables {
  return new Map(
    words.map((word) => {
      const [, name, value] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
      // Kubernetes takes any printable ASCII but "=" (k8s.io/apimachinery, IsRelaxedEnvVarName).
      if (name === undefined || value === undefined || !/^[ -<>-~]+$/.test(name))
        throw new CommandError(`--set-env: "${word}" is not allowed; write NAME=VALUE.`, EXIT_CODES.usage);
      return [name, value];
    }),
  );
}

/**
 * Sets variables in every container of what runs: of Jobs, JobTemplates, CronJobs and DaemonJobs in the containers
 * themselves, of a JobFlow in what it gives to all its Jobs, and where its own containers state them. What was stated
 * of these names gives way.
 *
 * @returns the same object where there is nothing to set
 */
export function withVariables(target: ToApply, variables: Variables): ToApply {
  if (variables.size === 0) return target;
  const object = inObject(target, variables);
  return object === undefined ? target : { ...target, object };
}

/** Jobs that variables cannot reach: they take their containers from a JobTemplate that is not applied with them. */
export function unreachedByVariables(targets: readonly ToApply[]): readonly string[] {
  const templates = new Set(targets.filter(({ kind }) => kind === 'JobTemplate').map(({ name }) => name));
  return targets.flatMap((target) => {
    if (target.kind !== 'Job') return [];
    const template = textAt(valueAt(target.object, 'metadata', 'annotations'), USER_ANNOTATIONS.template);
    if (template === '' || templates.has(template)) return [];
    return [
      `${describeObject(target)} takes its containers from JobTemplate "${template}", which is not in these files: --set-env reaches only those that the Job states itself.`,
    ];
  });
}

function inObject({ apiVersion, kind, object }: ToApply, variables: Variables): JsonObject | undefined {
  const [group] = apiVersion.split('/');
  if (group === 'batch' && kind === 'Job') return inPodOf(object, ['spec'], variables);
  if (group === 'batch' && kind === 'CronJob')
    return inPodOf(object, ['spec', 'jobTemplate', 'spec'], variables);
  if (group !== API_GROUP) return undefined;
  switch (kind) {
    case 'JobTemplate':
      return inPodOf(object, ['spec', 'jobTemplate'], variables);
    case 'DaemonJob':
      return inPodOf(object, ['spec'], variables);
    case 'JobFlow':
      return inFlow(object, variables);
    default:
      return undefined;
  }
}

function inPodOf(
  object: JsonObject,
  path: readonly [string, ...string[]],
  variables: Variables,
  onlyStated = false,
): JsonObject {
  const at = [...path, 'template', 'spec'] as unknown as readonly [string, ...string[]];
  const pod = valueAt(object, ...at);
  if (!isObject(pod)) return object;
  let changed = pod;
  for (const field of ['containers', 'initContainers']) {
    const containers = pod[field];
    if (!Array.isArray(containers)) continue;
    const set = containers.map((container) =>
      isObject(container) ? withEnv(container, variables, onlyStated) : container,
    );
    changed = withField(changed, field, set);
  }
  return withValueAt(object, at, changed);
}

function inFlow(flow: JsonObject, variables: Variables): JsonObject {
  const params = objectOrEmpty(valueAt(flow, 'spec', 'globalParams'));
  const shared = withValueAt(flow, ['spec', 'globalParams'], withEnv(params, variables, false));
  const entries = valueAt(flow, 'spec', 'flows');
  if (!Array.isArray(entries)) return shared;
  // What a Job states itself wins over what its flow gives to all.
  const set = entries.map((entry) => {
    if (!isObject(entry)) return entry;
    const inTemplate = inPodOf(entry, ['jobTemplate'], variables, true);
    return inPodOf(inTemplate, ['daemonJob'], variables, true);
  });
  return withValueAt(shared, ['spec', 'flows'], set);
}

/** @param onlyStated sets only what is stated already */
function withEnv(holder: JsonObject, variables: Variables, onlyStated: boolean): JsonObject {
  const stated = Array.isArray(holder.env) ? holder.env : [];
  const names = new Set(stated.map((variable) => textAt(variable, 'name')));
  const env: Json[] = stated.map((variable) => {
    const name = textAt(variable, 'name');
    const value = variables.get(name);
    return value === undefined ? variable : { name, value };
  });
  if (!onlyStated) for (const [name, value] of variables) if (!names.has(name)) env.push({ name, value });
  return env.length === 0 ? holder : withField(holder, 'env', env);
}
