import { isDeepStrictEqual } from 'node:util';
import type { JobMetadata } from '../../api/job.ts';

/** A taint of a node. `PreferNoSchedule` is only a wish and keeps no pod away. */
export interface Taint {
  readonly key: string;
  readonly value?: string | null;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** A `v1` Node as it comes over the wire, in the fields that jobflow reads. */
export interface NodeObject {
  readonly metadata: JobMetadata;
  readonly spec?: { readonly taints?: readonly Taint[] | null; readonly unschedulable?: boolean } | null;
}

/** One node as jobflow remembers it. */
export interface NodeRecord {
  /** Nodes have no namespace; it is here so that nodes are kept in a store like any other object. */
  readonly namespace: '';
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Cordoned. The taint of the same name says it too, and the pods of a DaemonJob tolerate that. */
  readonly unschedulable: boolean;
  /** `metadata.deletionTimestamp`, in milliseconds since the epoch, or undefined. */
  readonly deletedMs: number | undefined;
}

const NO_LABELS: Readonly<Record<string, string>> = {};
const NO_TAINTS: readonly Taint[] = [];

/**
 * Takes from a node what decisions need, and lets go of the rest (its status is large and changes all the time).
 *
 * @param node a node as the API server sent it
 */
export function projectNode({ metadata, spec }: NodeObject): NodeRecord {
  const { deletionTimestamp } = metadata;
  return {
    namespace: '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    labels: metadata.labels ?? NO_LABELS,
    taints: spec?.taints?.length ? spec.taints : NO_TAINTS,
    unschedulable: spec?.unschedulable === true,
    deletedMs: deletionTimestamp ? Date.parse(deletionTimestamp) : undefined,
  };
}

/**
 * Whether a change of a node can change which DaemonJobs run on it. A node's status is written every few minutes at
 * least; that must cause no work.
 *
 * @param before undefined for a node that has just joined
 * @param after undefined for a node that has left
 */
export function changesEligibility(before: NodeRecord | undefined, after: NodeRecord | undefined): boolean {
  if (before === undefined || after === undefined) return before !== after;
  return (
    before.uid !== after.uid ||
    (before.deletedMs === undefined) !== (after.deletedMs === undefined) ||
    !isDeepStrictEqual(before.labels, after.labels) ||
    !isDeepStrictEqual(before.taints, after.taints)
  );
}
