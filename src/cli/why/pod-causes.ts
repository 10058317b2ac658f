import type { ContainerState, ContainerStatus, PodObject } from '../cluster/pods.ts';
import { timeMs } from '../view/api-time.ts';
import type { Cause, ContainerEnd } from './cause.ts';
import type { EventObject } from './evidence.ts';

/** Why a container's image is not there, as the kubelet says it (`pkg/kubelet/images/types.go` of Kubernetes). */
const IMAGE_REASONS: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'ErrImageInspect',
  'ImageInspectError',
  'InvalidImageName',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

/** What the kubelet says of a container that it is only about to start. */
const STARTING_REASONS: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing', '']);

/** Events of the kubelet and of the attach/detach controller about volumes. */
const VOLUME_REASONS: ReadonlySet<string> = new Set([
  'FailedMount',
  'FailedAttachVolume',
  'FailedMapVolume',
  'VolumeResizeFailed',
]);

/** What is worse comes first: of several pods the one is told of that somebody has to see to. */
const RANKS: readonly Cause['kind'][] = [
  'unschedulable',
  'imageUnavailable',
  'containerNotCreated',
  'volumeUnavailable',
  'crashLoop',
  'podEnding',
  'creating',
  'running',
];

/**
 * What the pods of a Job are held up by, or that they run.
 *
 * @param eventsOf the Events of a pod, asked for only where its status does not say enough
 * @returns undefined if none of them is still to end
 */
export function causeOfPods(
  pods: readonly PodObject[],
  eventsOf: (pod: string) => readonly EventObject[],
): Cause | undefined {
  const [worst] = pods
    .filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
    .map((pod) => causeOfPod(pod, eventsOf))
    .sort((a, b) => RANKS.indexOf(a.kind) - RANKS.indexOf(b.kind));
  return worst;
}

/** How the pod of a Job ended that failed last; undefined if none is there that failed. */
export function lastEnd(pods: readonly PodObject[]): ContainerEnd | undefined {
  const [latest] = pods
    .filter(({ status }) => status?.phase === 'Failed')
    .map((pod) => ({ pod, atMs: endedAt(pod) }))
    .sort((a, b) => b.atMs - a.atMs);
  return latest && endOfPod(latest.pod);
}

function causeOfPod(pod: PodObject, eventsOf: (pod: string) => readonly EventObject[]): Cause {
  const { metadata, spec, status } = pod;
  const name = metadata.name ?? '';
  const node = spec?.nodeName;
  const createdMs = timeMs(metadata.creationTimestamp) ?? 0;
  const deletedMs = timeMs(metadata.deletionTimestamp);
  if (deletedMs !== undefined) {
    const finalizers = metadata.finalizers ?? [];
    return { kind: 'podEnding', pod: name, sinceMs: deletedMs, node, finalizers };
  }
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    const message = scheduled.message ?? scheduled.reason ?? '';
    return { kind: 'unschedulable', pod: name, message, sinceMs: createdMs };
  }
  const held = containersOf(pod)
    .map((container) => causeOfContainer(pod, container))
    .find((cause) => cause !== undefined);
  if (held !== undefined) return held;
  if (status?.phase !== 'Running') {
    const creating = { kind: 'creating', pod: name, sinceMs: createdMs, node } as const;
    return node === undefined ? creating : (causeOfEvents(name, eventsOf(name)) ?? creating);
  }
  const restarts = containersOf(pod).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
  return { kind: 'running', pod: name, sinceMs: timeMs(status.startTime) ?? createdMs, restarts, node };
}

function causeOfContainer(pod: PodObject, status: ContainerStatus): Cause | undefined {
  const { waiting } = status.state ?? {};
  if (waiting === undefined) return undefined;
  const { reason = '', message = '' } = waiting;
  const about = { pod: pod.metadata.name ?? '', container: status.name };
  if (STARTING_REASONS.has(reason)) return undefined;
  if (IMAGE_REASONS.has(reason)) {
    const image = imageOf(pod, status.name);
    return { kind: 'imageUnavailable', ...about, image, reason, message };
  }
  if (reason === 'CrashLoopBackOff') {
    const last = endOfContainer(about.pod, status.name, status.lastState);
    return { kind: 'crashLoop', ...about, restarts: status.restartCount ?? 0, last };
  }
  return { kind: 'containerNotCreated', ...about, reason, message };
}

/** Only the latest complaint counts: an earlier one may be settled. */
function causeOfEvents(pod: string, events: readonly EventObject[]): Cause | undefined {
  const latest = latestEvent(events.filter(({ type }) => type === 'Warning'));
  if (latest === undefined) return undefined;
  const { reason = '', message = '' } = latest;
  return VOLUME_REASONS.has(reason)
    ? { kind: 'volumeUnavailable', pod, message }
    : { kind: 'containerNotCreated', pod, container: '', reason, message };
}

/** The Event that was seen last. */
export function latestEvent(events: readonly EventObject[]): EventObject | undefined {
  return events.toSorted((a, b) => eventMs(b) - eventMs(a))[0];
}

/** When an Event was seen last, in milliseconds since the epoch. */
export function eventMs({ series, lastTimestamp, eventTime, metadata }: EventObject): number {
  return timeMs(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp) ?? 0;
}

function endOfPod(pod: PodObject): ContainerEnd {
  const name = pod.metadata.name ?? '';
  const ended = containersOf(pod).find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  const { reason, message } = pod.status ?? {};
  const end = ended && endOfContainer(name, ended.name, ended.state);
  // What the pod says of itself, such as Evicted, says more than what became of its containers.
  if (end !== undefined && reason === undefined) return end;
  return {
    pod: name,
    container: end?.container ?? '',
    exitCode: end?.exitCode,
    reason: reason ?? end?.reason ?? '',
    message: message ?? end?.message ?? '',
  };
}

function endOfContainer(
  pod: string,
  container: string,
  state: ContainerState | undefined,
): ContainerEnd | undefined {
  const ended = state?.terminated;
  if (ended === undefined) return undefined;
  const { exitCode, reason = '', message = '' } = ended;
  return { pod, container, exitCode, reason, message };
}

function endedAt(pod: PodObject): number {
  const times = containersOf(pod).map(({ state }) => timeMs(state?.terminated?.finishedAt) ?? 0);
  return Math.max(timeMs(pod.metadata.creationTimestamp) ?? 0, ...times);
}

function containersOf({ status }: PodObject): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

function imageOf({ spec }: PodObject, container: string): string {
  const all = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return all.find(({ name }) => name === container)?.image ?? '';
}
