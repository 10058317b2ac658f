import type { WaitingOn } from '../../src/core/gate.ts';
import type { TemplateRecord } from '../../src/core/flow/flow-projection.ts';
import { formerUpstream } from '../../src/core/flow/ended-parts.ts';
import { entryJobs, type EntryJob } from '../../src/core/flow/flow-entries.ts';
import { flowLimit } from '../../src/core/flow/flow-limit.ts';
import { flowAsUpstream, type FlowRecord } from '../../src/core/flow/flow-record.ts';
import type { FlowSnapshot } from '../../src/core/flow/flow-snapshot.ts';
import { outcomeNoted } from '../../src/core/flow/job-states.ts';
import { isWaiting } from '../../src/core/job-projection.ts';
import type { JobRecord, UpstreamRecord } from '../../src/core/job-record.ts';
import { keyOf, type Change } from '../../src/kube/store-change.ts';
import type { JobCache } from '../jobs/job-cache.ts';
import { GoneParts } from '../parts/gone-parts.ts';
import { LimitedJobs } from './limited-jobs.ts';
import { flowKey, type OwnedJobs } from '../parts/owned-jobs.ts';
import type { WaitingRecords } from '../parts/waiting-records.ts';

/** What the cache stands on. */
export interface FlowCacheOptions {
  /** The reflectors' stores, by `namespace/name`. */
  readonly flows: ReadonlyMap<string, FlowRecord>;
  readonly templates: ReadonlyMap<string, TemplateRecord>;
  readonly jobs: Pick<WaitingRecords, 'get'>;
  readonly owned: OwnedJobs;
  /** Called with the key of every flow, and of every Job or DaemonJob, that a change may concern. */
  readonly concernFlow: (key: string) => void;
  /** The same, but there is time to let several changes come together: the more, the more entries the flow has. */
  readonly concernFlowSoon: (key: string, entries: number) => void;
  readonly concernJob: (key: string) => void;
}

/** The Jobs of one version of a flow, by their names. */
interface KnownEntries {
  readonly uid: string;
  readonly generation: number;
  readonly jobs: ReadonlyMap<string, EntryJob>;
}

/** What the controller knows of JobFlows. It tells which flows and Jobs a change may concern; it decides nothing. */
export class FlowCache {
  readonly #options: FlowCacheOptions;
  /** Flows for which a name is taken, by namespace and key. */
  readonly #blocked = new Map<string, Set<string>>();
  readonly #entries = new Map<string, KnownEntries>();
  readonly #limited = new LimitedJobs();
  readonly #gone = new GoneParts();

  constructor(options: FlowCacheOptions) {
    this.#options = options;
  }

  /** Takes in a change of a JobFlow; the Jobs that wait for it as a whole are the caller's. */
  handleFlow(change: Change<FlowRecord>): void {
    const { owned, concernFlow, concernJob } = this.#options;
    const { kind, record, previous } = change;
    this.#gone.handleOwner(change);
    if (kind === 'deleted') this.#entries.delete(keyOf(record));
    else {
      if (record.generation !== previous?.generation)
        this.#gone.keepOnly(record.uid, (name) => this.#entriesOf(record).has(name));
      concernFlow(keyOf(record));
    }
    this.#noteBlocked(record, kind !== 'deleted' && isNameTaken(record));
    const jobs = owned.controlledBy(flowKey(record.namespace, record.name), record.uid);
    const limits = kind === 'deleted' || previous === undefined || limitsDiffer(record, previous);
    if (limits) this.#limited.forget(keyOf(record));
    for (const job of jobs) {
      // A DaemonJob that runs makes no further Jobs while its flow is suspended.
      const heeds = isWaiting(job) || job.name.includes('/');
      if (job.finalizers.length > 0 || (limits && heeds)) concernJob(keyOf(job));
    }
  }

  /** Takes in a change of a Job of a flow: the flow's status follows, and another Job may have its turn. */
  handleJob(key: string): void {
    const { flows, concernFlowSoon } = this.#options;
    const flow = flows.get(key);
    if (flow === undefined) return;
    concernFlowSoon(key, flow.spec.flows?.length ?? 0);
    this.#offerPlaces(key);
  }

  /** Takes in that a Job or DaemonJob has been looked at: if it has not taken the place that was free, another may. */
  handleLook(key: string): void {
    const flow = this.#limited.looked(key);
    if (flow !== undefined) this.#offerPlaces(flow);
  }

  /** Forgets who has been offered a place, as a replica does that no longer leads. */
  reset(): void {
    this.#limited.reset();
  }

