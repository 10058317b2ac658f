import { expect } from 'chai';
import fc from 'fast-check';
import type { Wanted } from '../../../src/api/outcomes.ts';
import { WaitingGraph } from '../../../src/core/waiting-graph.ts';
import { expectedEndStates, GateWorld, type WorldJob } from '../../support/gate-world.ts';

const RUNS = { numRuns: 1_000 };

const wanted = fc.constantFrom<Wanted>('Complete', 'Complete', 'Complete', 'Failed', 'NotFailed', 'Finished');

/** Graphs of up to eight Jobs; `acyclic` ones have edges to earlier Jobs only. */
function graphs(acyclic: boolean): fc.Arbitrary<WorldJob[]> {
  return fc.integer({ min: 1, max: 8 }).chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, index) =>
        fc.record({
          name: fc.constant(`j${index}`),
          edges: fc.uniqueArray(
            fc.record({
              name: fc
                .integer({ min: 0, max: acyclic ? Math.max(0, index - 1) : size - 1 })
                .map((to) => `j${to}`),
              wants: wanted,
            }),
            { selector: ({ name }) => name, maxLength: acyclic && index === 0 ? 0 : 3 },
          ),
          runsTo: fc.constantFrom('Complete' as const, 'Complete' as const, 'Failed' as const),
          hasTtl: fc.boolean(),
        }),
      ),
    ),
  );
}

/** Lets things happen in an order drawn from `choices` until nothing more can; now and then the controller restarts. */
function play(jobs: readonly WorldJob[], choices: readonly number[]): GateWorld {
  const world = new GateWorld(jobs);
  for (let step = 0; step < 2_000; step += 1) {
    const possible = world.possible();
    if (possible.length === 0) return world;
    const choice = choices[step % choices.length] ?? 0;
    if (choice % 29 === 7) world.happen('restart', '');
    const event = possible[choice % possible.length];
    if (event !== undefined) world.happen(event.kind, event.name);
  }
  throw new Error('the world did not come to rest');
}

const order = fc.array(fc.nat(10_000), { minLength: 20, maxLength: 80 });

describe('properties of the gate', () => {
  it('no Job is released before its outcomes, and each at most once', () => {
    fc.assert(
      fc.property(graphs(false), order, (jobs, choices) => {
        // The world throws at an early release.
        const world = play(jobs, choices);
        for (const times of world.releases.values()) expect(times).to.equal(1);
      }),
      RUNS,
    );
  });

  it('every Job that can be released is, in whatever order things happen, also across restarts', () => {
    fc.assert(
      fc.property(graphs(true), order, (jobs, choices) => {
        const states = play(jobs, choices).endStates();
        expect([...states.values()]).to.not.include('Waiting');
      }),
      RUNS,
    );
  });

  it('the final state does not depend on the order of events', () => {
    fc.assert(
      fc.property(graphs(false), order, order, (jobs, one, other) => {
        const expected = expectedEndStates(jobs);
        expect(play(jobs, one).endStates()).to.deep.equal(expected);
        expect(play(jobs, other).endStates()).to.deep.equal(expected);
      }),
      RUNS,
    );
  });

  it('no finalizer stays behind on a Job that nobody waits for', () => {
    fc.assert(
      fc.property(graphs(false), order, (jobs, choices) => {
        expect(play(jobs, choices).uselesslyKept()).to.deep.equal([]);
      }),
      RUNS,
    );
  });

  it('a Job is said to be on a cycle if and only if it is on one', () => {
    fc.assert(
      fc.property(graphs(false), order, (jobs, choices) => {
        const world = play(jobs, choices);
        const waiting = new Set(
          [...world.endStates()].filter(([, state]) => state === 'Waiting').map(([name]) => name),
        );
        expect(world.onCycles().sort()).to.deep.equal(onCyclesByReachability(jobs, waiting).sort());
      }),
      RUNS,
    );
  });

  it('a cycle is found through a Job if and only if there is one, and the path is one', () => {
    fc.assert(
      fc.property(graphs(false), (jobs) => {
        const graph = new WaitingGraph();
        for (const { name, edges } of jobs) graph.set({ name, run: undefined, edges });
        const everybody = new Set(jobs.map(({ name }) => name));
        const expected = onCyclesByReachability(jobs, everybody);
        expect(graph.jobsOnCycles().sort()).to.deep.equal([...expected].sort());
        for (const { name, edges } of jobs) {
          const path = graph.cycleThrough({ name, run: undefined, edges });
          expect(path !== undefined).to.equal(expected.includes(name));
          if (path !== undefined) expectCycle(path, name, jobs);
        }
      }),
      RUNS,
    );
  });
});

function expectCycle(path: readonly string[], name: string, jobs: readonly WorldJob[]): void {
  expect(path.at(0)).to.equal(name);
  expect(path.at(-1)).to.equal(name);
  for (const [index, from] of path.slice(0, -1).entries()) {
    const edges = jobs.find((job) => job.name === from)?.edges.map((edge) => edge.name);
    expect(edges).to.include(path[index + 1]);
  }
}

/** By the definition, without a clever algorithm: a Job that can reach itself. */
function onCyclesByReachability(jobs: readonly WorldJob[], among: ReadonlySet<string>): string[] {
  const edgesOf = (name: string): string[] =>
    jobs
      .find((job) => job.name === name)
      ?.edges.map((edge) => edge.name)
      .filter((to) => among.has(to)) ?? [];
  return [...among].filter((name) => {
    const reached = new Set<string>();
    const pending = edgesOf(name);
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      pending.push(...edgesOf(next));
    }
    return reached.has(name);
  });
}
