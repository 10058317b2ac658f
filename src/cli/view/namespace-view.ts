import { parseReference } from '../../api/dependency-reference.ts';
import type { JobCondition, JobObject } from '../../api/job.ts';
import {
  daemonAsJob,
  projectDaemonJob,
  type DaemonJobObject,
  type DaemonRecord,
} from '../../core/daemon/daemon-record.ts';
import { formerUpstream } from '../../core/flow/ended-parts.ts';
import { entryJobs, type EntryJob } from '../../core/flow/flow-entries.ts';
import { flowLimit } from '../../core/flow/flow-limit.ts';
import { projectFlow } from '../../core/flow/flow-projection.ts';
import { flowAsUpstream, type FlowRecord } from '../../core/flow/flow-record.ts';
import { outcomeNoted } from '../../core/flow/job-states.ts';
import { decideGate, type GateDecision, type WaitingOn } from '../../core/gate.ts';
import { isWaiting, projectJob } from '../../core/job-projection.ts';
import type { JobRecord, UpstreamRecord } from '../../core/job-record.ts';
import { KnownCycles } from '../../core/known-cycles.ts';
import { waitingJob, WaitingGraph } from '../../core/waiting-graph.ts';
import type { NamespaceObjects } from '../cluster/read-objects.ts';
import { timeMs } from './api-time.ts';
import type { PartState, PartView } from './part-view.ts';

/** A namespace as commands show it: what everything in it waits for, decided as the controller decides it. */
export interface NamespaceView {
  readonly namespace: string;
  /** All Jobs and DaemonJobs, and those that flows have yet to make, by name as edges have it. */
  readonly parts: ReadonlyMap<string, PartView>;
  readonly flows: ReadonlyMap<string, FlowView>;
}

/** A JobFlow and what belongs to it. */
export interface FlowView {
  readonly record: FlowRecord;
  /** Its own Jobs and DaemonJobs in the order of its entries, then those that joined it by annotation. */
  readonly parts: readonly PartView[];
}

/**
 * Makes the view of a namespace. Pure: what the controller remembers beyond the stored objects is not in it, so that a
 * Job may be shown as waiting for the moment in which it is released.
 *
 * @param objects what the namespace holds
 * @param nowMs the time, in milliseconds since the epoch
 */
export function viewNamespace(objects: NamespaceObjects, nowMs: number): NamespaceView {
  return new ViewMaker(objects, nowMs).make();
}

class ViewMaker {
  readonly #objects: NamespaceObjects;
  readonly #nowMs: number;
  readonly #flows: ReadonlyMap<string, FlowRecord>;
  readonly #daemons: ReadonlyMap<string, DaemonRecord>;
  /** All that can wait or be waited for, but JobFlows, by name as edges have it. */
  readonly #records = new Map<string, JobRecord>();
  readonly #entries = new Map<string, ReadonlyMap<string, EntryJob>>();
  readonly #cycles: KnownCycles;
  /** How many parts of each flow run, by its UID. */
  readonly #running = new Map<string, number>();

