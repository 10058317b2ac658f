import { expect } from 'chai';
import type { Cluster } from '../support/cluster.ts';
import {
  freshNamespace,
  sharedCluster,
  sharedJobflow,
  STARTING_LIMIT_MS,
} from '../support/cluster/fixture.ts';
import { exampleFiles } from './support/manifest-file.ts';
import { job, type JobManifest } from './support/job-manifest.ts';
import { observeNamespace } from './support/namespace-observer.ts';
import { listJobs, stillLife } from './support/stages-of-life.ts';

describe('a cycle of Jobs that are applied one by one', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
  });

  for (const { size, order, indexes } of [
    { size: 1, order: 'as it is', indexes: [0] },
    { size: 2, order: 'dependents first', indexes: [0, 1] },
    { size: 2, order: 'upstreams first', indexes: [1, 0] },
    ...permutations([0, 1, 2]).map((indexes) => ({
      size: 3,
      order: `in the order ${indexes.join()}`,
      indexes,
    })),
    { size: 50, order: 'dependents first', indexes: range(50) },
    { size: 50, order: 'upstreams first', indexes: range(50).reverse() },
    { size: 50, order: 'shuffled', indexes: range(50).map((index) => (index * 17 + 5) % 50) },
    {
      size: 50,
      order: 'every other one first',
      indexes: [...range(50).filter(isEven), ...range(50).filter(isOdd)],
    },
  ]) {
    it(`is refused with its path: ${size} Jobs, ${order}`, async () => {
      const namespace = await freshNamespace(cluster, 'cycle');
      const ring = ringOf(size);
      const manifests = indexes.flatMap((index) => ring[index] ?? []);
      const closing = manifests.at(-1)?.name ?? '';
      const { code, stderr, stdout } = await cluster.apply(manifests, { namespace, allowFailure: true });
      expect(code).to.equal(1);
      expect(stdout.trim().split('\n').filter(Boolean)).to.have.length(size - 1);
      if (size === 1) expect(stderr).to.include(`Job "${closing}" depends on itself`);
      else expect(pathIn(stderr)).to.deep.equal(pathFrom(closing, size));
      // The others wait, as they did.
      const jobs = await listJobs(cluster, namespace);
      expect(jobs.map(({ metadata }) => metadata.name)).to.have.members(
        manifests.map(({ name }) => name).filter((name) => name !== closing),
      );
      expect(
        jobs.every(({ spec, metadata }) => spec?.suspend === true && metadata.generation === 1),
      ).to.equal(true);
    });
  }

  it('is refused in an edit, and the Jobs still wait; with the edge removed they run', async () => {
    const namespace = await freshNamespace(cluster, 'cycle');
    const observer = await observeNamespace(cluster, namespace);
    try {
      await cluster.apply(
        [job('a').annotated('hold', 'true'), job('b').dependsOn('a'), job('c').dependsOn('b')],
        {
          namespace,
        },
      );
      const before = await stillLife(cluster, namespace);
      const edit = job('a').annotated('hold', 'true').dependsOn('x, c=Finished');
      for (const serverSide of [false, true]) {
        const { code, stderr } = await cluster.apply(edit, { namespace, serverSide, allowFailure: true });
        expect(code).to.equal(1);
        expect(pathIn(stderr)).to.deep.equal(['a', 'c', 'b', 'a']);
      }
      expect(await stillLife(cluster, namespace)).to.deep.equal(before);
      await cluster.apply(job('a').annotated('hold', 'true').annotated('approved', 'yes'), { namespace });
      await observer.untilOutcomes({ a: 'Complete', b: 'Complete', c: 'Complete' });
    } finally {
      await observer.stop();
    }
  });

  it('is not made of what was only tried by a dry run', async () => {
    const namespace = await freshNamespace(cluster, 'cycle');
    const tried = await cluster.kubectl(['create', '--dry-run=server', '-n', namespace, '-f', '-'], {
      input: JSON.stringify(job('a').dependsOn('b')),
    });
    expect(tried.stdout).to.include('job.batch/a created (server dry run)');
    await cluster.apply(job('b').dependsOn('a'), { namespace });
    expect(await stillLife(cluster, namespace)).to.have.all.keys('b');
  });

  it('does not count Jobs that have ended, or that another run is about', async () => {
    const namespace = await freshNamespace(cluster, 'cycle');
    const observer = await observeNamespace(cluster, namespace);
    try {
      await cluster.apply([job('first'), job('second').dependsOn('first')], { namespace });
      await observer.untilOutcomes({ first: 'Complete', second: 'Complete' });
      await cluster.kubectl(['delete', 'job', 'first', '-n', namespace]);
      await cluster.apply(job('first').dependsOn('second'), { namespace });
      await observer.untilOutcomes({ first: 'Complete' });
      await cluster.apply(
        [
          job('today').dependsOn('other').annotated('run', 'today'),
          job('other').dependsOn('today').annotated('run', 'tomorrow'),
        ],
        { namespace },
      );
    } finally {
      await observer.stop();
    }
  });

  it('is the example that is refused on purpose', async () => {
    const namespace = await freshNamespace(cluster, 'cycle');
    const file = (await exampleFiles()).find(({ name }) => name === 'cycle.yaml');
    const { code, stderr } = await cluster.apply(file?.text ?? '', { namespace, allowFailure: true });
    expect(code).to.equal(1);
    expect(pathIn(stderr)).to.deep.equal(['cycle-3', 'cycle-1', 'cycle-2', 'cycle-3']);
    expect(await listJobs(cluster, namespace)).to.have.length(2);
  });
});

/** `job-0` waits for `job-1`, and so on, and the last one for the first. */
function ringOf(size: number): JobManifest[] {
  return range(size).map((index) => job(`job-${index}`).dependsOn(`job-${(index + 1) % size}`));
}

function pathFrom(name: string, size: number): string[] {
  const start = Number(name.slice('job-'.length));
  return range(size + 1).map((step) => `job-${(start + step) % size}`);
}

/** The names in `…, a → b → a; …`. */
function pathIn(message: string): string[] {
  return (/form a cycle, (.+?);/.exec(message)?.[1] ?? '').split(' → ');
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

function isEven(index: number): boolean {
  return index % 2 === 0;
}

function isOdd(index: number): boolean {
  return index % 2 === 1;
}

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) =>
    permutations(items.filter((item) => item !== first)).map((rest) => [first, ...rest]),
  );
}
