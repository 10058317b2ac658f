import { refusal, type Refusal } from '../../../api/errors.ts';
import type { Json } from '../../../api/job.ts';
import { isLabelValue, isResourceName } from '../../../api/kubernetes-names.ts';
import { API_GROUP } from '../../../api/names.ts';
import { fieldOf, isAbsent, isObject } from '../json-tree.ts';
import { isMetadataKey, isVariableName, NAME_MENDS } from './name-rules.ts';
import { itemsAt, textAt } from './named-list.ts';

/**
 * What is wrong with shared parameters: each mistake would otherwise show only when the first Job is created.
 *
 * @param params `spec.globalParams`, of the right types
 * @param path how the field is named in refusals
 */
export function checkParameters(params: Json | undefined, path: string): Refusal[] {
  const nodeName = textAt(params, 'nodeName');
  return [
    ...(nodeName === '' || isResourceName(nodeName)
      ? []
      : [invalidName(`${path}.nodeName`, nodeName, 'node name', NAME_MENDS.resource)]),
    ...checkVariables(fieldOf(params, 'env'), `${path}.env`),
    ...checkKeys(fieldOf(params, 'labels'), `${path}.labels`, 'label key'),
    ...checkLabelValues(fieldOf(params, 'labels'), `${path}.labels`),
    ...checkKeys(fieldOf(params, 'annotations'), `${path}.annotations`, 'annotation key'),
  ];
}

/**
 * What is wrong with a list of environment variables.
 *
 * @param env a list of EnvVar
 * @param path how the list is named in refusals
 */
export function checkVariables(env: Json | undefined, path: string): Refusal[] {
  return itemsAt(env, path).flatMap(({ value, path: item }) => {
    const name = textAt(value, 'name');
    if (name === '') {
      return [refusal('FieldMissing', { field: `${item}.name`, mend: 'the name of the variable' })];
    }
    if (!isVariableName(name)) {
      return [invalidName(`${item}.name`, name, 'name of an environment variable', NAME_MENDS.variable)];
    }
    const statesBoth = textAt(value, 'value') !== '' && !isAbsent(fieldOf(value, 'valueFrom'));
    return statesBoth
      ? [refusal('FieldInvalid', { field: item, problem: 'has both value and valueFrom', kind: 'pod' })]
      : [];
  });
}

function checkKeys(map: Json | undefined, path: string, what: string): Refusal[] {
  if (!isObject(map)) return [];
  return Object.keys(map).flatMap((key) => {
    const field = `${path}["${key}"]`;
    // Kubernetes takes annotation keys in any case, but checks them in lower case.
    if (!isMetadataKey(what === 'label key' ? key : key.toLowerCase())) {
      return [invalidName(field, key, what, NAME_MENDS.metadataKey)];
    }
    if (!key.startsWith(`${API_GROUP}/`)) return [];
    const mend = `write keys of ${API_GROUP} on the Job itself`;
    return [invalidName(field, key, `shared ${what}`, mend)];
  });
}

function checkLabelValues(labels: Json | undefined, path: string): Refusal[] {
  if (!isObject(labels)) return [];
  return Object.entries(labels).flatMap(([key, value]) =>
    typeof value === 'string' && !isLabelValue(value)
      ? [invalidName(`${path}["${key}"]`, value, 'label value', NAME_MENDS.labelValue)]
      : [],
  );
}

function invalidName(field: string, value: string, what: string, mend: string): Refusal {
  return refusal('NameInvalid', { field, value, what, mend });
}
