import { expect } from 'chai';
import { DaemonCache } from '../../../controller/daemons/daemon-cache.ts';
import { JobCache } from '../../../controller/jobs/job-cache.ts';
import { daemonKey, OwnedJobs } from '../../../controller/parts/owned-jobs.ts';
import { kindOfKey, waitingRecords } from '../../../controller/parts/waiting-records.ts';
import { USER_ANNOTATIONS } from '../../../src/api/names.ts';
import { daemonAsJob, projectDaemonJob, type DaemonRecord } from '../../../src/core/daemon/daemon-record.ts';
import type { NodeRecord } from '../../../src/core/daemon/node-record.ts';
import type { JobRecord } from '../../../src/core/job-record.ts';
import { keyOf } from '../../../src/kube/store-change.ts';
import { CREATED_MS, job, type JobBuilder } from '../../support/job-builder.ts';
import { daemonObject, node, type DaemonFields } from '../daemon/builders.ts';

const NOW_MS = CREATED_MS + 5_000;

/** The caches over stores that change as reflectors' do; it holds the DaemonJob `d`. */
class World {
  readonly concerned = new Set<string>();
  readonly made: JobRecord[] = [];
  suspendedByFlow = false;
  readonly #jobs = new Map<string, JobRecord>();
  readonly #daemons = new Map<string, DaemonRecord>();
  readonly #nodes = new Map<string, NodeRecord>();
  readonly #owned: OwnedJobs;
  readonly jobCache: JobCache;
  readonly cache: DaemonCache;

