import { OWN_ANNOTATIONS, KEEP_OUTCOME_FINALIZER } from '../../src/api/names.ts';
import type { JobObject } from '../../src/api/job.ts';
import type { Outcome, Wanted } from '../../src/api/outcomes.ts';
import { formatOutcomes } from '../../src/api/outcomes-record.ts';
import { planJob, type JobAction } from '../../src/core/job-plan.ts';
import { isWaiting, projectJob } from '../../src/core/job-projection.ts';
import type { JobRecord } from '../../src/core/job-record.ts';
import { opensOn } from '../../src/core/outcome.ts';
import { keyOf } from '../../src/kube/store-change.ts';
import { JobCache } from '../../controller/jobs/job-cache.ts';
import { CREATED_MS, job } from './job-builder.ts';

/** A Job that a world is made of: what it waits for, and how it ends if it runs. */
export interface WorldJob {
  readonly name: string;
  readonly edges: readonly { readonly name: string; readonly wants: Wanted }[];
  readonly runsTo: 'Complete' | 'Failed';
  readonly hasTtl: boolean;
}

/** One thing that can happen next. */
export type WorldEvent = 'create' | 'end' | 'expire' | 'reconcile' | 'restart';

/** Where a Job is in the end. */
export type EndState = Outcome | 'Waiting';

/**
 * The rules by which Jobs live, as far as gates depend on them, so that any order of events can be tried. It carries
 * out what the real plan and the real cache of the controller decide, and checks at each release that it is right.
 */
export class GateWorld {
  /** How every Job ended that has ended; it stays when the Job goes. */
  readonly outcomes = new Map<string, Outcome>();
  readonly releases = new Map<string, number>();
  readonly #planned: Map<string, WorldJob>;
  readonly #objects = new Map<string, JobObject>();
  readonly #store = new Map<string, JobRecord>();
  readonly #concerned = new Set<string>();
  #cache: JobCache;
  #version = 1;
  /** A Job went away without a finalizer while others waited for it: its outcome is in the controller's memory only. */
  #inMemoryOnly = false;

  constructor(jobs: readonly WorldJob[]) {
    this.#planned = new Map(jobs.map((planned) => [planned.name, planned]));
    this.#cache = this.#newCache();
  }

