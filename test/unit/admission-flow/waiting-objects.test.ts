import { expect } from 'chai';
import fc from 'fast-check';
import { waitingJobs } from './flow-builder.ts';
import {
  WaitingObjects,
  type SeenObject,
  type Waits,
  type Whole,
} from '../../../src/core/admission/flow/waiting-objects.ts';
import type { WaitingJob } from '../../../src/core/waiting-graph.ts';
import type { Candidate } from '../../../src/core/admission/view.ts';

function waits(name: string, edges: readonly string[], run?: string): WaitingJob {
  return { name, run, edges: edges.map((edge) => ({ name: edge })) };
}

function whole(ref: string, parts: readonly WaitingJob[], run?: string): Whole {
  return { ref, run, edges: [], parts };
}

function job(name: string, edges: readonly string[], more: { run?: string; flow?: string } = {}): Candidate {
  return {
    name,
    run: more.run,
    edges: edges.map((edge) => ({ name: edge, wants: 'Complete' })),
    ...(more.flow !== undefined && { flow: more.flow }),
  };
}

describe('a cycle of Jobs, JobFlows and DaemonJobs', () => {
  it('is found among Jobs alone', () => {
    const objects = waitingJobs({ b: 'c', c: 'x a' });
    expect(objects.cycleThroughJob(job('a', ['b']))).to.deep.equal(['a', 'b', 'c', 'a']);
    expect(objects.cycleThroughJob(job('d', ['b']))).to.equal(undefined);
  });

  it('is found through a flow that has not created its Jobs', () => {
    const objects = waitingJobs({});
    objects.setWhole(whole('jobflow/f', [waits('f-x', ['a'])]));
    expect(objects.cycleThroughJob(job('a', ['jobflow/f']))).to.deep.equal(['a', 'jobflow/f', 'f-x', 'a']);
    expect(objects.cycleThroughJob(job('a', ['f-x']))).to.deep.equal(['a', 'f-x', 'a']);
    expect(objects.cycleThroughJob(job('b', ['jobflow/f']))).to.equal(undefined);
  });

  it('is found through a Job that has joined a flow, and at a Job that joins one', () => {
    const objects = waitingJobs({ m: 'a' }, { m: 'f' });
    objects.setWhole(whole('jobflow/f', []));
    expect(objects.cycleThroughJob(job('a', ['jobflow/f']))).to.deep.equal(['a', 'jobflow/f', 'm', 'a']);
    expect(objects.cycleThroughJob(job('n', ['jobflow/f'], { flow: 'f' }))).to.deep.equal([
      'n',
      'jobflow/f',
      'n',
    ]);
  });

  it('is found at a Job that joins a flow for which its own upstream waits', () => {
    const objects = waitingJobs({ u: 'jobflow/f' });
    objects.setWhole(whole('jobflow/f', []));
    const path = objects.cycleThroughJob(job('n', ['u'], { flow: 'f' }));
    expect(path).to.deep.equal(['n', 'u', 'jobflow/f', 'n']);
  });

  it('is found at a Job that joins a flow that has ended and waits for it', () => {
    const objects = waitingJobs({});
    expect(objects.cycleThroughJob(job('n', ['jobflow/f'], { flow: 'f' }))).to.have.length(3);
  });

  it('does not lead through a Job of a flow that has been released', () => {
    const seen = new Map<string, SeenObject>([['f-x', { waits: undefined, wholes: ['jobflow/f'] }]]);
    const objects = new WaitingObjects((name) => seen.get(name));
    objects.setWhole(whole('jobflow/f', [waits('f-x', ['a'])]));
    expect(objects.cycleThroughJob(job('a', ['jobflow/f']))).to.equal(undefined);
    seen.delete('f-x');
    objects.refreshJob('f-x');
    expect(objects.cycleThroughJob(job('a', ['jobflow/f']))).to.have.length(4);
  });

  it('takes the edges of a Job that exists, not those of the plan for it', () => {
    const seen = new Map<string, SeenObject>();
    const objects = new WaitingObjects((name) => seen.get(name));
    objects.setWhole(whole('jobflow/f', [waits('f-x', ['a'])]));
    seen.set('f-x', { waits: waits('f-x', ['b']), wholes: ['jobflow/f'] });
    objects.refreshJob('f-x');
    expect(objects.cycleThroughJob(job('a', ['jobflow/f']))).to.equal(undefined);
    expect(objects.cycleThroughJob(job('b', ['jobflow/f']))).to.have.length(4);
  });

  it('does not lead through a flow that has ended or gone', () => {
    const objects = waitingJobs({});
    objects.setWhole(whole('jobflow/f', [waits('f-x', ['a'])]));
    objects.deleteWhole('jobflow/f');
    expect(objects.cycleThroughJob(job('a', ['jobflow/f', 'f-x']))).to.equal(undefined);
  });

  it('leads over the DaemonJob of an entry, before and after it is created', () => {
    const objects = waitingJobs({});
    const flow = whole('jobflow/f', [waits('daemonjob/f-d', ['a']), waits('f-x', ['daemonjob/f-d'])]);
    objects.setWhole(flow);
    expect(objects.cycleThroughJob(job('a', ['f-x']))).to.deep.equal(['a', 'f-x', 'daemonjob/f-d', 'a']);
    objects.setWhole({ ref: 'daemonjob/f-d', run: undefined, edges: [{ name: 'b' }], parts: [] });
    expect(objects.cycleThroughJob(job('a', ['f-x']))).to.equal(undefined);
    expect(objects.cycleThroughJob(job('b', ['f-x']))).to.have.length(4);
  });

  it('passes over objects of another run, but never over the parts of a flow', () => {
    const objects = waitingJobs({});
    objects.setWhole(whole('jobflow/f', [waits('f-x', ['a'])], 'monday'));
    expect(objects.cycleThroughJob(job('a', ['jobflow/f'], { run: 'tuesday' }))).to.equal(undefined);
    expect(objects.cycleThroughJob(job('a', ['jobflow/f']))).to.deep.equal(['a', 'jobflow/f', 'f-x', 'a']);
  });

  it('is found at a flow, with the new edge that closes it', () => {
    const objects = waitingJobs({ a: 'jobflow/f' });
    const added = [
      { from: 'f-x', to: 'b' },
      { from: 'f-y', to: 'a' },
      { from: 'jobflow/f', to: 'f-y' },
    ];
    const found = objects.cycleThroughWhole({
      whole: whole('jobflow/f', [waits('f-x', ['b']), waits('f-y', ['a'])]),
      added,
      isNew: true,
    });
    expect(found).to.deep.equal({ edge: added[1], path: ['f-y', 'a', 'jobflow/f', 'f-y'] });
  });

  it('is not found at a flow that only touches one', () => {
    const objects = waitingJobs({ a: 'b', b: 'a' });
    const candidate = whole('jobflow/f', [waits('f-x', ['a'])]);
    const added = [
      { from: 'f-x', to: 'a' },
      { from: 'jobflow/f', to: 'f-x' },
    ];
    expect(objects.cycleThroughWhole({ whole: candidate, added, isNew: true })).to.equal(undefined);
  });

  it('is not found at an edit of a Job that has been released', () => {
    const objects = new WaitingObjects((name) =>
      name === 'f-x' ? { waits: undefined, wholes: ['jobflow/f'] } : undefined,
    );
    const candidate = whole('jobflow/f', [waits('f-x', ['jobflow/f'])]);
    const added = [{ from: 'f-x', to: 'jobflow/f' }];
    expect(objects.cycleThroughWhole({ whole: candidate, added, isNew: false })).to.equal(undefined);
    expect(objects.cycleThroughWhole({ whole: candidate, added, isNew: true })?.path).to.have.length(3);
  });

  it('does not run out of stack on a flow of 5,000 entries in a row', () => {
    const objects = waitingJobs({});
    const names = Array.from({ length: 5_000 }, (_, index) => `f-${index}`);
    const parts = names.map((name, index) => waits(name, [names[(index + 1) % names.length] ?? '']));
    const added = parts.map(({ name, edges }) => ({ from: name, to: edges[0]?.name ?? '' }));
    const found = objects.cycleThroughWhole({ whole: whole('jobflow/f', parts), added, isNew: true });
    expect(found?.path).to.have.length(5_001);
  });
});

