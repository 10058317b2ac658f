import type { Json } from '../../api/job.ts';
import { fieldOf, isAbsent } from '../admission/json-tree.ts';
import type { NodeRecord } from './node-record.ts';

/**
 * Whether a node has every label of a pod's `nodeSelector`.
 *
 * @param selector `nodeSelector` of a PodSpec; nothing selects every node
 */
export function matchesNodeSelector(selector: Json | undefined, { labels }: NodeRecord): boolean {
  if (typeof selector !== 'object' || selector === null) return true;
  return Object.entries(selector).every(
    ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
  );
}

/**
 * Whether a node matches a pod's required node affinity, as the scheduler and the DaemonSet controller judge it
 * (k8s.io/component-helpers, scheduling/corev1/nodeaffinity): terms are alternatives, all requirements of a term have
 * to hold, a term without any matches no node, and neither does one that cannot be read.
 *
 * @param required `affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution` of a PodSpec; nothing
 *   matches every node
 */
export function matchesRequiredAffinity(required: Json | undefined, node: NodeRecord): boolean {
  if (isAbsent(required)) return true;
  return listOf(required, 'nodeSelectorTerms').some((term) => {
    const expressions = listOf(term, 'matchExpressions');
    const fields = listOf(term, 'matchFields');
    return (
      expressions.length + fields.length > 0 &&
      expressions.every((expression) => matchesLabel(expression, node)) &&
      fields.every((field) => matchesField(field, node))
    );
  });
}

function matchesLabel(requirement: Json, { labels }: NodeRecord): boolean {
  const { key, operator, values } = read(requirement);
  const label = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return label !== undefined && values.includes(label);
    case 'NotIn':
      // Without values it cannot be read; a node without the label is not in any.
      return values.length > 0 && (label === undefined || !values.includes(label));
    case 'Exists':
      return values.length === 0 && label !== undefined;
    case 'DoesNotExist':
      return values.length === 0 && label === undefined;
    case 'Gt':
    case 'Lt':
      return compares(operator, label, values);
    default:
      return false;
  }
}

/** The only field that can be asked for is the name, and with one value at a time. */
function matchesField(requirement: Json, { name }: NodeRecord): boolean {
  const { key, operator, values } = read(requirement);
  if (key !== 'metadata.name' || values.length !== 1) return false;
  if (operator === 'In') return values[0] === name;
  return operator === 'NotIn' && values[0] !== name;
}

function compares(operator: 'Gt' | 'Lt', label: string | undefined, values: readonly string[]): boolean {
  const [value, ...others] = values;
  const left = integerOf(label);
  const right = integerOf(value);
  if (left === undefined || right === undefined || others.length > 0) return false;
  return operator === 'Gt' ? left > right : left < right;
}

/** A 64-bit integer, or undefined if the text is none. */
function integerOf(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

interface Requirement {
  readonly key: string;
  readonly operator: Json | undefined;
  readonly values: readonly string[];
}

function read(requirement: Json): Requirement {
  const key = fieldOf(requirement, 'key');
  return {
    key: typeof key === 'string' ? key : '',
    operator: fieldOf(requirement, 'operator'),
    values: listOf(requirement, 'values').map(String),
  };
}

function listOf(value: Json | undefined, field: string): readonly Json[] {
  const list = fieldOf(value, field);
  return Array.isArray(list) ? list : [];
}
