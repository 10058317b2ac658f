import type { JobMetadata } from '../../api/job.ts';
import { apiPath, type Query } from '../../kube/connection.ts';
import type { ListedResource } from './read-objects.ts';

/** A Pod, in the fields that commands show. */
export interface PodObject {
  readonly metadata: JobMetadata;
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly { readonly name: string; readonly image?: string }[];
    readonly initContainers?: readonly {
      readonly name: string;
      readonly image?: string;
      readonly restartPolicy?: string;
    }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly startTime?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

/** How one container of a pod stands. */
export interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly started?: boolean | null;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  /** How it ended before it was started again. */
  readonly lastState?: ContainerState;
}

/** What a container does: one of these, as the API server sends it. */
export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly exitCode?: number;
    readonly signal?: number;
    readonly reason?: string;
    readonly message?: string;
    readonly finishedAt?: string;
  };
}

/** Pods of Jobs have this label (https://kubernetes.io/docs/reference/labels-annotations-taints/#batch-kubernetes-io-job-name). */
const POD_OF_JOB = 'batch.kubernetes.io/job-name';

/**
 * Where the pods of Jobs are listed.
 *
 * @param of undefined for all namespaces, and for all Jobs
 */
export function podsOf(of: {
  readonly namespace: string | undefined;
  readonly job?: string;
}): ListedResource & { readonly query: Query } {
  const { namespace, job } = of;
  return {
    resource: 'pods',
    path: namespace === undefined ? '/api/v1/pods' : apiPath`/api/v1/namespaces/${namespace}/pods`,
    query: { labelSelector: job === undefined ? POD_OF_JOB : `${POD_OF_JOB}=${job}` },
  };
}