  constructor() {
    const records = waitingRecords(this.#jobs, this.#daemons);
    this.#owned = new OwnedJobs(records);
    this.jobCache = new JobCache(records, (key) => this.concerned.add(key));
    this.jobCache.searchCycles();
    this.cache = new DaemonCache({
      daemons: this.#daemons,
      nodes: this.#nodes,
      jobs: this.#jobs,
      owned: this.#owned,
      knowsNodes: () => true,
      madeFor: (uid) => this.made.filter(({ owner }) => owner?.uid === uid),
      isSuspendedByFlow: () => this.suspendedByFlow,
      concernDaemon: (key) => this.concerned.add(`daemonjob ${key}`),
      concernJob: (key) => this.concerned.add(key),
    });
  }

  /** Takes the DaemonJob in. */
  daemon(fields: DaemonFields): void {
    this.concerned.clear();
    const record = projectDaemonJob(daemonObject(fields));
    const previous = this.#daemons.get(keyOf(record));
    this.#daemons.set(keyOf(record), record);
    const seen = daemonAsJob(record);
    this.jobCache.handle(
      previous === undefined
        ? { kind: 'added', record: seen }
        : { kind: 'updated', record: seen, previous: daemonAsJob(previous) },
    );
    this.cache.handleDaemon(
      previous === undefined ? { kind: 'added', record } : { kind: 'updated', record, previous },
    );
  }

  job(builder: JobBuilder): void {
    this.concerned.clear();
    const record = builder.record();
    this.#jobs.set(keyOf(record), record);
    this.#owned.handle({ kind: 'added', record });
    this.jobCache.handle({ kind: 'added', record });
  }

  node(after: NodeRecord): void {
    this.concerned.clear();
    const previous = this.#nodes.get(keyOf(after));
    this.#nodes.set(keyOf(after), after);
    this.cache.handleNode(
      previous === undefined
        ? { kind: 'added', record: after }
        : { kind: 'updated', record: after, previous },
    );
  }

  get gate(): unknown {
    return this.cache.view('test/d', this.jobCache, NOW_MS)?.snapshot.gate;
  }
}

const waitingFor = (list: string): DaemonFields => ({
  annotations: { [USER_ANNOTATIONS.dependsOn]: list },
});

describe('DaemonJobs at their gates', () => {
  it('wait for Jobs as Jobs do', () => {
    const world = new World();
    world.daemon(waitingFor('a'));
    expect(world.gate).to.deep.equal({ kind: 'wait', on: [{ kind: 'notCreated', name: 'a' }] });
    world.job(job('a').ended('Complete'));
    expect([...world.concerned]).to.include('test/daemonjob/d');
    expect(world.gate).to.deep.equal({ kind: 'release' });
  });

  it('are waited for by Jobs, and a cycle through them is found', () => {
    const world = new World();
    world.job(job('a').dependsOn('daemonjob/d'));
    world.daemon(waitingFor('a'));
    expect(world.gate).to.deep.equal({ kind: 'cycle', path: ['daemonjob/d', 'a', 'daemonjob/d'] });
    expect(world.jobCache.snapshot('test/a')?.cycle).to.deep.equal(['a', 'daemonjob/d', 'a']);
  });

  it('concern those that wait for them when they end', () => {
    const world = new World();
    world.job(job('a').dependsOn('daemonjob/d'));
    world.daemon({});
    world.daemon({ status: { conditions: [{ type: 'Complete', status: 'True' }] } });
    expect([...world.concerned]).to.include('test/a');
    expect(world.jobCache.snapshot('test/a')?.upstream('daemonjob/d')?.outcome).to.equal('Complete');
  });

  it('stand open without dependencies, and once they have started', () => {
    const world = new World();
    world.daemon({});
    expect(world.gate).to.equal('open');
    world.daemon({ ...waitingFor('a'), status: { startTime: '2026-01-01T00:00:00Z' } });
    expect(world.gate).to.equal('open');
  });

  it('are judged anew on a retry, if they had failed there', () => {
    const world = new World();
    world.job(job('a').ended('Failed'));
    const { annotations } = waitingFor('a');
    const status = { conditions: [{ type: 'Failed', status: 'True' }] };
    world.daemon({ annotations: { ...annotations, 'api.practice.com/retry': '1' }, status });
    expect(world.gate).to.deep.include({ kind: 'fail' });
  });
});

describe('what a DaemonJob is decided on', () => {
  it('holds Jobs that were made and that the watch has yet to bring', () => {
    const world = new World();
    world.daemon({});
    world.made.push({ ...job('d-n1').record(), owner: { kind: 'DaemonJob', name: 'd', uid: 'd-uid' } });
    const snapshot = world.cache.view('test/d', world.jobCache, NOW_MS)?.snapshot;
    expect(snapshot?.jobs.map(({ name }) => name)).to.deep.equal(['d-n1']);
    expect(snapshot?.job('d-n1')?.name).to.equal('d-n1');
  });

  it('says that it is suspended when its flow is', () => {
    const world = new World();
    world.daemon({});
    expect(world.cache.view('test/d', world.jobCache, NOW_MS)?.snapshot.daemon.suspended).to.equal(false);
    world.suspendedByFlow = true;
    expect(world.cache.view('test/d', world.jobCache, NOW_MS)?.snapshot.daemon.suspended).to.equal(true);
  });

  it('changes with nodes that join, until its end', () => {
    const world = new World();
    world.daemon({});
    world.node(node('n1'));
    expect([...world.concerned]).to.deep.equal(['daemonjob test/d']);
    world.node({ ...node('n1'), resourceVersion: '2' });
    expect([...world.concerned]).to.deep.equal([]);
    world.daemon({ status: { conditions: [{ type: 'Complete', status: 'True' }] } });
    world.node(node('n2'));
    expect([...world.concerned]).to.deep.equal([]);
  });
});

describe('keys of what waits', () => {
  it('tell the kind', () => {
    expect(kindOfKey('test/a')).to.deep.equal({ kind: 'job', key: 'test/a' });
    expect(kindOfKey('test/daemonjob/d')).to.deep.equal({ kind: 'daemonjob', key: 'test/d' });
    expect(kindOfKey('test/jobflow/etl')).to.deep.equal({ kind: 'jobflow', key: 'test/etl' });
    expect(daemonKey('test', 'd')).to.equal('daemonjob/test/d');
  });
});
