import type { JobMetadata, JobObject } from '../../api/job.ts';
import type { DaemonJobObject } from '../../core/daemon/daemon-record.ts';
import type { NodeRecord } from '../../core/daemon/node-record.ts';
import type { PodObject } from '../cluster/pods.ts';
import type { Unread } from '../cluster/read-objects.ts';
import type { Installation } from '../installation/installation.ts';
import type { Reading } from '../installation/reading.ts';
import type { NamespaceView } from '../view/namespace-view.ts';

/** An Event, in the fields that are shown. The two ways in which Kubernetes counts repeats are both in use. */
export interface EventObject {
  readonly metadata: JobMetadata;
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject?: { readonly kind?: string; readonly name?: string; readonly uid?: string };
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly lastObservedTime?: string } | null;
}

/** A Workload of Kueue, in the fields that are shown (https://kueue.sigs.k8s.io/docs/concepts/workload/). */
export interface WorkloadObject {
  readonly metadata: JobMetadata;
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

/** Something that has to be read before more can be told. */
export type Need =
  | { readonly kind: 'pods'; readonly job: string }
  | { readonly kind: 'events'; readonly of: 'Job' | 'Pod'; readonly name: string }
  /** The controller and the webhook of jobflow. */
  | { readonly kind: 'installation' }
  | { readonly kind: 'nodes' }
  /** Kueue's Workload of a Job. */
  | { readonly kind: 'workload'; readonly job: string };

/** A need as a key; equal needs have equal keys. */
export function keyOf(need: Need): string {
  switch (need.kind) {
    case 'pods':
    case 'workload':
      return `${need.kind}/${need.job}`;
    case 'events':
      return `events/${need.of}/${need.name}`;
    case 'installation':
    case 'nodes':
      return need.kind;
  }
}

/** What is known when the question is asked: one look at a namespace, and what has been read for single objects. */
export interface Evidence {
  readonly view: NamespaceView;
  readonly jobs: ReadonlyMap<string, JobObject>;
  readonly daemons: ReadonlyMap<string, DaemonJobObject>;
  /** Lists that could not be read; what they hold counts as not there. */
  readonly unread: readonly Unread[];
  /** The time, in milliseconds since the epoch, by the API server's clock. */
  readonly nowMs: number;
  /** What has been read for single objects, by the key of the need. */
  readonly read: ReadonlyMap<string, Found>;
}

/** What came of a {@link Need}. */
export type Found =
  | { readonly kind: 'pods'; readonly pods: Reading<readonly PodObject[]> }
  | { readonly kind: 'events'; readonly events: Reading<readonly EventObject[]> }
  | { readonly kind: 'installation'; readonly installation: Installation }
  | { readonly kind: 'nodes'; readonly nodes: Reading<readonly NodeRecord[]> }
  | { readonly kind: 'workload'; readonly workload: Reading<WorkloadObject> };