  /** What can happen now, each as a kind and the Job that it happens to. */
  possible(): { readonly kind: WorldEvent; readonly name: string }[] {
    const uncreated = this.#planned.keys().filter((name) => !this.#everCreated(name));
    const running = this.#records().filter((record) => !record.suspended && record.outcome === undefined);
    // What goes away before its dependents exist is not waited for by anybody.
    const everybodyIsThere = [...this.#planned.keys()].every((name) => this.#everCreated(name));
    const expirable = this.#records().filter(
      ({ hasTtl, outcome, deletedMs }) =>
        everybodyIsThere && hasTtl && outcome !== undefined && deletedMs === undefined,
    );
    return [
      ...uncreated.map((name) => ({ kind: 'create' as const, name })),
      ...running.map(({ name }) => ({ kind: 'end' as const, name })),
      ...expirable.map(({ name }) => ({ kind: 'expire' as const, name })),
      ...[...this.#concerned].map((key) => ({ kind: 'reconcile' as const, name: nameOf(key) })),
    ];
  }

  /** Makes one thing happen. */
  happen(kind: WorldEvent, name: string): void {
    switch (kind) {
      case 'create':
        this.#create(name);
        return;
      case 'end':
        this.#end(name, this.#plan(name).runsTo, 'Test');
        return;
      case 'expire':
        this.#change(name, ({ metadata }) => {
          metadata.deletionTimestamp = new Date(CREATED_MS + 1_000).toISOString();
        });
        return;
      case 'reconcile':
        this.#reconcile(name);
        return;
      case 'restart':
        if (this.#inMemoryOnly && this.#concerned.size > 0) return;
        this.#inMemoryOnly = false;
        this.#concerned.clear();
        this.#cache = this.#newCache();
        for (const record of this.#store.values()) this.#cache.handle({ kind: 'added', record });
        this.#cache.searchCycles();
        for (const key of this.#cache.pending()) this.#concerned.add(key);
    }
  }

  /** Where every Job is now. */
  endStates(): Map<string, EndState> {
    return new Map(
      this.#planned.keys().map((name) => [name, this.outcomes.get(name) ?? ('Waiting' as const)]),
    );
  }

  /** The names of the Jobs that are known to be on a cycle. */
  onCycles(): string[] {
    return [...this.#store.keys()]
      .filter((key) => this.#cache.snapshot(key)?.cycle !== undefined)
      .map(nameOf);
  }

  /** Jobs that have ended and still carry the finalizer although nobody waits for them. */
  uselesslyKept(): string[] {
    return [...this.#records()]
      .filter(({ finalizers, outcome }) => outcome !== undefined && finalizers.length > 0)
      .filter(({ name }) => !this.#isWaitedFor(name))
      .map(({ name }) => name);
  }

  #create(name: string): void {
    const { edges, hasTtl } = this.#plan(name);
    const builder = job(name);
    if (edges.length > 0) {
      builder.dependsOn(edges.map((edge) => `${edge.name}=${edge.wants}`).join(', '));
    } else builder.annotated('run', 'test');
    if (hasTtl) builder.ttl().kept();
    this.#objects.set(name, builder.object());
    this.#take(name, 'added');
  }

  #reconcile(name: string): void {
    const key = `test/${name}`;
    this.#concerned.delete(key);
    const snapshot = this.#cache.snapshot(key);
    if (snapshot === undefined) return;
    const now = CREATED_MS + 1_000;
    const again = JSON.stringify(planJob(snapshot, now));
    const actions = planJob(snapshot, now);
    if (again !== JSON.stringify(actions)) throw new Error('deciding twice gave two decisions');
    const write = actions.find(({ kind }) => kind !== 'announceWait' && kind !== 'recheckAt');
    if (write !== undefined) this.#carryOut(write);
  }

  #carryOut(action: JobAction): void {
    const { name } = action.job;
    switch (action.kind) {
      case 'release':
        this.#checkRelease(name);
        this.releases.set(name, (this.releases.get(name) ?? 0) + 1);
        this.#change(name, ({ metadata, spec }) => {
          metadata.annotations = { ...metadata.annotations, [OWN_ANNOTATIONS.releasedAt]: 'now' };
          if (spec) spec.suspend = false;
        });
        return;
      case 'fail':
        this.#end(name, 'Failed', action.reason);
        return;
      case 'skip':
        this.#end(name, 'Complete', 'Skipped');
        return;
      case 'recordOutcomes':
        this.#change(name, ({ metadata }) => {
          const text = formatOutcomes(action.outcomes);
          metadata.annotations = { ...metadata.annotations, [OWN_ANNOTATIONS.outcomes]: text };
        });
        return;
      case 'addFinalizer':
        this.#change(name, ({ metadata }) => {
          metadata.finalizers = [KEEP_OUTCOME_FINALIZER];
        });
        return;
      case 'removeFinalizer':
        this.#change(name, ({ metadata }) => {
          metadata.finalizers = [];
        });
        return;
      case 'relinquishSuspend':
      case 'announceWait':
      case 'recheckAt':
        return;
    }
  }

  #checkRelease(name: string): void {
    for (const edge of this.#plan(name).edges) {
      const outcome = this.outcomes.get(edge.name);
      if (outcome === undefined || !opensOn(edge.wants, outcome)) {
        throw new Error(`${name} was released although ${edge.name} is ${outcome ?? 'under way'}`);
      }
    }
  }

  #end(name: string, type: 'Complete' | 'Failed', reason: string): void {
    this.outcomes.set(name, type === 'Complete' && reason === 'Skipped' ? 'Skipped' : type);
    this.#change(name, (object) => {
      const startTime = new Date(CREATED_MS).toISOString();
      object.status = { startTime, conditions: [{ type, status: 'True', reason }] };
    });
  }

  #change(name: string, edit: (object: JobObject) => void): void {
    const object = this.#objects.get(name);
    if (object === undefined) throw new Error(`there is no Job ${name}`);
    edit(object);
    this.#take(name, 'updated');
  }

  /** What the API server does with a changed object, and what the watch then brings. */
  #take(name: string, kind: 'added' | 'updated'): void {
    const object = this.#objects.get(name);
    if (object === undefined) return;
    this.#version += 1;
    object.metadata.resourceVersion = String(this.#version);
    const record = projectJob(object);
    const previous = this.#store.get(keyOf(record));
    if (record.deletedMs !== undefined && record.finalizers.length === 0) {
      this.#inMemoryOnly ||= previous?.finalizers.length === 0 && this.#isWaitedFor(name);
      this.#store.delete(keyOf(record));
      this.#cache.handle({ kind: 'deleted', record });
      return;
    }
    this.#store.set(keyOf(record), record);
    this.#cache.handle(
      kind === 'added' || previous === undefined ? { kind: 'added', record } : { kind, record, previous },
    );
  }

  #newCache(): JobCache {
    const cache = new JobCache(this.#store, (key) => this.#concerned.add(key));
    cache.searchCycles();
    return cache;
  }

  #records(): IteratorObject<JobRecord> {
    return this.#store.values();
  }

  #isWaitedFor(name: string): boolean {
    return this.#records().some((other) => isWaiting(other) && waitsFor(other, name));
  }

  #everCreated(name: string): boolean {
    return this.#objects.has(name);
  }

  #plan(name: string): WorldJob {
    const planned = this.#planned.get(name);
    if (planned === undefined) throw new Error(`no Job ${name} was planned`);
    return planned;
  }
}

/**
 * Where every Job must end, computed without any order of events: the least fixed point of the rules.
 */
export function expectedEndStates(jobs: readonly WorldJob[]): Map<string, EndState> {
  const ended = new Map<string, Outcome>();
  for (let settled = false; !settled;) {
    settled = true;
    for (const planned of jobs) {
      if (ended.has(planned.name)) continue;
      const outcome = expectedOutcome(planned, ended);
      if (outcome === undefined) continue;
      ended.set(planned.name, outcome);
      settled = false;
    }
  }
  return new Map(jobs.map(({ name }) => [name, ended.get(name) ?? ('Waiting' as const)]));
}

function expectedOutcome(
  { edges, runsTo }: WorldJob,
  ended: ReadonlyMap<string, Outcome>,
): Outcome | undefined {
  const states = edges.map(({ name, wants }) => ({ wants, outcome: ended.get(name) }));
  const closed = states.filter(({ wants, outcome }) => outcome !== undefined && !opensOn(wants, outcome));
  if (closed.some(({ outcome }) => outcome === 'Failed')) return 'Failed';
  if (states.some(({ outcome }) => outcome === undefined)) return undefined;
  return closed.length > 0 ? 'Skipped' : runsTo;
}

function waitsFor({ terms }: JobRecord, name: string): boolean {
  return terms?.edges.some((edge) => edge.name === name) === true;
}

function nameOf(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}
