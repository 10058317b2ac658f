import { expect } from 'chai';
import { KnownCycles } from '../../../src/core/known-cycles.ts';
import { WaitingGraph } from '../../../src/core/waiting-graph.ts';

function graphOf(edges: Readonly<Record<string, readonly string[]>>): WaitingGraph {
  const graph = new WaitingGraph();
  for (const [name, upstreams] of Object.entries(edges)) put(graph, name, upstreams);
  return graph;
}

function put(graph: WaitingGraph, name: string, upstreams: readonly string[]): void {
  graph.set({ name, run: undefined, edges: upstreams.map((upstream) => ({ name: upstream })) });
}

describe('known cycles', () => {
  it('begin with the Job that is asked for', () => {
    const graph = graphOf({ a: ['b'], b: ['c'], c: ['a'], d: ['a'] });
    const cycles = new KnownCycles(graph);
    expect(cycles.search(graph.jobsOnCycles())).to.have.members(['a', 'b', 'c']);
    expect(cycles.of('a')).to.deep.equal(['a', 'b', 'c', 'a']);
    expect(cycles.of('b')).to.deep.equal(['b', 'c', 'a', 'b']);
    expect(cycles.of('c')).to.deep.equal(['c', 'a', 'b', 'c']);
    expect(cycles.of('d')).to.equal(undefined);
  });

  it('are found and kept once, however many Jobs are on one', () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `job-${index}`);
    const graph = graphOf(
      Object.fromEntries(names.map((name, index) => [name, [names[(index + 1) % names.length] ?? '']])),
    );
    const cycles = new KnownCycles(graph);
    expect(cycles.search(graph.jobsOnCycles())).to.have.length(names.length);
    expect(cycles.size).to.equal(1);
    // Nothing has changed.
    expect(cycles.changed('job-7')).to.deep.equal([]);
    expect(cycles.size).to.equal(1);
    put(graph, 'job-7', []);
    expect(cycles.changed('job-7')).to.have.length(names.length);
    expect(cycles.size).to.equal(0);
  });

  it('are others for those whose cycle is broken and who are on another one too', () => {
    const graph = graphOf({ a: ['b'], b: ['a', 'c'], c: ['b'] });
    const cycles = new KnownCycles(graph);
    cycles.search(graph.jobsOnCycles());
    put(graph, 'a', []);
    expect(cycles.changed('a')).to.include('a');
    expect(cycles.of('a')).to.equal(undefined);
    expect(cycles.of('b')).to.deep.equal(['b', 'c', 'b']);
    expect(cycles.of('c')).to.deep.equal(['c', 'b', 'c']);
  });
});