/*
 * Against a reference that is too slow and too plain to be wrong: all nodes and edges written out, and everything
 * that can be reached.
 */

const JOBS = ['a', 'b', 'c', 'f-x', 'f-y', 'g-x'] as const;
const FLOWS = ['f', 'g'] as const;
const RUNS = [undefined, undefined, 'r', 's'] as const;

interface World {
  readonly jobs: ReadonlyMap<string, { waits: Waits | undefined; flow: string | undefined }>;
  readonly flows: ReadonlyMap<string, Whole>;
}

const names = fc.uniqueArray(fc.constantFrom(...JOBS, 'jobflow/f', 'jobflow/g', 'daemonjob/d'), {
  maxLength: 3,
});
const run = fc.constantFrom(...RUNS);
const node = fc.record({ run, edges: names.map((list) => list.map((name) => ({ name }))) });
const someJob = fc.record({
  waits: fc.option(node, { nil: undefined }),
  flow: fc.option(fc.constantFrom(...FLOWS), { nil: undefined }),
});
const wholeOf = (ref: string, parts: readonly string[]): fc.Arbitrary<Whole> =>
  fc
    .record({ own: run, nodes: fc.array(node, { minLength: parts.length, maxLength: parts.length }) })
    .map(({ own, nodes }) => ({
      ref,
      run: own,
      edges: [],
      parts: parts.map((name, index) => ({ name, run: own, edges: nodes[index]?.edges ?? [] })),
    }));
