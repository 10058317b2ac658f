import type { ContainerState, ContainerStatus, PodObject } from '../cluster/pods.ts';
import type { PartState } from './part-view.ts';

/** A pod as commands show it. */
export interface PodView {
  readonly name: string;
  /** In the words of kubectl's column STATUS: `Running`, `ImagePullBackOff`, `Init:0/1`, `Error`, `Terminating`. */
  readonly state: string;
  /** How that looks. */
  readonly looks: PartState;
  readonly restarts: number;
  /** Undefined before it has one. */
  readonly node: string | undefined;
  /** Why it failed, does not start or starts again and again; empty if all is well. */
  readonly message: string;
}

/** How a pod stands, as `kubectl get pods` says it, and why. */
export function viewPod(pod: PodObject): PodView {
  const { metadata, spec, status = {} } = pod;
  const init = initWords(pod);
  const containers = status.containerStatuses ?? [];
  const restarts = (init === undefined ? containers : (status.initContainerStatuses ?? [])).reduce(
    (sum, { restartCount = 0 }) => sum + restartCount,
    0,
  );
  return {
    name: metadata.name ?? '',
    state: stateOf(pod, init),
    looks: looksOf(pod),
    restarts,
    node: spec?.nodeName,
    message: messageOf(pod),
  };
}

/** As kubectl (https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/printers/internalversion/printers.go, `printPod`). */
function stateOf({ metadata, status = {} }: PodObject, init: string | undefined): string {
  const hasEnded = status.phase === 'Succeeded' || status.phase === 'Failed';
  if (metadata.deletionTimestamp && !hasEnded)
    return status.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  if (init !== undefined) return init;
  const gated = status.conditions?.some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  );
  const before = gated === true ? 'SchedulingGated' : (status.reason ?? status.phase ?? 'Unknown');
  // The first container counts most, so it comes last.
  const containers = [...(status.containerStatuses ?? [])].reverse();
  const state = containers.reduce((words, container) => containerWords(container.state) ?? words, before);
  const runs = containers.some(
    ({ ready, state: { running } = {} }) => ready === true && running !== undefined,
  );
  return state === 'Completed' && runs ? 'Running' : state;
}

/** While init containers run: `Init:0/1`, `Init:Error`; undefined afterwards. */
function initWords({ spec, status = {} }: PodObject): string | undefined {
  const all = spec?.initContainers ?? [];
  const isSidecar = (name: string): boolean =>
    all.some((container) => container.name === name && container.restartPolicy === 'Always');
  for (const [index, { name, state, started }] of (status.initContainerStatuses ?? []).entries()) {
    if (state?.terminated?.exitCode === 0) continue;
    if (isSidecar(name) && started === true) continue;
    const words = containerWords(state);
    return words === undefined || words === 'PodInitializing'
      ? `Init:${index}/${all.length}`
      : `Init:${words}`;
  }
  return undefined;
}

/** Why a container does not run; undefined if it does. */
function containerWords(state: ContainerState | undefined): string | undefined {
  const { waiting, terminated } = state ?? {};
  if (waiting?.reason) return waiting.reason;
  if (terminated === undefined) return undefined;
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode ?? 0}`;
}

/** What a container waits for in the ordinary course of things. */
const ORDINARY = ['ContainerCreating', 'PodInitializing'];

function looksOf({ status = {} }: PodObject): PartState {
  switch (status.phase) {
    case 'Succeeded':
      return 'Complete';
    case 'Failed':
      return 'Failed';
    default: {
      const stuck = statuses(status).some(({ state }) => isStuck(state));
      return stuck ? 'Failed' : status.phase === 'Running' ? 'Running' : 'Waiting';
    }
  }
}

function isStuck(state: ContainerState | undefined): boolean {
  const reason = state?.waiting?.reason;
  return reason !== undefined && reason !== '' && !ORDINARY.includes(reason);
}

function messageOf({ status = {} }: PodObject): string {
  if (status.phase === 'Succeeded') return '';
  const unscheduled = status.conditions?.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  );
  return [
    ...(unscheduled === undefined ? [] : [joined(unscheduled.reason, unscheduled.message)]),
    ...(status.phase === 'Failed' && (status.reason ?? status.message) !== undefined
      ? [joined(status.reason, status.message)]
      : []),
    ...statuses(status).flatMap(containerMessages),
  ].join('; ');
}

function containerMessages({ name, state, lastState }: ContainerStatus): string[] {
  const { waiting, terminated } = state ?? {};
  const before = lastState?.terminated;
  const stuck = isStuck(state) ? [`${name}: ${joined(waiting?.reason, waiting?.message)}`] : [];
  const ended =
    terminated !== undefined && terminated.exitCode !== 0 ? [`${name}: ${endWords(terminated)}`] : [];
  // One that was started again and runs has its reason there.
  const earlier = terminated === undefined && before !== undefined && before.exitCode !== 0;
  return [...stuck, ...ended, ...(earlier ? [`${name} ended before: ${endWords(before)}`] : [])];
}

function endWords({ exitCode, signal, reason, message }: NonNullable<ContainerState['terminated']>): string {
  const how = signal ? `signal ${signal}` : `exit code ${exitCode ?? 0}`;
  const why = reason === undefined || reason === '' || reason === 'Error' ? how : `${reason}, ${how}`;
  return message === undefined || message === '' ? why : `${why}: ${message.trim()}`;
}

function statuses(status: NonNullable<PodObject['status']>): readonly ContainerStatus[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
}

function joined(reason = '', message = ''): string {
  return [reason, message.trim()].filter(Boolean).join(': ');
}
