import type { ContainerStatus, PodObject } from '../cluster/pods.ts';

/** How far the latest run of a container is. */
export type ContainerPhase = 'notStarted' | 'running' | 'ended';

/** A container of a pod, as its logs are concerned. */
export interface LoggedContainer {
  readonly name: string;
  readonly phase: ContainerPhase;
  /** It ended with an exit code other than 0, or was killed. */
  readonly failed: boolean;
  /** Runs before this one: a container with the pod's restartPolicy OnFailure starts again in its place. */
  readonly restarts: number;
  /** Why it has not started, as the kubelet says it: `ContainerCreating`, `ImagePullBackOff`. */
  readonly waitingFor: string | undefined;
}

/** Whether a pod has ended, whatever its containers say: an evicted one may have no word of them. */
export function hasPodEnded({ status }: PodObject): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** The containers of a pod in the order in which they start, those that initialise it first. */
export function containersOf(pod: PodObject): LoggedContainer[] {
  const { spec, status } = pod;
  const statuses = new Map(
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map((each) => [
      each.name,
      each,
    ]),
  );
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ name }) =>
    containerOf(name, statuses.get(name), pod),
  );
}

/**
 * The containers whose logs tell why a pod failed: those that failed, or if none did, as with a pod that took too long,
 * all that ran.
 */
export function failedContainers(pod: PodObject): LoggedContainer[] {
  const ran = containersOf(pod).filter(({ phase, restarts }) => phase !== 'notStarted' || restarts > 0);
  const failed = ran.filter((container) => container.failed);
  return failed.length > 0 || pod.status?.phase !== 'Failed' ? failed : ran;
}

function containerOf(name: string, status: ContainerStatus | undefined, pod: PodObject): LoggedContainer {
  const { running, waiting } = status?.state ?? {};
  // One that waits to be started again still has the log of its run.
  const terminated = status?.state?.terminated ?? (waiting && status?.lastState?.terminated);
  return {
    name,
    phase: terminated !== undefined ? 'ended' : running !== undefined ? 'running' : 'notStarted',
    failed: terminated !== undefined && terminated.exitCode !== 0,
    restarts: status?.restartCount ?? 0,
    waitingFor: waiting?.reason ?? (hasPodEnded(pod) ? pod.status?.reason : undefined),
  };
}
