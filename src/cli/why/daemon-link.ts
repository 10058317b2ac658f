import type { DaemonJobObject } from '../../core/daemon/daemon-record.ts';
import { projectDaemonJob } from '../../core/daemon/daemon-record.ts';
import { nodeJudge, type Ineligible } from '../../core/daemon/node-eligibility.ts';
import { parseReference } from '../../api/dependency-reference.ts';
import { hasEnded, type PartView } from '../view/part-view.ts';
import type { Cause } from './cause.ts';
import { lateness } from './controller-lateness.ts';
import type { LinkDraft, Tracing } from './tracing.ts';
import { stalledIn } from './flow-link.ts';
import type { FoundEvidence } from './found.ts';
import { GRACE_MS } from './job-causes.ts';

type Held = Pick<LinkDraft, 'causes' | 'upstreams'>;

/** What a DaemonJob is held up by whose gate is open. */
export function causesOfDaemon(part: PartView, object: DaemonJobObject, tracing: Tracing): Held {
  const daemon = projectDaemonJob(object);
  const { nowMs } = tracing.evidence;
  const stalled = stalledIn(daemon.status);
  const going = jobsOf(daemon.uid, tracing).filter((job) => !hasEnded(job));
  const upstreams = going.map(({ name }) => tracing.follow(name, undefined));
  if (stalled !== undefined)
    return { causes: [{ kind: 'stalled', object: part.name, ...stalled }], upstreams };
  if (daemon.suspended) return { causes: [{ kind: 'daemonSuspended' }], upstreams };
  if (daemon.status.observedGeneration !== daemon.generation && nowMs - daemon.createdMs >= GRACE_MS) {
    const cause = { kind: 'notObserved', object: part.name, sinceMs: daemon.createdMs } as const;
    return { causes: [{ ...cause, ...lateness(tracing) }], upstreams };
  }
  const limit = daemon.spec.maxConcurrentNodes;
  const toMake = (daemon.status.counts?.waiting ?? 0) > 0;
  const full: Cause[] =
    limit !== undefined && toMake && going.length >= limit ? [{ kind: 'daemonFull', limit }] : [];
  if (upstreams.length === 0 && full.length === 0) return { causes: [{ kind: 'aboutToStart' }] };
  return { causes: full, upstreams };
}

/** Why a DaemonJob has ended as it has, other than at its gate. */
export function endOfDaemon(part: PartView, tracing: Tracing): Held {
  const object = tracing.evidence.daemons.get(parseReference(part.name)?.name ?? '');
  const { state, endedMs, startedMs, ending } = part;
  if (object === undefined) return {};
  const daemon = projectDaemonJob(object);
  if (state === 'Failed') {
    const failed = jobsOf(daemon.uid, tracing).filter((job) => job.state === 'Failed');
    if (failed.length > 0) return { upstreams: failed.map(({ name }) => tracing.follow(name, undefined)) };
    const { reason = '', message = '' } = ending ?? {};
    return { causes: [{ kind: 'failed', reason, message, last: undefined }] };
  }
  if ((daemon.status.counts?.total ?? 0) === 0) {
    return { causes: [{ kind: 'noNode', nodes: nodesLeftOut(object, tracing.found) }] };
  }
  const tookMs = endedMs === undefined || startedMs === undefined ? undefined : endedMs - startedMs;
  return { causes: [{ kind: 'finished', outcome: 'Complete', endedMs, tookMs }] };
}

/** The nodes that get no Job of a DaemonJob, and why; undefined if nodes may not be read. */
export function nodesLeftOut(
  object: DaemonJobObject,
  found: FoundEvidence,
): { readonly name: string; readonly why: Ineligible }[] | undefined {
  const judge = nodeJudge(projectDaemonJob(object).spec);
  return found.nodes()?.flatMap((node) => {
    const why = judge(node);
    return why === undefined ? [] : [{ name: node.name, why }];
  });
}

function jobsOf(uid: string, { evidence }: Tracing): PartView[] {
  return [...evidence.view.parts.values()].filter(({ record }) => record?.owner?.uid === uid);
}