  constructor(objects: NamespaceObjects, nowMs: number) {
    this.#objects = objects;
    this.#nowMs = nowMs;
    this.#flows = new Map(objects.flows.map((flow) => [flow.metadata.name ?? '', projectFlow(flow)]));
    this.#daemons = new Map(
      objects.daemons.map((daemon) => [daemon.metadata.name ?? '', projectDaemonJob(daemon)]),
    );
    for (const job of objects.jobs) this.#records.set(job.metadata.name ?? '', projectJob(job));
    for (const daemon of this.#daemons.values()) {
      const record = daemonAsJob(daemon);
      this.#records.set(record.name, record);
    }
    const graph = new WaitingGraph();
    for (const record of this.#records.values()) {
      if (isWaiting(record)) graph.set(waitingJob(record));
      else if (record.owner?.kind === 'JobFlow' && record.outcome === undefined)
        this.#running.set(record.owner.uid, (this.#running.get(record.owner.uid) ?? 0) + 1);
    }
    this.#cycles = new KnownCycles(graph);
    this.#cycles.search(graph.jobsOnCycles());
  }

  make(): NamespaceView {
    const parts = new Map<string, PartView>();
    for (const job of this.#objects.jobs) {
      const part = this.#jobPart(job);
      parts.set(part.name, part);
    }
    for (const daemon of this.#objects.daemons) {
      const part = this.#daemonPart(daemon);
      if (part !== undefined) parts.set(part.name, part);
    }
    const flows = new Map<string, FlowView>();
    for (const [name, flow] of this.#flows) {
      for (const entryJob of this.#entriesOf(flow).values()) {
        if (!parts.has(entryJob.jobName)) parts.set(entryJob.jobName, unmadePart(flow, entryJob));
      }
      flows.set(name, { record: flow, parts: [] });
    }
    const members = Map.groupBy(parts.values(), ({ flow }) => flow);
    for (const [name, { record }] of flows) {
      const own = [...this.#entriesOf(record).keys()]
        .map((job) => parts.get(job))
        .filter((part) => part !== undefined);
      const joined = (members.get(name) ?? []).filter((part) => !own.includes(part));
      flows.set(name, { record, parts: [...own, ...joined] });
    }
    return { namespace: this.#objects.namespace, parts, flows };
  }

  #jobPart(job: JobObject): PartView {
    const record = this.#records.get(job.metadata.name ?? '') ?? projectJob(job);
    const { active, succeeded, failed } = countsOf(job.status);
    const conditions = job.status?.conditions ?? [];
    const ending = endingOf(conditions);
    const isEndedAtGate = endsAtGate(conditions);
    const startedMs = isEndedAtGate ? undefined : timeMs(job.status?.startTime);
    const part = this.#gatePart(record);
    const { completions } = job.spec ?? {};
    return {
      ...part,
      state: isEndedAtGate && ending === undefined ? 'Waiting' : part.state,
      ending: ending && { reason: ending.reason ?? '', message: ending.message ?? '' },
      createdMs: record.createdMs,
      startedMs,
      endedMs: timeMs(ending?.lastTransitionTime),
      attempts: startedMs === undefined ? 0 : failed + (active + succeeded > 0 || failed === 0 ? 1 : 0),
      pods: { active, succeeded, failed },
      completions: typeof completions === 'number' ? completions : 1,
    };
  }

  #daemonPart({ metadata, status }: DaemonJobObject): PartView | undefined {
    const daemon = this.#daemons.get(metadata.name ?? '');
    if (daemon === undefined) return undefined;
    const ending = endingOf([...(status?.conditions ?? [])]);
    const counts = status?.counts;
    const startedMs = timeMs(status?.startTime);
    const part = this.#gatePart(daemonAsJob(daemon));
    const isAtGate = part.state !== 'Suspended';
    return {
      ...part,
      // Without a gate it is its own spec that suspends it.
      state: isAtGate || daemon.suspended ? part.state : 'Waiting',
      ending: ending && { reason: ending.reason ?? '', message: ending.message ?? '' },
      createdMs: daemon.createdMs,
      startedMs,
      endedMs: timeMs(status?.completionTime),
      attempts: startedMs === undefined ? 0 : 1,
      pods: {
        active: counts?.running ?? 0,
        succeeded: (counts?.succeeded ?? 0) + (counts?.skipped ?? 0),
        failed: counts?.failed ?? 0,
      },
      completions: counts?.total ?? 0,
    };
  }

  /** What is the same of Jobs and DaemonJobs. */
  #gatePart(
    record: JobRecord,
  ): Pick<
    PartView,
    'name' | 'state' | 'flow' | 'run' | 'edges' | 'decision' | 'waitingOn' | 'cycle' | 'record'
  > {
    const decision = isWaiting(record) ? this.#decide(record) : undefined;
    const { owner, terms } = record;
    return {
      name: record.name,
      state: stateOf(record, decision),
      flow: owner?.kind === 'JobFlow' ? owner.name : terms?.flow,
      run: terms?.run,
      edges: terms?.edges ?? [],
      decision,
      waitingOn: decision === undefined ? [] : waitedFor(decision),
      cycle: this.#cycles.of(record.name),
      record,
    };
  }

  #decide(job: JobRecord): GateDecision | undefined {
    if (job.terms === undefined) return undefined;
    return decideGate({
      job,
      terms: job.terms,
      upstream: (name) => this.#upstream(job, name),
      outcomes: job.terms.outcomes,
      limit: () => this.#limit(job),
      // Said of its own: here it is what it waits for that counts.
      cycle: undefined,
      nowMs: this.#nowMs,
    });
  }

  #upstream(job: JobRecord, name: string): UpstreamRecord | undefined {
    const reference = parseReference(name);
    if (reference?.kind === 'jobflow') {
      const flow = this.#flows.get(reference.name);
      return flow && flowAsUpstream(flow);
    }
    const record = this.#records.get(name);
    if (record !== undefined) return record;
    const flow = this.#flowOf(job);
    return flow && formerUpstream(flow, job, name);
  }

  #limit(job: JobRecord): WaitingOn | undefined {
    const flow = this.#flowOf(job);
    if (flow === undefined) return undefined;
    const entry = this.#entriesOf(flow).get(job.name);
    return flowLimit(job, { flow, entry, running: () => this.#running.get(flow.uid) ?? 0 });
  }

  #flowOf({ owner }: JobRecord): FlowRecord | undefined {
    const flow = owner?.kind === 'JobFlow' ? this.#flows.get(owner.name) : undefined;
    return flow?.uid === owner?.uid ? flow : undefined;
  }

  #entriesOf(flow: FlowRecord): ReadonlyMap<string, EntryJob> {
    let entries = this.#entries.get(flow.uid);
    if (entries === undefined) {
      entries = new Map(entryJobs(flow).map((entryJob) => [entryJob.jobName, entryJob]));
      this.#entries.set(flow.uid, entries);
    }
    return entries;
  }
}

