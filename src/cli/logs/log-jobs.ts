import { formatReference } from '../../api/dependency-reference.ts';
import type { PodObject } from '../cluster/pods.ts';
import { referenceTo, type Target } from '../targets/target.ts';
import type { NamespaceView } from '../view/namespace-view.ts';
import { hasEnded, type PartView } from '../view/part-view.ts';

/** A Job whose logs are wanted, with its pods in the order of their making. */
export interface LoggedJob {
  readonly part: PartView;
  readonly pods: readonly PodObject[];
}

const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index';

/**
 * The Jobs that are meant, in the order in which they started, and those that started in the same second in the order in
 * which they wait for each other; those that have not started come last.
 *
 * @param onlyFailed leaves out all that have not failed
 */
export function jobsToLog(
  view: NamespaceView,
  pods: readonly PodObject[],
  targets: readonly Pick<Target, 'kind' | 'name'>[],
  onlyFailed: boolean,
): LoggedJob[] {
  const parts = new Set(targets.flatMap((target) => jobsOf(view, target)));
  const depths = depthsOf(view, parts);
  const podsByJob = Map.groupBy(pods, ownerOf);
  return [...parts]
    .filter(({ state }) => !onlyFailed || state === 'Failed')
    .sort(
      (a, b) =>
        (a.startedMs ?? Infinity) - (b.startedMs ?? Infinity) ||
        (depths.get(a.name) ?? 0) - (depths.get(b.name) ?? 0) ||
        a.name.localeCompare(b.name),
    )
    .map((part) => ({ part, pods: inOrder(podsByJob.get(part.record?.uid ?? '') ?? []) }));
}

/** Whether nothing more will become of what is meant: all of it has ended, or is gone. */
export function haveAllEnded(
  { parts, flows }: NamespaceView,
  targets: readonly Pick<Target, 'kind' | 'name'>[],
): boolean {
  return targets.every((target) => {
    if (target.kind === 'jobflow') {
      const flow = flows.get(target.name);
      return flow === undefined || flow.record.outcome !== undefined || flow.parts.every(hasEnded);
    }
    const part = parts.get(referenceTo(target));
    return part === undefined || hasEnded(part);
  });
}

function jobsOf(view: NamespaceView, { kind, name }: Pick<Target, 'kind' | 'name'>): PartView[] {
  switch (kind) {
    case 'job': {
      const part = view.parts.get(name);
      return part === undefined ? [] : [part];
    }
    case 'daemonjob':
      return [...view.parts.values()].filter(
        ({ record }) => record?.owner?.kind === 'DaemonJob' && record.owner.name === name,
      );
    case 'jobflow':
      return (view.flows.get(name)?.parts ?? []).flatMap((part) => {
        const [, daemon] = part.name.split('/');
        return daemon === undefined ? [part] : jobsOf(view, { kind: 'daemonjob', name: daemon });
      });
  }
}

/** How many steps lie before each of some parts, along the edges between them. */
function depthsOf({ parts }: NamespaceView, some: ReadonlySet<PartView>): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const depthOf = (part: PartView): number => {
    const known = depths.get(part.name);
    if (known !== undefined) return known;
    // On a cycle, the way back counts for nothing.
    depths.set(part.name, 0);
    let depth = 0;
    for (const { name } of edgesOf(part, parts)) {
      const upstream = parts.get(name);
      if (upstream !== undefined) depth = Math.max(depth, depthOf(upstream) + 1);
    }
    depths.set(part.name, depth);
    return depth;
  };
  for (const part of some) depthOf(part);
  return depths;
}

/** The Job of a node waits for what its DaemonJob waits for. */
function edgesOf(part: PartView, parts: ReadonlyMap<string, PartView>): PartView['edges'] {
  const { owner } = part.record ?? {};
  if (owner?.kind !== 'DaemonJob') return part.edges;
  return parts.get(formatReference({ kind: 'daemonjob', name: owner.name }))?.edges ?? part.edges;
}

function ownerOf({ metadata }: PodObject): string {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid ?? '';
}

function inOrder(pods: readonly PodObject[]): PodObject[] {
  const created = ({ metadata }: PodObject): string => metadata.creationTimestamp ?? '';
  const index = ({ metadata }: PodObject): number => Number(metadata.labels?.[COMPLETION_INDEX] ?? 0);
  return [...pods].sort(
    (a, b) =>
      created(a).localeCompare(created(b)) ||
      index(a) - index(b) ||
      (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''),
  );
}
