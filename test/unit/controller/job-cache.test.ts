import { expect } from 'chai';
import { JobCache } from '../../../controller/jobs/job-cache.ts';
import type { JobRecord } from '../../../src/core/job-record.ts';
import { keyOf } from '../../../src/kube/store-change.ts';
import { CREATED_MS, job, type JobBuilder } from '../../support/job-builder.ts';

/** A cache over a store that changes as a reflector's does. */
class World {
  readonly concerned: string[] = [];
  readonly cache: JobCache;
  readonly #store = new Map<string, JobRecord>();

  constructor(searchCycles = true) {
    this.cache = new JobCache(this.#store, (key) => this.concerned.push(key));
    if (searchCycles) this.cache.searchCycles();
  }

  /** Takes Jobs in, and returns the names of those that this concerned. */
  put(...builders: readonly JobBuilder[]): string[] {
    return this.#during(() => {
      for (const builder of builders) {
        const record = builder.record();
        const previous = this.#store.get(keyOf(record));
        this.#store.set(keyOf(record), record);
        this.cache.handle(
          previous === undefined ? { kind: 'added', record } : { kind: 'updated', record, previous },
        );
      }
    });
  }

  remove(builder: JobBuilder): string[] {
    return this.#during(() => {
      const record = builder.record();
      this.#store.delete(keyOf(record));
      this.cache.handle({ kind: 'deleted', record });
    });
  }

  during(action: () => void): string[] {
    return this.#during(action);
  }

  #during(action: () => void): string[] {
    this.concerned.length = 0;
    action();
    return [...new Set(this.concerned)].map((key) => key.slice(key.indexOf('/') + 1)).sort();
  }
}

const LATER_MS = CREATED_MS + 10_000;
const waiting = (name: string, upstreams: string): JobBuilder => job(name).dependsOn(upstreams);

describe('the cache concerns', () => {
  it('a Job that waits, and nobody by a Job that is not ours', () => {
    const world = new World();
    expect(world.put(job('a'))).to.deep.equal([]);
    expect(world.put(waiting('b', 'a'))).to.deep.equal(['b']);
  });

  it('those that wait, when their upstream appears, ends, is being deleted or is gone', () => {
    const world = new World();
    world.put(waiting('b', 'a'), waiting('c', 'a'), waiting('d', 'x'));
    expect(world.put(job('a'))).to.deep.equal(['b', 'c']);
    expect(world.put(job('a').started()), 'a start opens no gate').to.deep.equal([]);
    expect(world.put(job('a').ended('Complete'))).to.deep.equal(['b', 'c']);
    expect(world.put(job('a').ended('Complete').deletedAt(LATER_MS))).to.deep.equal(['b', 'c']);
    expect(world.remove(job('a').ended('Complete').deletedAt(LATER_MS))).to.deep.equal(['b', 'c']);
  });

  it('only Jobs of the same namespace', () => {
    const world = new World();
    world.put(waiting('b', 'a'));
    const other = job('a').ended('Complete').record();
    const elsewhere = { ...other, namespace: 'other' };
    expect(
      world.during(() => {
        world.cache.handle({ kind: 'added', record: elsewhere });
      }),
    ).to.deep.equal([]);
  });

  it('an upstream with a TTL when somebody begins or ceases to wait for it', () => {
    const world = new World();
    world.put(job('a').ttl(), job('x'));
    expect(world.put(waiting('b', 'a, x'))).to.deep.equal(['a', 'b']);
    expect(world.put(waiting('b', 'a, x').spec({ suspend: false }))).to.deep.equal(['a']);
    world.put(waiting('c', 'a'));
    expect(world.remove(waiting('c', 'a'))).to.deep.equal(['a']);
  });

  it('an upstream with a TTL that comes after those who wait for it', () => {
    const world = new World();
    world.put(waiting('b', 'a'));
    expect(world.put(job('a').ttl())).to.deep.equal(['a', 'b']);
    expect(world.put(job('a').ttl().started())).to.deep.equal(['a']);
    expect(world.put(job('x').ttl()), 'nobody waits for it').to.deep.equal([]);
  });

  it('an upstream that an edit takes off the list', () => {
    const world = new World();
    world.put(job('a').ttl().kept().ended('Complete'), waiting('b', 'a, x'));
    expect(world.put(waiting('b', 'x'))).to.include('a');
  });

  it('nobody by a change that is nothing to them', () => {
    const world = new World();
    world.put(waiting('b', 'a'), job('a'));
    expect(world.put(job('a').spec({ parallelism: 2 }))).to.deep.equal([]);
  });

  it('those that wait when their upstream changes its run', () => {
    const world = new World();
    world.put(waiting('b', 'a').annotated('run', 'monday'), job('a'));
    expect(world.put(job('a').annotated('run', 'monday'))).to.deep.equal(['b']);
  });
});

