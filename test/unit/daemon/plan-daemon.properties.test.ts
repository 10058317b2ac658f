import { expect } from 'chai';
import fc from 'fast-check';
import { jobSpec } from './builders.ts';
import { DaemonWorld } from './daemon-world.ts';

const RUNS = { numRuns: 400 };
const NODES = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5'] as const;

/** What may happen; each names a node, or a Job by a number. */
type Happening =
  | { readonly kind: 'join' | 'leave' | 'taint' | 'untaint'; readonly node: string }
  | { readonly kind: 'start' | 'end'; readonly pick: number }
  | { readonly kind: 'expire' | 'edit' }
  /** The controller works, and may be killed after so many writes. */
  | { readonly kind: 'act'; readonly writes: number };

const someNode = fc.constantFrom(...NODES);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('join' as const, 'leave' as const, 'taint' as const, 'untaint' as const),
    node: someNode,
  }),
  fc.record({ kind: fc.constantFrom('start' as const, 'end' as const), pick: fc.nat(20) }),
  fc.record({ kind: fc.constantFrom('expire' as const, 'edit' as const) }),
  fc.record({ kind: fc.constant('act' as const), writes: fc.constantFrom(1, 2, 3, 99, 99) }),
);

const setting = fc.record({
  limit: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  hasTtl: fc.boolean(),
  nodes: fc.uniqueArray(someNode, { maxLength: 6 }),
  happenings: fc.array(happening, { maxLength: 60 }),
});

function begin({
  limit,
  hasTtl,
  nodes,
}: {
  limit: number | undefined;
  hasTtl: boolean;
  nodes: string[];
}): DaemonWorld {
  const spec = jobSpec(hasTtl ? { ttlSecondsAfterFinished: 0 } : {});
  return new DaemonWorld(
    { spec: limit === undefined ? spec : { ...spec, maxConcurrentNodes: limit } },
    nodes,
  );
}

function happen(world: DaemonWorld, what: Happening): void {
  switch (what.kind) {
    case 'join':
    case 'untaint':
      if (what.kind === 'join' || world.nodes.has(what.node)) world.join(what.node);
      return;
    case 'leave':
      world.leave(what.node);
      return;
    case 'taint':
      if (world.nodes.has(what.node)) world.taint(what.node, { key: 'shut', effect: 'NoSchedule' });
      return;
    case 'start':
    case 'end': {
      const { running } = world;
      const name = running[what.pick % running.length];
      if (name === undefined) return;
      if (what.kind === 'start') world.start(name);
      else world.end(name);
      return;
    }
    case 'expire':
      world.expire();
      return;
    case 'edit':
      world.edit({ backoffLimit: world.record.generation });
      return;
    case 'act':
      world.act(what.writes);
  }
}

/** Lets all that runs end, until nothing more happens. */
function finish(world: DaemonWorld): void {
  for (let round = 0; round < 100; round += 1) {
    world.settle();
    world.expire();
    const [first] = world.running;
    if (first === undefined) return;
    world.end(first);
  }
  throw new Error('the DaemonJob does not end');
}

describe('properties of a DaemonJob', () => {
  it('never runs on more nodes than it may', () => {
    fc.assert(
      fc.property(setting, (drawn) => {
        const world = begin(drawn);
        for (const what of drawn.happenings) {
          happen(world, what);
          expect(world.running.length).to.be.at.most(drawn.limit ?? Infinity);
        }
      }),
      RUNS,
    );
  });

  it('ends, whatever has happened, with a Job that ended on every node that is eligible', () => {
    fc.assert(
      fc.property(setting, (drawn) => {
        const world = begin(drawn);
        for (const what of drawn.happenings) happen(world, what);
        const endedBefore = world.record.outcome !== undefined;
        finish(world);
        expect(world.record.outcome).to.equal('Complete');
        if (endedBefore) return;
        for (const { metadata, spec } of world.nodes.values()) {
          if (spec?.taints?.length === 0)
            expect(world.states).to.include({ [`d-${metadata.name ?? ''}`]: 'Succeed' });
        }
      }),
      RUNS,
    );
  });

  it('runs on every node exactly once where nodes only come, wherever the controller is killed', () => {
    fc.assert(
      fc.property(setting, (drawn) => {
        const world = begin(drawn);
        const kinds: readonly string[] = ['join', 'start', 'end', 'expire', 'act'];
        for (const what of drawn.happenings.filter(({ kind }) => kinds.includes(kind))) happen(world, what);
        finish(world);
        expect([...world.created].sort()).to.deep.equal(Object.keys(world.states).sort());
      }),
      RUNS,
    );
  });

  it('comes to the same end in whatever order nodes join and leave before it', () => {
    const turns = fc.uniqueArray(fc.record({ node: someNode, stays: fc.boolean() }), {
      selector: ({ node }) => node,
      minLength: 1,
    });
    fc.assert(
      fc.property(turns, fc.array(fc.nat(30), { minLength: 12, maxLength: 12 }), (nodes, order) => {
        const end = (keys: readonly number[]): unknown => {
          const world = new DaemonWorld({}, ['first']);
          const left = nodes.map(({ node, stays }) => (stays ? [`+${node}`] : [`+${node}`, `-${node}`]));
          for (const key of keys) {
            const open = left.filter(({ length }) => length > 0);
            const turn = open[key % Math.max(1, open.length)]?.shift();
            if (turn?.startsWith('+')) world.join(turn.slice(1));
            if (turn?.startsWith('-')) world.leave(turn.slice(1));
            world.settle();
          }
          finish(world);
          const { state, message, counts, jobStatusList } = world.record.status;
          return { state, message, counts, jobStatusList };
        };
        expect(end(order)).to.deep.equal(end(order.map(() => 0)));
      }),
      { numRuns: 200 },
    );
  });

  it('is decided twice in the same way', () => {
    fc.assert(
      fc.property(setting, (drawn) => {
        const world = begin(drawn);
        for (const what of drawn.happenings) {
          happen(world, what);
          expect(world.plan()).to.deep.equal(world.plan());
        }
        world.settle();
        expect(world.plan()).to.deep.equal([]);
      }),
      { numRuns: 100 },
    );
  });

  it('runs again what failed, once for each retry, wherever the controller is killed', () => {
    const kills = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.subarray([...NODES]), kills, fc.boolean(), (failing, writes, hasTtl) => {
        const world = begin({ limit: undefined, hasTtl, nodes: [...NODES] });
        world.settle();
        for (const node of NODES) world.end(`d-${node}`, failing.includes(node) ? 'Failed' : 'Complete');
        world.settle();
        world.expire();
        world.retry('1');
        for (const count of writes) {
          world.act(count);
          world.expire();
        }
        finish(world);
        expect(world.record.outcome).to.equal('Complete');
        expect(world.created.slice(NODES.length).sort()).to.deep.equal(failing.map((node) => `d-${node}`));
      }),
      { numRuns: 200 },
    );
  });
});
