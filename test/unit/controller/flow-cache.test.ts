import { expect } from 'chai';
import { FlowCache } from '../../../controller/flows/flow-cache.ts';
import { JobCache } from '../../../controller/jobs/job-cache.ts';
import { OwnedJobs } from '../../../controller/parts/owned-jobs.ts';
import type { JobFlowSpec, JobFlowStatus } from '../../../src/api/flow-spec.ts';
import type { JobObject } from '../../../src/api/job.ts';
import { OWN_ANNOTATIONS, RETRY_ANNOTATION } from '../../../src/api/names.ts';
import { entryJobs } from '../../../src/core/flow/flow-entries.ts';
import { flowAsUpstream, type FlowRecord } from '../../../src/core/flow/flow-record.ts';
import { projectFlow } from '../../../src/core/flow/flow-projection.ts';
import { makeEntryJob } from '../../../src/core/flow/make-entry-job.ts';
import { planJob, type JobAction } from '../../../src/core/job-plan.ts';
import { projectJob } from '../../../src/core/job-projection.ts';
import type { JobRecord } from '../../../src/core/job-record.ts';
import { keyOf } from '../../../src/kube/store-change.ts';
import { CREATED_MS, job } from '../../support/job-builder.ts';
import { entry } from '../flow/flow-world.ts';

/** The caches over stores that change as reflectors' do; it holds the JobFlow `f`. */
class World {
  /** The Jobs that are to be looked at. */
  readonly turns = new Set<string>();
  /** How often one has been given a turn. */
  looks = 0;
  readonly #objects = new Map<string, JobObject>();
  readonly #jobs = new Map<string, JobRecord>();
  readonly #flows = new Map<string, FlowRecord>();
  readonly #owned = new OwnedJobs(this.#jobs);
  readonly cache: FlowCache;
  readonly jobCache: JobCache;

  constructor() {
    const concernJob = (key: string): void => {
      this.turns.add(key);
    };
    this.cache = new FlowCache({
      flows: this.#flows,
      templates: new Map(),
      jobs: this.#jobs,
      owned: this.#owned,
      concernFlow: () => undefined,
      concernFlowSoon: () => undefined,
      concernJob,
    });
    this.jobCache = new JobCache(this.#jobs, concernJob, {
      upstream: () => undefined,
      formerUpstream: (one, reference) => this.cache.formerUpstream(one, reference),
      goesWithOwner: (one) => this.cache.goesWithOwner(one),
      limit: (one) => this.cache.limit(one),
      needsOutcome: (one) => this.cache.needsOutcome(one),
    });
  }

  get record(): FlowRecord {
    const found = this.#flows.get('test/f');
    if (found === undefined) throw new Error('There is no flow.');
    return found;
  }

  /** The flow is made, edited, or its status written. */
  flow(spec: JobFlowSpec, status: JobFlowStatus = {}, retry?: string): void {
    const previous = this.#flows.get('test/f');
    const record = projectFlow({
      metadata: {
        namespace: 'test',
        name: 'f',
        uid: 'f-1',
        resourceVersion: '1',
        generation: (previous?.generation ?? 0) + 1,
        ...(retry !== undefined && { annotations: { [RETRY_ANNOTATION]: retry } }),
      },
      spec,
      status,
    });
    this.#flows.set('test/f', record);
    this.cache.handleFlow(
      previous === undefined ? { kind: 'added', record } : { kind: 'updated', record, previous },
    );
  }

  /** Makes all Jobs of the flow, as the controller does. */
  makeJobs(): void {
    for (const entryJob of entryJobs(this.record)) {
      const made = makeEntryJob(this.record, entryJob, () => ({ kind: 'unknown' }));
      if (!made.ok) throw new Error(made.message);
      const { metadata } = made.job;
      const name = metadata.name ?? '';
      this.put({ ...made.job, metadata: { ...metadata, uid: `${name}-1`, resourceVersion: '1' } });
    }
  }

  put(object: JobObject): void {
    const record = projectJob(object);
    const previous = this.#jobs.get(keyOf(record));
    this.#objects.set(record.name, object);
    this.#jobs.set(keyOf(record), record);
    const change =
      previous === undefined
        ? ({ kind: 'added', record } as const)
        : ({ kind: 'updated', record, previous } as const);
    const owners = this.#owned.handle(change);
    this.jobCache.handle(change);
    if (owners.length > 0) this.cache.handleJob('test/f');
  }

  remove(name: string): void {
    const record = this.#jobs.get(`test/${name}`);
    if (record === undefined) throw new Error(`no Job ${name}`);
    this.#jobs.delete(`test/${name}`);
    const change = { kind: 'deleted', record } as const;
    const owners = this.#owned.handle(change);
    this.cache.handleGone(record);
    this.jobCache.handle(change);
    if (owners.length > 0) this.cache.handleJob('test/f');
  }

  end(name: string, type: 'Complete' | 'Failed' = 'Complete'): void {
    const object = this.object(name);
    const startTime = new Date(CREATED_MS).toISOString();
    this.put({ ...object, status: { startTime, conditions: [{ type, status: 'True' }] } });
  }

  object(name: string): JobObject {
    const found = this.#objects.get(name);
    if (found === undefined) throw new Error(`no Job ${name}`);
    return found;
  }

  /** What is to be done about a Job. */
  planOf(name: string): JobAction[] {
    const snapshot = this.jobCache.snapshot(`test/${name}`);
    return snapshot === undefined ? [] : planJob(snapshot, CREATED_MS);
  }

  /** Gives every Job its turn that is to have one, and lets start what may; returns the Jobs that started. */
  work(): string[] {
    const started: string[] = [];
    for (const key of this.turns) {
      this.turns.delete(key);
      this.looks += 1;
      const name = key.slice('test/'.length);
      const released = this.planOf(name).find(({ kind }) => kind === 'release');
      if (released?.kind === 'release') {
        this.#owned.releasing(released.job);
        const object = this.object(name);
        const annotations = { ...object.metadata.annotations, [OWN_ANNOTATIONS.releasedAt]: 'now' };
        const metadata = { ...object.metadata, annotations };
        this.put({ ...object, metadata, spec: { ...object.spec, suspend: false } });
        started.push(name);
      }
      this.cache.handleLook(key);
    }
    return started;
  }
}

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `e${index}`);

