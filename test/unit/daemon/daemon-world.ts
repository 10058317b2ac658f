import type { JobObject, JsonObject } from '../../../src/api/job.ts';
import { RETRY_ANNOTATION } from '../../../src/api/names.ts';
import type { Outcome } from '../../../src/api/outcomes.ts';
import {
  needsNodeOutcome,
  projectDaemonJob,
  type DaemonJobObject,
  type DaemonRecord,
} from '../../../src/core/daemon/daemon-record.ts';
import { projectNode, type NodeObject, type Taint } from '../../../src/core/daemon/node-record.ts';
import {
  planDaemon,
  type DaemonAction,
  type DaemonSnapshot,
  type DeletionReason,
} from '../../../src/core/daemon/plan-daemon.ts';
import { NO_ENDED_PARTS, notYetNoted, type EndedParts } from '../../../src/core/flow/ended-parts.ts';
import { projectJob } from '../../../src/core/job-projection.ts';
import type { JobRecord } from '../../../src/core/job-record.ts';
import { CREATED_MS } from '../../support/job-builder.ts';
import { daemonObject, nodeObject, type DaemonFields } from './builders.ts';

/**
 * A cluster in which one DaemonJob lives: objects as the API server holds them, and what controllers and people do to
 * them. Plans are made from the objects alone, as a controller does that has just started, and from
 * what it has seen to go.
 */
export class DaemonWorld {
  readonly nodes = new Map<string, NodeObject>();
  readonly jobs = new Map<string, JobObject>();
  /** The names of all Jobs that were created, in order. */
  readonly created: string[] = [];
  /** The Jobs that were deleted, in order, and why. */
  readonly deleted: (readonly [name: string, why: DeletionReason])[] = [];
  /** The reasons of all Events, in order. */
  readonly told: string[] = [];
  gate: DaemonSnapshot['gate'] = 'open';
  daemon: DaemonJobObject;
  /** Whether the watch of nodes has brought them all. */
  nodesAreKnown = true;
  nowMs = CREATED_MS;
  #uid = 0;
  #ended: EndedParts = NO_ENDED_PARTS;

  constructor(fields: DaemonFields = {}, nodes: readonly string[] = []) {
    this.daemon = daemonObject(fields);
    for (const name of nodes) this.join(name);
  }

  get record(): DaemonRecord {
    return projectDaemonJob(this.daemon);
  }

  /** Where the Jobs stand, as the status says. */
  get states(): Record<string, string> {
    return { ...this.record.status.jobStatusList };
  }

  get running(): string[] {
    return this.#records()
      .filter(({ outcome }) => outcome === undefined)
      .map(({ name }) => name);
  }

  plan(): DaemonAction[] {
    const jobs = this.#records();
    const byName = new Map(jobs.map((job) => [job.name, job]));
    return planDaemon(
      {
        daemon: this.record,
        nodes: this.nodesAreKnown ? [...this.nodes.values()].map(projectNode) : undefined,
        jobs: jobs.filter(({ owner }) => owner?.uid === this.record.uid),
        ended: this.#ended,
        job: (name) => byName.get(name),
        gate: this.gate,
      },
      this.nowMs,
    );
  }

  /** Carries out what is planned, all of it or only so many writes as if the controller had been killed. */
  act(writes = Infinity): void {
    this.nowMs += 1_000;
    for (const action of this.plan().slice(0, writes)) this.#carryOut(action);
  }

  /** Acts until there is nothing more to do. */
  settle(): void {
    for (let round = 0; round < 50; round += 1) {
      const writes = this.plan().filter(({ kind }) => kind !== 'recheckAt');
      if (writes.length === 0) return;
      this.act();
    }
    throw new Error('the controller does not come to rest');
  }

  join(name: string, labels: Record<string, string> = {}): void {
    this.nodes.set(name, nodeObject(name, { labels }));
  }

  leave(name: string): void {
    this.nodes.delete(name);
  }

  taint(name: string, ...taints: Taint[]): void {
    this.nodes.set(name, nodeObject(name, { taints }));
  }

  /** The Job controller takes notice of a Job. */
  start(name: string): void {
    const job = this.#get(name);
    this.jobs.set(name, { ...job, status: { ...job.status, startTime: this.#time() } });
  }

  end(name: string, outcome: Exclude<Outcome, 'Skipped'> = 'Complete'): void {
    this.start(name);
    const job = this.#get(name);
    this.jobs.set(name, {
      ...job,
      status: { ...job.status, conditions: [{ type: outcome, status: 'True' }] },
    });
  }

  /** The TTL of Jobs that have ended passes; those stay whose outcome is still needed. */
  expire(): void {
    for (const job of this.#records()) {
      const mayGo = job.hasTtl && job.outcome !== undefined;
      if (mayGo && !needsNodeOutcome(this.record, job)) this.jobs.delete(job.name);
    }
  }

  /** Somebody deletes a Job, and the controller sees it go. */
  remove(name: string): void {
    const outcome = this.#records().find((job) => job.name === name)?.outcome;
    this.jobs.delete(name);
    if (outcome !== undefined) this.#ended = new Map(this.#ended).set(name, outcome);
  }

  edit(spec: JsonObject): void {
    const { metadata } = this.daemon;
    const generation = (metadata.generation ?? 0) + 1;
    this.daemon = {
      ...this.daemon,
      metadata: { ...metadata, generation },
      spec: { ...this.daemon.spec, ...spec },
    };
  }

  retry(value: string): void {
    const { metadata } = this.daemon;
    const annotations = { ...metadata.annotations, [RETRY_ANNOTATION]: value };
    this.daemon = { ...this.daemon, metadata: { ...metadata, annotations } };
  }

  #carryOut(action: DaemonAction): void {
    switch (action.kind) {
      case 'createJob':
        this.#create(action.job);
        return;
      case 'deleteJob':
        this.jobs.delete(action.job.name);
        this.deleted.push([action.job.name, action.why]);
        return;
      case 'writeStatus':
        this.#ended = notYetNoted(this.#ended, action.status, this.record.status);
        // As bytes over the wire.
        this.daemon = {
          ...this.daemon,
          status: JSON.parse(JSON.stringify(action.status)) as typeof action.status,
        };
        return;
      case 'announce':
        this.told.push(action.reason);
        return;
      case 'recheckAt':
        return;
    }
  }

  #create(job: JobObject): void {
    const name = job.metadata.name ?? '';
    if (this.jobs.has(name)) throw new Error(`Job ${name} exists`);
    this.#uid += 1;
    const metadata = { ...job.metadata, uid: `${name}-${this.#uid}`, creationTimestamp: this.#time() };
    this.jobs.set(name, { ...job, metadata });
    this.created.push(name);
  }

  #records(): JobRecord[] {
    return [...this.jobs.values()].map(projectJob);
  }

  #get(name: string): JobObject {
    const job = this.jobs.get(name);
    if (job === undefined) throw new Error(`no Job ${name}`);
    return job;
  }

  #time(): string {
    return new Date(this.nowMs).toISOString();
  }
}