const flowF = wholeOf('jobflow/f', ['f-x', 'f-y']);
const flowG = wholeOf('jobflow/g', ['g-x']);
const daemon = node.map((own): Whole => ({ ref: 'daemonjob/d', ...own, parts: [] }));
const world: fc.Arbitrary<World> = fc
  .record({
    jobs: fc.dictionary(fc.constantFrom(...JOBS), someJob),
    wholes: fc.tuple(
      fc.option(flowF, { nil: undefined }),
      fc.option(flowG, { nil: undefined }),
      fc.option(daemon, { nil: undefined }),
    ),
  })
  .map(({ jobs, wholes }) => ({
    jobs: new Map(Object.entries(jobs)),
    flows: new Map(wholes.flatMap((one) => (one === undefined ? [] : [[one.ref, one] as const]))),
  }));

/** The world as it is watched: everything comes in some order, and some of it has been otherwise before. */
function build(now: World, before: World, order: readonly number[]): WaitingObjects {
  const seen = new Map<string, SeenObject>();
  const objects = new WaitingObjects((name) => {
    const found = now.flows.get(name);
    return found === undefined ? seen.get(name) : { waits: found, wholes: [] };
  });
  const put = ({ jobs, flows }: World): (() => void)[] => [
    ...JOBS.map((name) => () => {
      const found = jobs.get(name);
      if (found === undefined) seen.delete(name);
      else
        seen.set(name, {
          waits: found.waits,
          wholes: found.flow === undefined ? [] : [`jobflow/${found.flow}`],
        });
      objects.refreshJob(name);
    }),
    ...['jobflow/f', 'jobflow/g', 'daemonjob/d'].map((ref) => () => {
      const found = flows.get(ref);
      if (found === undefined) objects.deleteWhole(ref);
      else objects.setWhole(found);
    }),
  ];
  for (const step of put(before)) step();
  const steps = put(now);
  const rank = (index: number): number => order[index] ?? 0;
  for (const [, step] of [...steps.entries()].sort(([a], [b]) => rank(a) - rank(b))) step();
  return objects;
}

/** Every edge that is in force, written out: `[from, to]`. */
function edgesOf({ jobs, flows }: World): [string, string][] {
  const nodes = new Map<string, Waits>(flows);
  for (const { parts } of flows.values()) for (const part of parts) nodes.set(part.name, part);
  for (const [name, found] of jobs) {
    if (found.waits === undefined) nodes.delete(name);
    else nodes.set(name, found.waits);
  }
  const edges: [string, string][] = [];
  for (const [from, { run: own, edges: stated }] of nodes) {
    for (const { name: to } of stated) {
      const upstream = nodes.get(to);
      if (upstream !== undefined && (own === undefined || own === upstream.run)) edges.push([from, to]);
    }
  }
  for (const { ref, parts } of flows.values()) {
    for (const { name } of parts) if (nodes.has(name)) edges.push([ref, name]);
    for (const [name, { waits: own, flow }] of jobs) {
      if (own !== undefined && `jobflow/${flow ?? ''}` === ref) edges.push([ref, name]);
    }
  }
  return edges;
}

function leadsTo(edges: readonly [string, string][], from: string, to: string): boolean {
  const reached = new Set([from]);
  for (let size = 0; size !== reached.size;) {
    size = reached.size;
    for (const [a, b] of edges) if (reached.has(a)) reached.add(b);
  }
  return reached.has(to);
}

function isOnCycle(edges: readonly [string, string][], name: string): boolean {
  return edges.some(([from, to]) => from === name && leadsTo(edges, to, name));
}

