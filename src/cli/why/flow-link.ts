import { parseReference } from '../../api/dependency-reference.ts';
import type { JobFlowStatus } from '../../api/flow-spec.ts';
import type { FlowRecord } from '../../core/flow/flow-record.ts';
import { nearNames } from '../view/near-names.ts';
import type { FlowView } from '../view/namespace-view.ts';
import { hasEnded, type PartView } from '../view/part-view.ts';
import { timeMs } from '../view/api-time.ts';
import { lateness } from './controller-lateness.ts';
import type { LinkDraft, Tracing } from './tracing.ts';
import { stateUnread } from './explanation.ts';
import { GRACE_MS } from './job-causes.ts';

/** The link of a JobFlow as a whole. */
export function linkOfFlow(name: string, tracing: Tracing): LinkDraft {
  const { evidence } = tracing;
  const flow = evidence.view.flows.get(parseReference(name)?.name ?? '');
  if (flow !== undefined) return { name, ...stateOfFlow(flow.record), ...held(name, flow, tracing) };
  const unread = evidence.unread.find(({ resource }) => resource === 'jobflows');
  if (unread !== undefined)
    return { name, state: stateUnread(unread), causes: [{ kind: 'unseen', ...unread }] };
  const near = nearNames(parseReference(name)?.name ?? '', evidence.view.flows.keys());
  return { name, state: 'Missing', causes: [{ kind: 'missing', near }] };
}

/** Why a JobFlow or DaemonJob does not go on, as its status says. */
export function stalledIn({
  conditions = [],
}: JobFlowStatus): { reason: string; message: string } | undefined {
  const found = conditions.find(({ type, status }) => type === 'Stalled' && status === 'True');
  return found && { reason: found.reason ?? '', message: found.message ?? '' };
}

function stateOfFlow({
  outcome,
  deletedMs,
  status,
  createdMs,
  spec,
}: FlowRecord): Pick<LinkDraft, 'state' | 'sinceMs'> {
  if (outcome !== undefined) return { state: outcome, sinceMs: timeMs(status.completionTime) };
  if (deletedMs !== undefined) return { state: 'Deleting', sinceMs: deletedMs };
  if (spec.suspend === true) return { state: 'Suspended', sinceMs: createdMs };
  const sinceMs = timeMs(status.startTime);
  return sinceMs === undefined ? { state: 'Waiting', sinceMs: createdMs } : { state: 'Running', sinceMs };
}

function held(
  name: string,
  { record, parts }: FlowView,
  tracing: Tracing,
): Pick<LinkDraft, 'causes' | 'upstreams'> {
  const { outcome, deletedMs, status, createdMs, spec, generation } = record;
  const follow = (some: readonly PartView[]) => some.map((part) => tracing.follow(part.name, undefined));
  if (outcome === 'Failed') {
    const failed = parts.filter(
      ({ state, ending }) => state === 'Failed' && ending?.reason !== 'DependencyFailed',
    );
    const ending = status.conditions?.find(({ type, status: is }) => type === 'Failed' && is === 'True');
    const isByJobs = ending?.reason === 'JobsFailed' && failed.length > 0;
    const { reason = '', message = '' } = ending ?? {};
    return isByJobs
      ? { upstreams: follow(failed) }
      : { causes: [{ kind: 'failed', reason, message, last: undefined }], upstreams: follow(failed) };
  }
  if (outcome !== undefined) {
    const endedMs = timeMs(status.completionTime);
    const tookMs = endedMs === undefined ? undefined : endedMs - (timeMs(status.startTime) ?? endedMs);
    return { causes: [{ kind: 'finished', outcome, endedMs, tookMs }] };
  }
  if (deletedMs !== undefined) return { causes: [{ kind: 'flowDeleted', flow: name }] };
  if ((spec.flows ?? []).length === 0 && parts.every(hasEnded)) return { causes: [{ kind: 'noEntries' }] };
  const stalled = stalledIn(status);
  const going = parts.filter((part) => !hasEnded(part));
  if (stalled !== undefined) {
    const made = going.filter((part) => part.record !== undefined);
    return { causes: [{ kind: 'stalled', object: name, ...stalled }], upstreams: follow(made) };
  }
  if (status.observedGeneration !== generation && tracing.evidence.nowMs - createdMs >= GRACE_MS) {
    return { causes: [{ kind: 'notObserved', object: name, sinceMs: createdMs, ...lateness(tracing) }] };
  }
  if (going.length === 0) return { causes: [{ kind: 'aboutToStart' }] };
  if (spec.suspend === true) {
    const running = going.filter(({ state }) => state === 'Running');
    return { causes: [{ kind: 'flowSuspended', flow: name }], upstreams: follow(running) };
  }
  return { upstreams: follow(lastOf(going)) };
}

/** Those that no other waits for: the chain leads from them to all that is to come before. */
function lastOf(parts: readonly PartView[]): readonly PartView[] {
  const awaited = new Set(parts.flatMap(({ edges }) => edges.map(({ name }) => name)));
  return parts.filter(({ name, cycle }) => !awaited.has(name) || cycle !== undefined);
}
