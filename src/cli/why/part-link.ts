import { parseReference } from '../../api/dependency-reference.ts';
import type { DependencyEdge } from '../../api/dependency-list.ts';
import { OWN_ANNOTATIONS } from '../../api/names.ts';
import type { Outcome } from '../../api/outcomes.ts';
import type { WaitingOn } from '../../core/gate.ts';
import { opensOn } from '../../core/outcome.ts';
import { hasEnded, type PartView } from '../view/part-view.ts';
import { nearNames } from '../view/near-names.ts';
import type { Cause } from './cause.ts';
import { lateness } from './controller-lateness.ts';
import { causesOfDaemon, endOfDaemon } from './daemon-link.ts';
import type { LinkDraft, Tracing } from './tracing.ts';
import { stateUnread } from './explanation.ts';
import { stalledIn } from './flow-link.ts';
import { causeOfFailure, causeOfRun, GRACE_MS } from './job-causes.ts';
import { eventMs, latestEvent } from './pod-causes.ts';

/** The link of a Job or DaemonJob, or of one that is not there. */
export function linkOfPart(name: string, tracing: Tracing): LinkDraft {
  const part = tracing.evidence.view.parts.get(name);
  if (part === undefined) return missingLink(name, tracing);
  const { record, state } = part;
  if (record === undefined) return unmadeLink(part, tracing);
  if (hasEnded(part)) return endedLink(part, tracing);
  if (record.deletedMs !== undefined) {
    const { deletedMs: sinceMs, finalizers } = record;
    return { name, state: 'Deleting', sinceMs, causes: [{ kind: 'beingDeleted', sinceMs, finalizers }] };
  }
  const sinceMs = part.startedMs ?? part.createdMs;
  if (record.leftAloneBecause !== undefined && record.terms?.gated === true && !record.started) {
    return { name, state, sinceMs, causes: [{ kind: 'leftAlone', because: record.leftAloneBecause }] };
  }
  if (part.decision !== undefined) return { name, state, sinceMs, ...waiting(part, tracing) };
  const daemon = tracing.evidence.daemons.get(parseReference(name)?.name ?? '');
  if (parseReference(name)?.kind === 'daemonjob' && daemon !== undefined) {
    return { name, state, sinceMs, ...causesOfDaemon(part, daemon, tracing) };
  }
  const job = tracing.evidence.jobs.get(name);
  if (job === undefined) return { name, state, sinceMs };
  const { found, evidence } = tracing;
  const releasedMs = Date.parse(job.metadata.annotations?.[OWN_ANNOTATIONS.releasedAt] ?? '');
  const causes = [causeOfRun({ part, job, found, nowMs: evidence.nowMs })];
  return {
    name,
    state,
    sinceMs: part.startedMs ?? (Number.isNaN(releasedMs) ? sinceMs : releasedMs),
    causes,
  };
}

type Held = Pick<LinkDraft, 'causes' | 'upstreams'>;

/** What keeps a gate shut. */
function waiting(part: PartView, tracing: Tracing): Held {
  const { decision, cycle, record } = part;
  if (cycle !== undefined && decision?.kind !== 'fail') return { causes: [{ kind: 'cycle', path: cycle }] };
  if (decision?.kind === 'wait') return heldBy(part, decision.on, tracing);
  if (decision === undefined || decision.kind === 'cycle' || record === undefined) return {};
  const owner = record.owner?.kind === 'JobFlow' ? 'jobflows' : undefined;
  const unread = tracing.evidence.unread.find(({ resource }) => resource === owner);
  if (unread !== undefined) return { causes: [{ kind: 'unseen', ...unread }] };
  const sinceMs = decidableSince(part, tracing);
  if (tracing.evidence.nowMs - sinceMs < GRACE_MS) return { causes: [{ kind: 'aboutToStart' }] };
  const late = lateness(tracing);
  return { causes: [{ kind: 'notDecided', decision: decision.kind, sinceMs, ...late }] };
}

/** Since when everything that the decision rests on has been there, as far as it is written down. */
function decidableSince({ createdMs = 0, edges, record }: PartView, { evidence }: Tracing): number {
  const timeoutMs = record?.terms?.waitTimeoutMs;
  const dueMs = timeoutMs === undefined ? 0 : createdMs + timeoutMs;
  const ends = edges.map(({ name }) => evidence.view.parts.get(name)?.endedMs ?? 0);
  return Math.max(createdMs, dueMs <= evidence.nowMs ? dueMs : 0, ...ends);
}

