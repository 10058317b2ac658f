import type { Json, JsonObject } from '../../api/job.ts';
import { fieldOf, isObject, withField } from '../admission/json-tree.ts';
import type { Taint } from './node-record.ts';

/**
 * The tolerations that the DaemonSet controller adds to its pods, and jobflow to those of a DaemonJob: they stay on
 * a node that has lost touch, and run on one that is cordoned or short of something
 * (https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations).
 */
const ADDED: readonly JsonObject[] = [
  exists('not-ready', 'NoExecute'),
  exists('unreachable', 'NoExecute'),
  exists('disk-pressure', 'NoSchedule'),
  exists('memory-pressure', 'NoSchedule'),
  exists('pid-pressure', 'NoSchedule'),
  exists('unschedulable', 'NoSchedule'),
];

/** Only for pods in the network of their host, which need no network of the node. */
const ADDED_WITH_HOST_NETWORK = exists('network-unavailable', 'NoSchedule');

/**
 * Adds the tolerations of a DaemonSet to a pod. One of the pod's own with the same key, effect, operator and value is
 * replaced, so that a limit in seconds is lifted, as the DaemonSet controller does it
 * (`AddOrUpdateTolerationInPodSpec` in pkg/apis/core/v1/helper/helpers.go of Kubernetes).
 *
 * @param pod a PodSpec
 */
export function withDaemonTolerations(pod: JsonObject): JsonObject {
  const added = fieldOf(pod, 'hostNetwork') === true ? [...ADDED, ADDED_WITH_HOST_NETWORK] : ADDED;
  const own = fieldOf(pod, 'tolerations');
  const kept = (Array.isArray(own) ? own : []).filter((one) => !added.some((other) => isSame(one, other)));
  return withField(pod, 'tolerations', [...kept, ...added]);
}

/**
 * A taint of a node that keeps a pod away: one that evicts pods (`NoExecute`) if there is any, else one that only lets
 * no new ones in (`NoSchedule`).
 *
 * @param tolerations `tolerations` of a PodSpec
 * @returns undefined if the pod may run there
 */
export function untoleratedTaint(taints: readonly Taint[], tolerations: Json | undefined): Taint | undefined {
  const known = Array.isArray(tolerations) ? tolerations.filter(isObject) : [];
  const untolerated = taints.filter((taint) => !known.some((one) => tolerates(one, taint)));
  return (
    untolerated.find(({ effect }) => effect === 'NoExecute') ??
    untolerated.find(({ effect }) => effect === 'NoSchedule')
  );
}

/**
 * Whether a toleration is about a taint (`ToleratesTaint` in k8s.io/api/core/v1/toleration.go): no effect means any
 * effect, no key any key. The comparing operators `Lt` and `Gt` tolerate nothing, as in a cluster at its defaults:
 * they are alpha and off in Kubernetes 1.36.
 */
function tolerates(toleration: JsonObject, taint: Taint): boolean {
  const effect = textOf(toleration, 'effect');
  if (effect !== '' && effect !== taint.effect) return false;
  const key = textOf(toleration, 'key');
  if (key !== '' && key !== taint.key) return false;
  switch (textOf(toleration, 'operator')) {
    case 'Exists':
      return true;
    case '':
    case 'Equal':
      return textOf(toleration, 'value') === (taint.value ?? '');
    default:
      return false;
  }
}

function isSame(a: Json, b: Json): boolean {
  return ['key', 'effect', 'operator', 'value'].every((field) => textOf(a, field) === textOf(b, field));
}

function textOf(value: Json, field: string): string {
  const text = fieldOf(value, field);
  return typeof text === 'string' ? text : '';
}

function exists(condition: string, effect: Taint['effect']): JsonObject {
  return { key: `node.kubernetes.io/${condition}`, operator: 'Exists', effect };
}
