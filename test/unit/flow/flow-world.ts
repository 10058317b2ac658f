import type { FlowEntry, JobFlowSpec, JobFlowStatus } from '../../../src/api/flow-spec.ts';
import type { JobObject } from '../../../src/api/job.ts';
import { OWN_ANNOTATIONS, RETRY_ANNOTATION } from '../../../src/api/names.ts';
import { projectFlow, type FlowObject } from '../../../src/core/flow/flow-projection.ts';
import type { FlowAction } from '../../../src/core/flow/flow-action.ts';
import type { FlowSnapshot } from '../../../src/core/flow/flow-snapshot.ts';
import { planFlow } from '../../../src/core/flow/plan-flow.ts';
import {
  NO_ENDED_PARTS,
  formerUpstream,
  notYetNoted,
  type EndedParts,
} from '../../../src/core/flow/ended-parts.ts';
import { outcomeNoted } from '../../../src/core/flow/job-states.ts';
import { isWaiting, projectJob } from '../../../src/core/job-projection.ts';
import { planJob } from '../../../src/core/job-plan.ts';
import type { JobRecord, UpstreamRecord } from '../../../src/core/job-record.ts';

/** The moment at which worlds begin, in milliseconds since the epoch. */
export const BEGIN_MS = Date.parse('2026-01-01T00:00:00Z');

/** An action that changes something. */
type Write = Exclude<FlowAction, { kind: 'announce' | 'recheckAt' }>;

/**
 * One JobFlow and the rules by which its Jobs live, so that any order of events can be tried. Of what the controller
 * remembers there is only how Jobs ended that were deleted by hand; the rest is stored.
 */
export class FlowWorld {
  /** How many Jobs were made under each name. */
  readonly made = new Map<string, number>();
  /** How many of them were started. */
  readonly started = new Map<string, number>();
  nowMs = BEGIN_MS;
  #flow: FlowObject | undefined;
  readonly #jobs = new Map<string, JobObject>();
  #ended: EndedParts = NO_ENDED_PARTS;
  #uids = 0;