  /** Takes in that a Job or DaemonJob is gone, whoever made it: its name is free, and how it ended is not forgotten. */
  handleGone(part: JobRecord): void {
    this.#gone.handleGone(part, this.#flowOf(part));
    for (const key of this.#blocked.get(part.namespace) ?? []) this.#options.concernFlow(key);
  }

  /** Takes in a change of a JobTemplate: flows that have yet to make Jobs from it go on. */
  handleTemplate({ record }: Change<TemplateRecord>): void {
    for (const [key, flow] of this.#options.flows) {
      if (flow.namespace !== record.namespace || flow.outcome !== undefined) continue;
      if (flow.spec.flows?.some(({ jobTemplateRef }) => jobTemplateRef === record.name)) {
        this.#options.concernFlow(key);
      }
    }
  }

  /** A flow and what surrounds it; undefined if there is no such flow any more. */
  snapshot(key: string, jobCache: JobCache): FlowSnapshot | undefined {
    const { flows, jobs, templates, owned } = this.#options;
    const flow = flows.get(key);
    if (flow === undefined) return undefined;
    const { namespace } = flow;
    const owner = flowKey(namespace, flow.name);
    const parts = owned.controlledBy(owner, flow.uid);
    return {
      flow,
      wanted: [...this.#entriesOf(flow).values()],
      job: (name) => jobs.get(`${flow.namespace}/${name}`),
      owned: parts,
      ended: this.#gone.of(flow.uid),
      members: owned.joined(owner),
      template: (name) => templates.get(`${flow.namespace}/${name}`)?.template ?? { kind: 'unknown' },
      isHeld: (job) => jobCache.isHeld(job),
      isWaitedFor: () =>
        [flowAsUpstream(flow), ...parts].some((upstream) => jobCache.isWaitedFor(namespace, upstream)),
    };
  }

  /** What a Job's flow sets against its release. Asked of a Job that nothing else keeps waiting. */
  limit(job: JobRecord): WaitingOn | undefined {
    const flow = this.#flowOf(job);
    if (flow === undefined) return undefined;
    const limit = flowLimit(job, {
      flow,
      entry: this.#entriesOf(flow).get(job.name),
      running: () => this.#options.owned.runningOf(flowKey(flow.namespace, flow.name)),
    });
    if (limit?.kind === 'flowFull') this.#limited.wait(keyOf(flow), keyOf(job));
    return limit;
  }

  /** Whether the flow that a Job or DaemonJob is a part of is suspended. */
  isSuspended(part: JobRecord): boolean {
    return this.#flowOf(part)?.spec.suspend === true;
  }

  /** A part of a Job's flow that ended and is gone, as far as that is known. */
  formerUpstream(job: JobRecord, reference: string): UpstreamRecord | undefined {
    const flow = this.#flowOf(job);
    return flow && formerUpstream(flow, job, reference, this.#gone.of(flow.uid));
  }

  /** Whether a Job is a part of a flow that a TTL deletes, and the Job with it. */
  goesWithOwner(job: JobRecord): boolean {
    return typeof this.#flowOf(job)?.spec.ttlSecondsAfterFinished === 'number';
  }

  /** Whether a Job's flow has yet to note how the Job ended. */
  needsOutcome(job: JobRecord): boolean {
    const flow = this.#flowOf(job);
    if (flow === undefined || flow.deletedMs !== undefined) return false;
    return outcomeNoted(flow.status.jobStatusList?.[job.name]) === undefined;
  }

  #offerPlaces(key: string): void {
    const { flows, owned, concernJob } = this.#options;
    const flow = flows.get(key);
    const limit = flow?.spec.maxConcurrentJobs;
    if (flow === undefined || typeof limit !== 'number') return;
    const room = limit - owned.runningOf(flowKey(flow.namespace, flow.name));
    for (const job of this.#limited.offer(key, room)) concernJob(job);
  }

  #noteBlocked(flow: FlowRecord, isBlocked: boolean): void {
    const blocked = this.#blocked.get(flow.namespace) ?? new Set<string>();
    if (isBlocked) blocked.add(keyOf(flow));
    else blocked.delete(keyOf(flow));
    if (blocked.size === 0) this.#blocked.delete(flow.namespace);
    else this.#blocked.set(flow.namespace, blocked);
  }

  /** By the names of the Jobs. Computed once for each generation: digests of a thousand entries take milliseconds. */
  #entriesOf(flow: FlowRecord): ReadonlyMap<string, EntryJob> {
    const known = this.#entries.get(keyOf(flow));
    if (known?.uid === flow.uid && known.generation === flow.generation) return known.jobs;
    const jobs = new Map(entryJobs(flow).map((entryJob) => [entryJob.jobName, entryJob]));
    this.#entries.set(keyOf(flow), { uid: flow.uid, generation: flow.generation, jobs });
    return jobs;
  }

  #flowOf({ namespace, owner }: JobRecord): FlowRecord | undefined {
    if (owner?.kind !== 'JobFlow') return undefined;
    const flow = this.#options.flows.get(`${namespace}/${owner.name}`);
    return flow?.uid === owner.uid ? flow : undefined;
  }
}

function isNameTaken({ status }: FlowRecord): boolean {
  const stalled = status.conditions?.find(({ type }) => type === 'Stalled');
  return stalled?.status === 'True' && stalled.reason === 'JobNameTaken';
}

function limitsDiffer({ spec }: FlowRecord, { spec: before }: FlowRecord): boolean {
  return spec.suspend !== before.suspend || spec.maxConcurrentJobs !== before.maxConcurrentJobs;
}