describe('the Jobs of a JobFlow that runs only some at once', () => {
  it('are looked at in proportion to their number, not to its square', () => {
    const world = new World();
    const count = 1_000;
    world.flow({ maxConcurrentJobs: 5, flows: names(count).map((name) => entry(name)) });
    world.makeJobs();
    const running = new Set(world.work());
    let ended = 0;
    while (running.size > 0) {
      expect(running.size).to.be.at.most(5);
      const [name = ''] = running;
      running.delete(name);
      world.end(name);
      ended += 1;
      for (const started of world.work()) running.add(started);
    }
    expect(ended).to.equal(count);
    // Once as it is made, once for its place, and once or twice for what becomes of it; it was half a million.
    expect(world.looks).to.be.at.most(4 * count);
  });

  it('pass a place on that they do not take', () => {
    const world = new World();
    world.flow({ maxConcurrentJobs: 1, flows: names(3).map((name) => entry(name)) });
    world.makeJobs();
    expect(world.work()).to.deep.equal(['f-e0']);
    // Somebody has left the controller no say in it, and the watch has not yet told.
    const held = world.object('f-e1');
    held.metadata.annotations = {
      ...held.metadata.annotations,
      [OWN_ANNOTATIONS.gated]: '{"gate":true,"source":"x"}',
    };
    world.put(held);
    world.work();
    world.end('f-e0');
    expect(world.work()).to.deep.equal(['f-e2']);
  });

  it('start all when the limit is lifted, and as many more when it is raised', () => {
    const world = new World();
    const flows = names(6).map((name) => entry(name));
    world.flow({ maxConcurrentJobs: 1, flows });
    world.makeJobs();
    expect(world.work()).to.have.length(1);
    world.flow({ maxConcurrentJobs: 3, flows });
    expect(world.work()).to.have.length(2);
    world.flow({ flows });
    expect(world.work()).to.have.length(3);
  });
});