function heldBy(part: PartView, on: readonly WaitingOn[], tracing: Tracing): Held {
  const causes: Cause[] = [];
  const upstreams: NonNullable<LinkDraft['upstreams']>[number][] = [];
  const wants = (name: string) => part.edges.find((edge) => edge.name === name)?.wants;
  for (const one of on) {
    switch (one.kind) {
      case 'notCreated':
      case 'running':
      case 'deleted':
        upstreams.push(tracing.follow(one.name, wants(one.name)));
        break;
      case 'otherRun': {
        const cause = { kind: 'otherRun', run: one.run, wanted: part.run ?? '' } as const;
        upstreams.push(tracing.add({ name: one.name, state: 'Missing', causes: [cause] }, wants(one.name)));
        break;
      }
      case 'leftOver': {
        const { finalizers = [] } = tracing.evidence.view.parts.get(one.name)?.record ?? {};
        const cause = { kind: 'leftOver', finalizers } as const;
        upstreams.push(tracing.add({ name: one.name, state: 'Deleting', causes: [cause] }, wants(one.name)));
        break;
      }
      case 'unmet':
        if (one.outcome === 'Complete')
          causes.push({ kind: 'unmet', upstream: one.name, outcome: one.outcome });
        else upstreams.push(tracing.follow(one.name, wants(one.name)));
        break;
      case 'held':
        causes.push({ kind: 'held' });
        break;
      case 'flowSuspended':
      case 'flowDeleted':
      case 'flowEdited':
        causes.push({ kind: one.kind, flow: one.name });
        break;
      case 'flowFull':
        causes.push({
          kind: 'flowFull',
          flow: one.name,
          limit: one.limit,
          running: runningIn(one.name, tracing),
        });
        break;
      case 'unreadable':
        causes.push({ kind: 'unreadable', problem: one.problem });
        break;
    }
  }
  return { causes, upstreams };
}

function runningIn(flow: string, { evidence }: Tracing): string[] {
  const parts = evidence.view.flows.get(parseReference(flow)?.name ?? '')?.parts ?? [];
  return parts.filter(({ state }) => state === 'Running' || state === 'Suspended').map(({ name }) => name);
}

function endedLink(part: PartView, tracing: Tracing): LinkDraft {
  const { name, state, startedMs, endedMs, ending, createdMs, record } = part;
  const base = { name, state, sinceMs: endedMs };
  const reason = ending?.reason ?? '';
  if (reason === 'DependencyFailed' || state === 'Skipped') return { ...base, ...closedBy(part, tracing) };
  if (reason === 'DependencyTimeout') {
    const upstreams = unopenedEdges(part, tracing).map(({ name: upstream, wants }) =>
      tracing.follow(upstream, wants),
    );
    return { ...base, causes: [{ kind: 'timedOut', message: ending?.message ?? '' }], upstreams };
  }
  const isDaemon = parseReference(name)?.kind === 'daemonjob';
  if (isDaemon && record !== undefined) return { ...base, ...endOfDaemon(part, tracing) };
  const job = tracing.evidence.jobs.get(name);
  if (state === 'Failed' && job !== undefined) {
    const { found, evidence } = tracing;
    return { ...base, causes: [causeOfFailure({ part, job, found, nowMs: evidence.nowMs })] };
  }
  const tookMs = endedMs === undefined ? undefined : endedMs - (startedMs ?? createdMs ?? endedMs);
  return { ...base, causes: [{ kind: 'finished', outcome: record?.outcome ?? 'Complete', endedMs, tookMs }] };
}