describe('the cache of a leader that begins', () => {
  it('knows all Jobs about which there may be something to do', () => {
    const world = new World();
    const released = job('r').dependsOn('a').annotated('releasedAt', 'now').spec({ suspend: false });
    world.put(job('a'), waiting('b', 'a'), job('c').kept().started(), released, job('d').ended('Failed'));
    world.put(job('t').ttl().started(), waiting('u', 't'), job('v').ttl().started());
    expect([...world.cache.pending()]).to.deep.equal(['test/b', 'test/c', 'test/t', 'test/u']);
    expect(world.cache.waiting).to.equal(2);
  });

  it('counts those that wait in all namespaces', () => {
    const world = new World();
    world.put(waiting('b', 'a'), waiting('c', 'b'));
    world.cache.handle({ kind: 'added', record: { ...waiting('b', 'a').record(), namespace: 'other' } });
    expect(world.cache.waiting).to.equal(3);
    world.remove(waiting('c', 'b'));
    expect(world.cache.waiting).to.equal(2);
  });
});

describe('a snapshot', () => {
  it('is none of a Job that is gone', () => {
    expect(new World().cache.snapshot('test/a')).to.equal(undefined);
  });

  it('holds the Job, its upstreams and those that wait for it', () => {
    const world = new World();
    world.put(job('a'), waiting('b', 'a'), waiting('c', 'b'), job('d'));
    const snapshot = world.cache.snapshot('test/b');
    expect(snapshot?.job.name).to.equal('b');
    expect(snapshot?.upstream('a')?.name).to.equal('a');
    expect(snapshot?.upstream('missing')).to.equal(undefined);
    expect(
      snapshot
        ?.dependents()
        .map(({ name }) => name)
        .toArray(),
    ).to.deep.equal(['c']);
    expect(snapshot?.dependents().toArray(), 'anew at each call').to.have.length(1);
    expect(snapshot?.cycle).to.equal(undefined);
    expect(snapshot?.vanished.size).to.equal(0);
  });

  it('holds the outcome of an upstream that was seen to go, until it is in writing', () => {
    const world = new World();
    const gone = job('a').ended('Complete');
    world.put(gone, waiting('b', 'a, x'));
    world.remove(gone);
    const vanished = (): unknown => world.cache.snapshot('test/b')?.vanished.get('a');
    expect(vanished()).to.deep.equal({ uid: 'a-1', outcome: 'Complete' });
    world.put(waiting('b', 'a, x').annotated('outcomes', '{"a":["a-1","Complete"]}'));
    expect(vanished()).to.equal(undefined);
  });

  it('holds nothing of an upstream that went without an outcome, or of another run', () => {
    const world = new World();
    world.put(job('a').started(), job('x').ended('Failed'));
    world.put(waiting('b', 'a'), waiting('c', 'x').annotated('run', 'monday'));
    world.remove(job('a').started());
    world.remove(job('x').ended('Failed'));
    expect(world.cache.snapshot('test/b')?.vanished.size).to.equal(0);
    expect(world.cache.snapshot('test/c')?.vanished.size).to.equal(0);
  });

  it('holds the newest of several outcomes that went', () => {
    const world = new World();
    world.put(waiting('b', 'a'));
    for (const [uid, outcome] of [
      ['a-1', 'Failed'],
      ['a-2', 'Complete'],
    ] as const) {
      world.put(job('a').uid(uid).ended(outcome));
      world.remove(job('a').uid(uid).ended(outcome));
    }
    expect(world.cache.snapshot('test/b')?.vanished.get('a')).to.deep.equal({
      uid: 'a-2',
      outcome: 'Complete',
    });
  });

  it('holds nothing from before the dependent itself was created anew', () => {
    const world = new World();
    const gone = job('a').ended('Complete');
    world.put(gone, waiting('b', 'a'));
    world.remove(gone);
    world.remove(waiting('b', 'a'));
    world.put(waiting('b', 'a').uid('b-2'));
    expect(world.cache.snapshot('test/b')?.vanished.size).to.equal(0);
  });
});