function waitedFor(decision: GateDecision): readonly WaitingOn[] {
  return decision.kind === 'wait' || decision.kind === 'timeout' ? decision.on : [];
}

function stateOf(record: JobRecord, decision: GateDecision | undefined): PartState {
  if (record.outcome !== undefined) return record.outcome;
  if (decision === undefined) return record.suspended ? 'Suspended' : 'Running';
  const held = decision.kind === 'wait' && decision.on.every(({ kind }) => kind === 'held');
  return held ? 'Held' : 'Waiting';
}

/** An entry of a flow whose Job is not there: yet to be made, or gone after its end. */
function unmadePart(flow: FlowRecord, { jobName, edges }: EntryJob): PartView {
  return {
    name: jobName,
    state: outcomeNoted(flow.status.jobStatusList?.[jobName]) ?? 'Waiting',
    flow: flow.name,
    run: flow.run,
    edges,
    decision: undefined,
    waitingOn: [],
    cycle: undefined,
    ending: undefined,
    createdMs: undefined,
    startedMs: undefined,
    endedMs: undefined,
    attempts: 0,
    pods: { active: 0, succeeded: 0, failed: 0 },
    completions: 1,
    record: undefined,
  };
}

/**
 * A Job that jobflow ended at its gate got a start time only so that Kubernetes would end it (`endPatch`). Before the
 * condition of its end it has one that announces it, with the same reason.
 */
function endsAtGate(conditions: readonly JobCondition[]): boolean {
  return conditions.some(
    ({ status, reason }) =>
      status === 'True' &&
      (reason === 'DependencyFailed' || reason === 'DependencyTimeout' || reason === 'Skipped'),
  );
}

function endingOf(conditions: readonly JobCondition[]): JobCondition | undefined {
  return conditions.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
}

function countsOf(status: object | null | undefined): { active: number; succeeded: number; failed: number } {
  const { active, succeeded, failed } = (status ?? {}) as Readonly<Record<string, unknown>>;
  const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return { active: count(active), succeeded: count(succeeded), failed: count(failed) };
}