/** What was ended at its gate: by an upstream whose own end has reasons, or that just took the other branch. */
function closedBy(part: PartView, tracing: Tracing): Held {
  const ended = part.edges.flatMap((edge) => {
    const outcome = outcomeFor(part, edge, tracing);
    return outcome !== undefined && !opensOn(edge.wants, outcome) ? [{ edge, outcome }] : [];
  });
  // Failing outranks skipping.
  const closed =
    ended.find(({ outcome }) => (outcome === 'Failed') === (part.state === 'Failed')) ?? ended[0];
  if (closed === undefined) {
    const { reason = '', message = '' } = part.ending ?? {};
    return { causes: [{ kind: 'endedAtGate', reason, message }] };
  }
  const { edge, outcome } = closed;
  if (outcome !== 'Complete' && isThere(edge.name, tracing)) {
    return { upstreams: [tracing.follow(edge.name, edge.wants)] };
  }
  return { causes: [{ kind: 'closed', upstream: edge.name, wants: edge.wants, outcome }] };
}

function unopenedEdges(part: PartView, tracing: Tracing): DependencyEdge[] {
  return part.edges.filter((edge) => {
    const outcome = outcomeFor(part, edge, tracing);
    return outcome === undefined || !opensOn(edge.wants, outcome);
  });
}

/** The outcome of what an edge leads to, as it is now or was written down. */
function outcomeFor(
  { record }: PartView,
  { name }: DependencyEdge,
  { evidence }: Tracing,
): Outcome | undefined {
  const reference = parseReference(name);
  const now =
    reference?.kind === 'jobflow'
      ? evidence.view.flows.get(reference.name)?.record.outcome
      : outcomeOfPart(evidence.view.parts.get(name));
  return now ?? record?.terms?.outcomes.get(name)?.outcome;
}

function outcomeOfPart(part: PartView | undefined): Outcome | undefined {
  if (part === undefined) return undefined;
  const { state } = part;
  return state === 'Complete' || state === 'Failed' || state === 'Skipped' ? state : undefined;
}

function isThere(name: string, { evidence }: Tracing): boolean {
  const reference = parseReference(name);
  return reference?.kind === 'jobflow'
    ? evidence.view.flows.has(reference.name)
    : evidence.view.parts.get(name)?.record !== undefined;
}

function missingLink(name: string, { evidence, found }: Tracing): LinkDraft {
  const { kind } = parseReference(name) ?? { kind: 'job' };
  const unread = evidence.unread.find(({ resource }) => resource === `${kind}s`);
  if (unread !== undefined)
    return { name, state: stateUnread(unread), causes: [{ kind: 'unseen', ...unread }] };
  const last = kind === 'job' ? latestEvent(found.events('Job', name)) : undefined;
  if (last !== undefined) {
    const { reason = '', message = '' } = last;
    return { name, state: 'Missing', causes: [{ kind: 'gone', reason, message, atMs: eventMs(last) }] };
  }
  return {
    name,
    state: 'Missing',
    causes: [{ kind: 'missing', near: nearNames(name, evidence.view.parts.keys()) }],
  };
}

/** An entry of a JobFlow whose Job is not there. */
function unmadeLink({ name, flow: flowName = '', state }: PartView, tracing: Tracing): LinkDraft {
  const { view, nowMs } = tracing.evidence;
  const flow = view.flows.get(flowName)?.record;
  const reference = `jobflow/${flowName}`;
  if (state !== 'Waiting') {
    const outcome = state === 'Failed' || state === 'Skipped' ? state : 'Complete';
    const cause: Cause =
      outcome === 'Complete'
        ? { kind: 'finished', outcome, endedMs: undefined, tookMs: undefined }
        : { kind: 'flowEnded', flow: reference, outcome };
    return { name, state, causes: [cause] };
  }
  const draft = { name, state: 'NotMade' } as const;
  if (flow === undefined) return draft;
  if (flow.outcome !== undefined) {
    return { ...draft, causes: [{ kind: 'flowEnded', flow: reference, outcome: flow.outcome }] };
  }
  const stalled = stalledIn(flow.status);
  if (stalled !== undefined)
    return { ...draft, causes: [{ kind: 'stalled', object: reference, ...stalled }] };
  if (flow.deletedMs !== undefined) return { ...draft, causes: [{ kind: 'flowDeleted', flow: reference }] };
  const { createdMs } = flow;
  if (nowMs - createdMs < GRACE_MS) return { ...draft, causes: [{ kind: 'aboutToStart' }] };
  const late = lateness(tracing);
  return { ...draft, causes: [{ kind: 'notObserved', object: reference, sinceMs: createdMs, ...late }] };
}