describe('cycles in the cache', () => {
  const cycleOf = (world: World, name: string): string | undefined =>
    world.cache.snapshot(`test/${name}`)?.cycle?.join(' → ');

  it('are known at every Job that is on one, as soon as the last comes', () => {
    const world = new World();
    world.put(waiting('a', 'b'), waiting('b', 'c'));
    expect(world.put(waiting('c', 'a'))).to.deep.equal(['a', 'b', 'c']);
    expect(cycleOf(world, 'a')).to.equal('a → b → c → a');
    expect(cycleOf(world, 'c')).to.equal('c → a → b → c');
  });

  it('end when an edit, a deletion or a release breaks them', () => {
    const breaks: ((world: World) => string[])[] = [
      (world) => world.put(waiting('c', 'x')),
      (world) => world.remove(waiting('c', 'a')),
      (world) => world.put(waiting('c', 'a').annotated('releasedAt', 'now').spec({ suspend: false })),
      (world) => world.put(waiting('c', 'a').annotated('outcomes', '{"a":["a-0","Complete"]}')),
    ];
    for (const breakCycle of breaks) {
      const world = new World();
      world.put(waiting('a', 'b'), waiting('b', 'c'), waiting('c', 'a'));
      expect(breakCycle(world)).to.include.members(['a', 'b']);
      expect([cycleOf(world, 'a'), cycleOf(world, 'b'), cycleOf(world, 'c')]).to.deep.equal([
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  it('stay for those that are on another one too', () => {
    const world = new World();
    world.put(waiting('a', 'b'), waiting('b', 'a, c'), waiting('c', 'b'));
    expect(cycleOf(world, 'c')).to.equal('c → b → c');
    world.remove(waiting('a', 'b'));
    expect(cycleOf(world, 'b')).to.equal('b → c → b');
    expect(cycleOf(world, 'c')).to.equal('c → b → c');
  });

  it('are looked for once the first list is complete, and not while it comes in', () => {
    const world = new World(false);
    world.put(waiting('a', 'b'), waiting('b', 'a'), waiting('c', 'a'));
    expect(cycleOf(world, 'a')).to.equal(undefined);
    expect(
      world.during(() => {
        world.cache.searchCycles();
      }),
    ).to.deep.equal(['a', 'b']);
    expect(cycleOf(world, 'a')).to.equal('a → b → a');
    expect(cycleOf(world, 'c'), 'behind a cycle is not on it').to.equal(undefined);
  });

  it('are found at the start without delay also where one is long', () => {
    const world = new World(false);
    const length = 400;
    world.put(...Array.from({ length }, (_, n) => waiting(`j${n}`, `j${(n + 1) % length}`)));
    const startedMs = performance.now();
    world.cache.searchCycles();
    // Some 0.1 s; it was half a minute, in which nothing else is done.
    expect(performance.now() - startedMs).to.be.lessThan(5_000);
    expect(world.cache.snapshot('test/j7')?.cycle).to.have.length(length + 1);
  });
});