describe('a Job of a JobFlow that goes before the status tells how it ended', () => {
  const flows = [entry('a'), entry('b', ['a'])];
  const begun = (): World => {
    const world = new World();
    world.flow({ flows }, { jobStatusList: { 'f-a': 'Running', 'f-b': 'Waiting' } });
    world.makeJobs();
    return world;
  };
  const ended = (world: World): object =>
    Object.fromEntries(world.cache.snapshot('test/f', world.jobCache)?.ended ?? []);

  it('is remembered until the status tells', () => {
    const world = begun();
    world.end('f-a');
    world.remove('f-a');
    expect(ended(world)).to.deep.equal({ 'f-a': 'Complete' });
    world.flow({ flows }, { jobStatusList: { 'f-a': 'Running', 'f-b': 'Running' } });
    expect(ended(world)).to.deep.equal({ 'f-a': 'Complete' });
    world.flow({ flows }, { jobStatusList: { 'f-a': 'Succeed', 'f-b': 'Running' } });
    expect(ended(world)).to.deep.equal({});
  });

  it('still opens the gate of one that is made anew', () => {
    const world = begun();
    world.end('f-a');
    world.remove('f-a');
    const b = world.object('f-b');
    world.remove('f-b');
    world.put(b);
    expect(world.planOf('f-b').map(({ kind }) => kind)).to.deep.equal(['release']);
  });

  it('is forgotten once a retry runs it again, and when its entry is gone', () => {
    const world = begun();
    world.end('f-a', 'Failed');
    world.remove('f-a');
    world.flow({ flows }, { observedRetry: '1', jobStatusList: { 'f-a': 'Waiting', 'f-b': 'Waiting' } }, '1');
    expect(ended(world)).to.deep.equal({});
    const other = begun();
    other.end('f-a');
    other.remove('f-a');
    other.flow({ flows: [entry('c')] });
    expect(ended(other)).to.deep.equal({});
  });

  it('is nothing that had not ended, or that the status tells of already', () => {
    const world = begun();
    world.remove('f-a');
    expect(ended(world)).to.deep.equal({});
    const noted = new World();
    noted.flow({ flows }, { jobStatusList: { 'f-a': 'Succeed' } });
    noted.makeJobs();
    noted.end('f-a');
    noted.remove('f-a');
    expect(ended(noted)).to.deep.equal({});
  });
});

describe('the Jobs of a JobFlow that its TTL deletes', () => {
  const flows = [entry('a'), entry('b', ['a'])];
  const outside = job('outside').dependsOn('f-a, never').object();
  const kinds = (world: World): string[] => world.planOf('outside').map(({ kind }) => kind);

  it('go with it, so that those outside who wait for them have their outcome in writing before', () => {
    const world = new World();
    world.flow({ ttlSecondsAfterFinished: 0, flows });
    world.makeJobs();
    world.put(outside);
    expect(kinds(world)).to.not.include('recordOutcomes');
    world.end('f-a');
    expect(kinds(world)).to.include('recordOutcomes');
    // The others go with it.
    expect(world.planOf('f-b').map(({ kind }) => kind)).to.deep.equal(['release']);
    expect(world.cache.snapshot('test/f', world.jobCache)?.isWaitedFor()).to.equal(true);
    const outcomes = { [OWN_ANNOTATIONS.outcomes]: '{"f-a":["f-a-1","Complete"]}' };
    world.put({
      ...outside,
      metadata: { ...outside.metadata, annotations: { ...outside.metadata.annotations, ...outcomes } },
    });
    expect(kinds(world)).to.not.include('recordOutcomes');
    world.remove('f-b');
    expect(world.cache.snapshot('test/f', world.jobCache)?.isWaitedFor()).to.equal(false);
  });

  it('stay without a TTL, and nothing has to be written', () => {
    const world = new World();
    world.flow({ flows });
    world.makeJobs();
    world.put(outside);
    world.end('f-a');
    expect(kinds(world)).to.not.include('recordOutcomes');
    expect(flowAsUpstream(world.record).vanishes).to.equal(false);
  });
});
