import type { Json, JsonObject } from '../../api/job.ts';
import type { GlobalParams } from '../../api/flow-spec.ts';
import { fieldOf, isObject, objectOrEmpty } from '../admission/json-tree.ts';

/**
 * Puts a flow's shared parameters under those of a DaemonJob: what the DaemonJob states itself wins, variable by
 * variable and key by key.
 *
 * @param spec the spec of a DaemonJob
 * @param shared `spec.globalParams` of the JobFlow
 */
export function withFlowParameters(spec: JsonObject, shared: GlobalParams): JsonObject {
  const own = objectOrEmpty(fieldOf(spec, 'globalParams'));
  const merged: JsonObject = {
    ...(isText(shared.nodeName) && { nodeName: shared.nodeName }),
    ...withoutNulls(own),
    ...mergedEnv(shared.env ?? [], fieldOf(own, 'env')),
    ...mergedTexts('labels', shared.labels ?? {}, fieldOf(own, 'labels')),
    ...mergedTexts('annotations', shared.annotations ?? {}, fieldOf(own, 'annotations')),
  };
  return Object.keys(merged).length === 0 ? spec : { ...spec, globalParams: merged };
}

/** The shared variables come first: a variable can refer (`$(NAME)`) only to those before it. */
function mergedEnv(shared: readonly JsonObject[], own: Json | undefined): JsonObject {
  const stated = Array.isArray(own) ? own : [];
  const names = new Set(stated.map((variable) => fieldOf(variable, 'name')));
  const env = [...shared.filter((variable) => !names.has(variable.name)), ...stated];
  return env.length === 0 ? {} : { env };
}

function mergedTexts(
  field: 'labels' | 'annotations',
  shared: Readonly<Record<string, string>>,
  own: Json | undefined,
): JsonObject {
  const texts = { ...shared, ...(isObject(own) ? own : {}) };
  return Object.keys(texts).length === 0 ? {} : { [field]: texts };
}

/** A parameter that is null counts as not stated. */
function withoutNulls(own: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== null));
}

function isText(value: string | null | undefined): value is string {
  return typeof value === 'string' && value !== '';
}
