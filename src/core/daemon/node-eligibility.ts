import { fieldOf, objectOrEmpty, valueAt } from '../admission/json-tree.ts';
import { untoleratedTaint, withDaemonTolerations } from './daemon-tolerations.ts';
import type { DaemonJobSpec } from './daemon-spec.ts';
import { matchesNodeSelector, matchesRequiredAffinity } from './node-affinity.ts';
import type { NodeRecord } from './node-record.ts';

/** Why a node gets no Job of a DaemonJob. */
export type Ineligible =
  /** It is in `excludeNodeList`. */
  | { readonly kind: 'excluded' }
  /** `globalParams.nodeName`, or `nodeName` of the pod, names another one. */
  | { readonly kind: 'otherNode'; readonly nodeName: string }
  /** It is on its way out of the cluster. */
  | { readonly kind: 'deleting' }
  | { readonly kind: 'nodeSelector' }
  | { readonly kind: 'nodeAffinity' }
  /** A taint, `key=value:effect`, that the pod does not tolerate; one that evicts ends what runs there. */
  | { readonly kind: 'taint'; readonly taint: string; readonly evicts: boolean };

/**
 * Makes ready to judge the nodes of a DaemonJob. A node is judged as the DaemonSet controller judges it, by the
 * pod's `nodeName`, `nodeSelector`, required node affinity and tolerations, a DaemonSet's own added
 * (`NodeShouldRunDaemonPod` in pkg/controller/daemon/daemon_controller.go of Kubernetes); and by what a DaemonJob adds
 * to that, `excludeNodeList` and `globalParams.nodeName`. Preferred affinity is a wish and does not count.
 *
 * @returns a function that says why a node is not eligible; undefined if it is
 */
export function nodeJudge(spec: DaemonJobSpec): (node: NodeRecord) => Ineligible | undefined {
  const excluded = new Set(excludedNodes(spec.excludeNodeList));
  const pod = withDaemonTolerations(objectOrEmpty(valueAt(spec.jobSpec, 'template', 'spec')));
  const nodeNames = [spec.globalParams.nodeName, fieldOf(pod, 'nodeName')].filter(
    (name): name is string => typeof name === 'string' && name !== '',
  );
  const selector = fieldOf(pod, 'nodeSelector');
  const required = valueAt(pod, 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution');
  const tolerations = fieldOf(pod, 'tolerations');
  return (node) => {
    if (excluded.has(node.name)) return { kind: 'excluded' };
    const other = nodeNames.find((name) => name !== node.name);
    if (other !== undefined) return { kind: 'otherNode', nodeName: other };
    if (node.deletedMs !== undefined) return { kind: 'deleting' };
    if (!matchesNodeSelector(selector, node)) return { kind: 'nodeSelector' };
    if (!matchesRequiredAffinity(required, node)) return { kind: 'nodeAffinity' };
    const taint = untoleratedTaint(node.taints, tolerations);
    if (taint === undefined) return undefined;
    const { key, value, effect } = taint;
    return {
      kind: 'taint',
      taint: `${key}${value ? `=${value}` : ''}:${effect}`,
      evicts: effect === 'NoExecute',
    };
  };
}

/**
 * The nodes that a DaemonJob runs on, in the order of their names.
 *
 * @param nodes all nodes of the cluster
 */
export function eligibleNodes(spec: DaemonJobSpec, nodes: readonly NodeRecord[]): NodeRecord[] {
  const judge = nodeJudge(spec);
  return nodes.filter((node) => judge(node) === undefined).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The names in an `excludeNodeList`: commas or white space between them; a name may come twice, or be of no node. */
export function excludedNodes(list: string): string[] {
  return list.split(/[\s,]+/).filter((name) => name !== '');
}