  constructor(spec: JobFlowSpec) {
    this.#flow = {
      metadata: {
        namespace: 'test',
        name: 'f',
        uid: 'flow-1',
        resourceVersion: '1',
        generation: 1,
        creationTimestamp: new Date(BEGIN_MS).toISOString(),
      },
      spec,
    };
  }

  /** The status as it was last written. */
  get status(): JobFlowStatus {
    return this.#flow?.status ?? {};
  }

  /** Whether the flow has been deleted. */
  get isGone(): boolean {
    return this.#flow === undefined;
  }

  /** The names of the Jobs that are there. */
  get jobNames(): string[] {
    return [...this.#jobs.keys()];
  }

  /** A Job as it is. */
  job(name: string): JobObject | undefined {
    return this.#jobs.get(name);
  }

  /** Replaces the spec of the flow, as an edit does. */
  edit(spec: JobFlowSpec, retry?: string): void {
    const flow = this.#existing();
    const annotations = retry === undefined ? {} : { [RETRY_ANNOTATION]: retry };
    const generation = (flow.metadata.generation ?? 0) + 1;
    const metadata = {
      ...flow.metadata,
      generation,
      annotations: { ...flow.metadata.annotations, ...annotations },
    };
    this.#flow = { ...flow, metadata, spec };
  }

  /** All that would be done about the flow now. */
  plan(): FlowAction[] {
    return this.#flow === undefined ? [] : planFlow(this.#snapshot(this.#flow), this.nowMs);
  }

  /** What would be written now. */
  writes(): Write[] {
    return this.plan().filter((action) => action.kind !== 'announce' && action.kind !== 'recheckAt');
  }

  /** Carries out one write, as the API server does. */
  write(action: Write): void {
    switch (action.kind) {
      case 'createJob':
        this.#create(action.job);
        return;
      case 'deleteJob':
        this.remove(action.job.name);
        return;
      case 'endJob':
        this.#end(action.job.name, 'Failed', action.reason);
        return;
      case 'writeStatus':
        this.#ended = notYetNoted(this.#ended, action.status, this.status);
        this.#flow = { ...this.#existing(), status: action.status };
        return;
      case 'deleteFlow':
        this.#flow = undefined;
        this.#jobs.clear();
    }
  }

  /** The Jobs about which their gates would decide something now. */
  decidable(): string[] {
    return this.#records()
      .filter((record) => this.#gateAction(record) !== undefined)
      .map(({ name }) => name);
  }

  /** Carries out what the gate of a Job decides. */
  decideGate(name: string): void {
    const job = this.#jobs.get(name);
    const kind = job && this.#gateAction(projectJob(job));
    if (job === undefined || kind === undefined) return;
    if (kind === 'release') this.#start(releasedAt(job, this.nowMs));
    else
      this.#end(
        name,
        kind === 'fail' ? 'Failed' : 'Complete',
        kind === 'fail' ? 'DependencyFailed' : 'Skipped',
      );
  }

  /** The Jobs that run. */
  running(): string[] {
    return this.#records()
      .filter((record) => !record.suspended && record.outcome === undefined)
      .map(({ name }) => name);
  }

  /** A Job that runs comes to its end. */
  end(name: string, outcome: 'Complete' | 'Failed'): void {
    this.#end(name, outcome, 'Test');
  }

  /** The Jobs that have ended and of which the status says so: their TTL may take them away. */
  expirable(): string[] {
    return this.#records()
      .filter(({ name, outcome }) => outcome !== undefined && outcomeNoted(this.status.jobStatusList?.[name]))
      .map(({ name }) => name);
  }

  /** The Jobs that have ended. */
  ended(): string[] {
    return this.#records()
      .filter(({ outcome }) => outcome !== undefined)
      .map(({ name }) => name);
  }

  /** A Job is deleted, by whomever; and seen to go, unless the controller is down meanwhile. */
  remove(name: string, isSeen = true): void {
    const outcome = this.#records().find((record) => record.name === name)?.outcome;
    this.#jobs.delete(name);
    if (outcome === undefined || !isSeen) return;
    this.#ended = notYetNoted(new Map(this.#ended).set(name, outcome), this.status, this.status);
  }

  /** The controller is started anew, and knows only what is stored. */
  restart(): void {
    this.#ended = NO_ENDED_PARTS;
  }

  #snapshot(object: FlowObject): FlowSnapshot {
    const flow = projectFlow(object);
    const owned = this.#records();
    return {
      flow,
      job: (name) => owned.find((record) => record.name === name),
      owned,
      ended: this.#ended,
      members: [],
      template: () => ({ kind: 'unknown' }),
      isHeld: () => false,
      isWaitedFor: () => false,
    };
  }

  #gateAction(job: JobRecord): 'release' | 'fail' | 'skip' | undefined {
    if (!isWaiting(job)) return undefined;
    const actions = planJob(
      {
        job,
        upstream: (name) => this.#upstream(job, name),
        dependents: () => [].values(),
        vanished: new Map(),
        cycle: undefined,
      },
      this.nowMs,
    );
    return actions
      .map(({ kind }) => kind)
      .find((kind) => kind === 'release' || kind === 'fail' || kind === 'skip');
  }

  #upstream(job: JobRecord, name: string): UpstreamRecord | undefined {
    const found = this.#jobs.get(name);
    if (found !== undefined) return projectJob(found);
    return formerUpstream({ uid: 'flow-1', status: this.status }, job, name, this.#ended);
  }

  #create(job: JobObject): void {
    const name = job.metadata.name ?? '';
    if (this.#jobs.has(name)) throw new Error(`409: ${name} exists`);
    this.#uids += 1;
    const metadata = {
      ...job.metadata,
      uid: `job-${this.#uids}`,
      resourceVersion: '1',
      creationTimestamp: new Date(this.nowMs).toISOString(),
    };
    count(this.made, name);
    const created = { ...job, metadata };
    this.#jobs.set(name, created);
    if (job.spec?.suspend !== true) this.#start(created);
  }

  #start(job: JobObject): void {
    const name = job.metadata.name ?? '';
    count(this.started, name);
    const status = { startTime: new Date(this.nowMs).toISOString(), active: 1 };
    this.#jobs.set(name, { ...job, status });
  }

  #end(name: string, type: 'Complete' | 'Failed', reason: string): void {
    const job = this.#jobs.get(name);
    if (job === undefined) throw new Error(`404: ${name}`);
    const startTime = new Date(this.nowMs).toISOString();
    this.#jobs.set(name, {
      ...job,
      status: { startTime, ...job.status, active: 0, conditions: [{ type, status: 'True', reason }] },
    });
  }

  #records(): JobRecord[] {
    return [...this.#jobs.values()].map(projectJob);
  }

  #existing(): FlowObject {
    if (this.#flow === undefined) throw new Error('404: the flow');
    return this.#flow;
  }
}

/** An entry whose Job can run. */
export function entry(
  name: string,
  dependencies: readonly string[] = [],
  fields: Partial<FlowEntry> = {},
): FlowEntry {
  return {
    name,
    dependencies,
    jobTemplate: { template: { spec: { containers: [{ name: 'main', image: 'busybox' }] } } },
    ...fields,
  };
}

function releasedAt(job: JobObject, nowMs: number): JobObject {
  const { metadata, spec } = job;
  const annotations = {
    ...metadata.annotations,
    [OWN_ANNOTATIONS.releasedAt]: new Date(nowMs).toISOString(),
  };
  return { ...job, metadata: { ...metadata, annotations }, spec: { ...spec, suspend: false } };
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
