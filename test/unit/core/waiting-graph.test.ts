import { expect } from 'chai';
import fc from 'fast-check';
import { WaitingGraph, waitingJob, type WaitingJob } from '../../../src/core/waiting-graph.ts';
import { job } from '../../support/job-builder.ts';

function waits(name: string, upstreams: readonly string[], run?: string): WaitingJob {
  return { name, run, edges: upstreams.map((upstream) => ({ name: upstream })) };
}

function graphOf(...jobs: readonly WaitingJob[]): WaitingGraph {
  const graph = new WaitingGraph();
  for (const one of jobs) graph.set(one);
  return graph;
}

/** `a` waits for `b`, `b` for `c`, and so on; the last waits for `a` again. */
function ring(size: number): WaitingJob[] {
  return Array.from({ length: size }, (_, index) => waits(`job-${index}`, [`job-${(index + 1) % size}`]));
}

describe('the graph of waiting Jobs', () => {
  it('knows who waits for a Job, whether that Job exists or not', () => {
    const graph = graphOf(waits('b', ['a']), waits('c', ['a', 'b']));
    expect([...graph.dependentsOf('a')]).to.deep.equal(['b', 'c']);
    expect([...graph.dependentsOf('b')]).to.deep.equal(['c']);
    expect([...graph.dependentsOf('c')]).to.deep.equal([]);
    expect(graph.size).to.equal(2);
  });

  it('forgets the edges of a Job that is replaced or no longer waits', () => {
    const graph = graphOf(waits('b', ['a']));
    graph.set(waits('b', ['c']));
    expect([...graph.dependentsOf('a')]).to.deep.equal([]);
    expect([...graph.dependentsOf('c')]).to.deep.equal(['b']);
    graph.delete('b');
    graph.delete('never-there');
    expect([...graph.dependentsOf('c')]).to.deep.equal([]);
    expect(graph.get('b')).to.equal(undefined);
    expect(graph.size).to.equal(0);
  });

  it('finds an edge of a Job to itself, also before the Job is in it', () => {
    expect(new WaitingGraph().cycleThrough(waits('a', ['b', 'a']))).to.deep.equal(['a', 'a']);
  });

  for (const size of [2, 3, 50]) {
    it(`finds a cycle of ${size} Jobs at the Job that closes it, in whatever order they come`, () => {
      fc.assert(
        fc.property(fc.shuffledSubarray(ring(size), { minLength: size, maxLength: size }), (jobs) => {
          const graph = new WaitingGraph();
          for (const [index, one] of jobs.entries()) {
            const path = graph.cycleThrough(one);
            if (index < size - 1) expect(path).to.equal(undefined);
            else expect(path).to.have.length(size + 1);
            graph.set(one);
          }
        }),
        { numRuns: 50 },
      );
    });
  }

  it('names the path in the order of waiting, from the Job and back to it', () => {
    const graph = graphOf(waits('b', ['c']), waits('c', ['x', 'a']));
    expect(graph.cycleThrough(waits('a', ['b']))).to.deep.equal(['a', 'b', 'c', 'a']);
  });

  it('names a shortest path', () => {
    const graph = graphOf(waits('b', ['c', 'd']), waits('c', ['d']), waits('d', ['a']));
    expect(graph.cycleThrough(waits('a', ['c', 'b']))).to.deep.equal(['a', 'c', 'd', 'a']);
  });

  it('takes a diamond for no cycle', () => {
    const graph = graphOf(waits('d', ['b', 'c']), waits('b', ['a']), waits('c', ['a']));
    for (const name of ['a', 'b', 'c', 'd']) {
      expect(graph.cycleThrough(graph.get(name) ?? waits(name, []))).to.equal(undefined);
    }
    expect(graph.jobsOnCycles()).to.deep.equal([]);
  });

  it('looks through a cycle that the Job is not on', () => {
    const graph = graphOf(waits('b', ['c']), waits('c', ['b']), waits('d', ['a']));
    expect(graph.cycleThrough(waits('a', ['b']))).to.equal(undefined);
  });

  it('takes the Job as it is asked about, not as it was', () => {
    const graph = graphOf(waits('a', ['b']), waits('b', ['a']));
    expect(graph.cycleThrough(waits('a', []))).to.equal(undefined);
    expect(graph.cycleThrough(waits('a', ['c']))).to.equal(undefined);
    expect(graph.cycleThrough(waits('a', ['b']))).to.deep.equal(['a', 'b', 'a']);
  });

  it('lets a Job that waits for a run pass over Jobs of other runs', () => {
    const graph = graphOf(waits('b', ['a'], 'monday'));
    expect(graph.cycleThrough(waits('a', ['b'], 'tuesday'))).to.equal(undefined);
    expect(graph.cycleThrough(waits('a', ['b'], 'monday'))).to.deep.equal(['a', 'b', 'a']);
  });

  it('lets a Job without a run wait for Jobs of any run', () => {
    const graph = graphOf(waits('b', ['a']));
    expect(graph.cycleThrough(waits('a', ['b']))).to.not.equal(undefined);
    expect(graph.cycleThrough(waits('a', ['b'], 'monday'))).to.equal(undefined);
  });

  it('names all Jobs that share a cycle with one, over more than one cycle', () => {
    const graph = graphOf(waits('a', ['b']), waits('b', ['a', 'c']), waits('c', ['b']), waits('d', ['a']));
    expect(graph.sharingCyclesWith('a').sort()).to.deep.equal(['a', 'b', 'c']);
    expect(graph.sharingCyclesWith('d')).to.deep.equal([]);
    expect(graph.sharingCyclesWith('unknown')).to.deep.equal([]);
  });

  it('finds all Jobs on cycles in one pass, one that waits for itself too', () => {
    const graph = graphOf(
      ...ring(3),
      waits('self', ['self']),
      waits('after', ['job-0']),
      waits('before', []),
    );
    expect(graph.jobsOnCycles().sort()).to.deep.equal(['job-0', 'job-1', 'job-2', 'self']);
  });

  it('does not run out of stack on a chain or a ring of 20,000 Jobs', () => {
    const jobs = ring(20_000);
    const graph = graphOf(...jobs.slice(0, -1));
    expect(graph.jobsOnCycles()).to.deep.equal([]);
    const closing = jobs.at(-1) ?? waits('', []);
    expect(graph.cycleThrough(closing)).to.have.length(20_001);
    graph.set(closing);
    expect(graph.jobsOnCycles()).to.have.length(20_000);
  });

  it('is the same after a Job has come and gone', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const some = fc.array(fc.tuple(name, fc.uniqueArray(name)), { maxLength: 12 });
    fc.assert(
      fc.property(some, (changes) => {
        const graph = new WaitingGraph();
        const kept = new Map<string, readonly string[]>();
        for (const [one, upstreams] of changes) {
          // No edges stands for a Job that goes.
          if (upstreams.length === 0) graph.delete(one);
          else graph.set(waits(one, upstreams));
          if (upstreams.length === 0) kept.delete(one);
          else kept.set(one, upstreams);
        }
        const fresh = graphOf(...[...kept].map(([one, upstreams]) => waits(one, upstreams)));
        expect(graph.size).to.equal(fresh.size);
        expect(graph.jobsOnCycles().sort()).to.deep.equal(fresh.jobsOnCycles().sort());
        for (const one of ['a', 'b', 'c', 'd', 'e']) {
          expect([...graph.dependentsOf(one)].sort()).to.deep.equal([...fresh.dependentsOf(one)].sort());
        }
      }),
    );
  });
});

describe('a waiting Job in the graph', () => {
  it('has the edges that still hold it up', () => {
    const record = job('d')
      .dependsOn('a, b=Failed, c')
      .annotated('run', 'monday')
      .annotated('outcomes', '{"a":["a-1","Complete"],"b":["b-1","Complete"]}')
      .record();
    expect(waitingJob(record)).to.deep.equal({
      name: 'd',
      run: 'monday',
      edges: [
        { name: 'b', wants: 'Failed' },
        { name: 'c', wants: 'Complete' },
      ],
    });
  });

  it('without annotations has none', () => {
    expect(waitingJob(job('a').record())).to.deep.equal({ name: 'a', run: undefined, edges: [] });
  });
});