function expectPath(path: readonly string[], edges: readonly [string, string][]): void {
  expect(path.at(-1)).to.equal(path[0]);
  for (const [index, from] of path.slice(0, -1).entries()) {
    expect(edges).to.deep.include([from, path[index + 1]]);
  }
}

describe('cycles through flows, compared with everything written out', function () {
  this.timeout(60_000);
  const order = fc.array(fc.nat(100), { minLength: 9, maxLength: 9 });

  it('are found for a Job exactly where there is one', () => {
    const flow = fc.option(fc.constantFrom(...FLOWS), { nil: undefined });
    fc.assert(
      fc.property(world, world, order, node, flow, (now, before, ranks, own, member) => {
        const objects = build(now, before, ranks);
        const candidate = job(
          'a',
          own.edges.map(({ name }) => name),
          {
            ...(own.run !== undefined && { run: own.run }),
            ...(member !== undefined && { flow: member }),
          },
        );
        const ref = `jobflow/${member ?? ''}`;
        // A flow that has ended waits for whoever joins it.
        const flows = new Map(now.flows);
        if (member !== undefined && !flows.has(ref)) flows.set(ref, whole(ref, [], own.run));
        const known = now.jobs.get('a');
        const jobs = new Map(now.jobs).set('a', { waits: candidate, flow: member });
        const edges = edgesOf({ jobs, flows });
        // What it is known to be a part of it remains a part of.
        const knownRef = `jobflow/${known?.flow ?? ''}`;
        if (known?.waits !== undefined && flows.has(knownRef)) edges.push([knownRef, 'a']);
        const path = objects.cycleThroughJob(candidate);
        expect(path !== undefined).to.equal(isOnCycle(edges, 'a'));
        if (path !== undefined) expectPath(path, edges);
      }),
      { numRuns: 3_000 },
    );
  });

  it('are found for a flow exactly where a new edge is on one', () => {
    fc.assert(
      fc.property(world, world, order, flowF, fc.boolean(), (now, before, ranks, next, isNew) => {
        const objects = build(now, before, ranks);
        const old = new Set(
          isNew
            ? []
            : now.flows
                .get('jobflow/f')
                ?.parts.flatMap(({ name, edges: own }) => own.map((edge) => `${name} ${edge.name}`)),
        );
        const added = next.parts
          .flatMap(({ name, edges: own }) => own.map((edge) => ({ from: name, to: edge.name })))
          .filter(({ from, to }) => !old.has(`${from} ${to}`));
        const flows = new Map(now.flows).set('jobflow/f', next);
        const jobs = new Map(now.jobs);
        for (const part of next.parts) {
          const found = jobs.get(part.name);
          // What waits follows the edit; at a CREATE, what is there is left over.
          if (isNew || found?.waits !== undefined)
            jobs.set(part.name, { waits: part, flow: found?.waits && found.flow });
        }
        const edges = edgesOf({ jobs, flows });
        const closing = added.filter(
          ({ from, to }) => edges.some(([a, b]) => a === from && b === to) && leadsTo(edges, to, from),
        );
        const found = objects.cycleThroughWhole({ whole: next, added, isNew });
        expect(found?.edge).to.deep.equal(closing[0]);
        if (found !== undefined) expectPath(found.path, edges);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('all cycles at once', () => {
  it('are one for each group of objects that wait for each other', () => {
    const objects = waitingJobs({ a: 'b', b: 'a c', c: 'd', d: 'e c', e: 'x' });
    expect(objects.cycles()).to.deep.equal([
      ['c', 'd', 'c'],
      ['a', 'b', 'a'],
    ]);
  });

  it('are there exactly if a Job would close one, each step an edge', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const edgesOf = fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 });
    const graphs = fc.tuple(...names.map(() => edgesOf));
    fc.assert(
      fc.property(graphs, (lists) => {
        const edges = new Map(
          names.map((name, index) => [name, (lists[index] ?? []).filter((to) => to !== name)]),
        );
        const objects = waitingJobs(
          Object.fromEntries([...edges].map(([name, list]) => [name, list.join(' ')])),
        );
        const cycles = objects.cycles();
        const closes = names.filter(
          (name) => objects.cycleThroughJob(job(name, edges.get(name) ?? [])) !== undefined,
        );
        expect(cycles.length > 0).to.equal(closes.length > 0);
        for (const path of cycles) {
          expect(path.at(-1)).to.equal(path[0]);
          path.slice(1).forEach((to, index) => expect(edges.get(path[index] ?? '')).to.include(to));
        }
      }),
    );
  });
});
