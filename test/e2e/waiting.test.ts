import { expect } from 'chai';
import { USER_ANNOTATIONS } from '../../src/api/names.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import type { Cluster, Jobflow } from '../support/cluster.ts';
import { whileControllerIsDown } from './support/controller-down.ts';
import { job } from './support/job-manifest.ts';
import { observedNamespace } from './support/observed-namespace.ts';

describe('Jobs that wait', () => {
  let cluster: Cluster;
  let jobflow: Jobflow;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    jobflow = await sharedJobflow();
    cluster = await sharedCluster();
  });

  it('a held Job starts once it is approved, however often its file is applied', async () => {
    const place = await observedNamespace(cluster);
    const files = [
      job('held').dependsOn('a').annotated('hold', 'true'),
      job('only-held').annotated('hold', 'true'),
    ];
    const names = files.map(({ name }) => name);
    await place.apply([job('a'), ...files]);
    for (const name of names) await place.untilEvent(name, 'Held');
    await place.apply(files);
    // Once a later Job has come through its gate, the held ones have had their turn as well.
    await place.apply(job('later').dependsOn('a'));
    await place.outcomes(['later']);
    place.expectNeverStarted(...names);

    await place.kubectl(['annotate', 'job', ...names, `${USER_ANNOTATIONS.approved}=by-me`]);
    await place.apply(files);
    expect(await place.outcomes(names)).to.deep.equal({ held: 'Complete', 'only-held': 'Complete' });
    await place.apply(files);
    for (const name of names) {
      const { now, pods } = place.life(name);
      expect(now.metadata.annotations).to.include({ [USER_ANNOTATIONS.approved]: 'by-me' });
      expect(pods).to.have.lengthOf(1);
    }
  });

  it('an approval given before the dependencies are met does not open the gate by itself', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([job('held').dependsOn('a').annotated('hold', 'true'), job('a').lasts('2s')]);
    await place.kubectl(['annotate', 'job', 'held', `${USER_ANNOTATIONS.approved}=`]);
    expect(await place.outcomes(['a', 'held'])).to.deep.equal({ a: 'Complete', held: 'Complete' });
    place.expectStartedAfter('held', 'a');
  });

  it('a Job whose depends-on was removed while the controller was down starts when it is back', async () => {
    const place = await observedNamespace(cluster);
    const file = job('b').dependsOn('never');
    await place.apply([file, job('c').dependsOn('never, a')]);
    await whileControllerIsDown(jobflow, async () => {
      // One by hand, one by applying the file without the line.
      await place.kubectl(['annotate', 'job', 'b', `${USER_ANNOTATIONS.dependsOn}-`]);
      await place.apply(job('c'));
      await place.observer.untilCaughtUp();
      place.expectNeverStarted('b', 'c');
    });
    expect(await place.outcomes(['b', 'c'])).to.deep.equal({ b: 'Complete', c: 'Complete' });
  });

  it('a dependent edited while it waits follows the edit', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([
      job('slow').lasts('10m'),
      job('fewer').dependsOn('slow, quick'),
      job('more').dependsOn('quick'),
      job('held').dependsOn('quick'),
      job('hurried').dependsOn('slow'),
      job('wider').dependsOn('quick').spec({ completions: 2 }),
    ]);
    await place.apply([
      job('fewer').dependsOn('quick'),
      job('more').dependsOn('quick, slow'),
      job('held').dependsOn('quick').annotated('hold', 'true'),
      job('hurried').dependsOn('slow').annotated('waitTimeout', '1s'),
      job('wider').dependsOn('quick').spec({ completions: 2, parallelism: 2 }).lasts('1s'),
    ]);
    await place.apply(job('quick'));
    expect(await place.outcomes(['quick', 'fewer', 'hurried', 'wider'])).to.deep.equal({
      quick: 'Complete',
      fewer: 'Complete',
      hurried: 'Failed',
      wider: 'Complete',
    });
    place.expectStartedAfter('fewer', 'quick');
    place.expectNeverStarted('more', 'held', 'hurried');
    expect(place.life('hurried').ending?.reason).to.equal('DependencyTimeout');
    expect(place.life('wider').now.spec).to.include({ parallelism: 2, completions: 2 });
    expect(place.life('wider').pods).to.have.lengthOf(2);
  });

  it('Jobs of the same names in two namespaces know nothing of each other', async () => {
    const [quick, slow] = await Promise.all([observedNamespace(cluster), observedNamespace(cluster)]);
    const dependents = [job('b').dependsOn('a'), job('c').dependsOn('b')];
    await slow.apply([job('a').lasts('10m'), ...dependents]);
    await quick.apply([job('a').fails(), ...dependents]);
    expect(await quick.outcomes(['a', 'b', 'c'])).to.deep.equal({ a: 'Failed', b: 'Failed', c: 'Failed' });
    slow.expectNeverStarted('b', 'c');
    expect(slow.life('b').outcome).to.equal(undefined);
    await slow.kubectl(['delete', 'job', 'a']);
    await slow.apply(job('a'));
    expect(await slow.outcomes(['a', 'b', 'c'])).to.deep.equal({
      a: 'Complete',
      b: 'Complete',
      c: 'Complete',
    });
  });

  it('kubectl describe tells what became of a gate', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([
      job('slow').lasts('5s'),
      job('bad').fails(),
      job('good'),
      job('released').dependsOn('slow'),
      job('failed').dependsOn('bad'),
      job('skipped').dependsOn('good=Failed'),
      job('late').dependsOn('never').annotated('waitTimeout', '2s'),
      job('held').annotated('hold', 'true'),
    ]);
    const told = [
      ['released', 'Normal', 'Waiting', /"slow" has not ended/],
      ['released', 'Normal', 'Released', /every dependency is met/i],
      ['failed', 'Warning', 'DependencyFailed', /"bad" failed/],
      ['skipped', 'Normal', 'Skipped', /"good" completed, but this Job waits for "good=Failed"/],
      ['late', 'Warning', 'DependencyTimeout', /"never" does not exist/],
      ['held', 'Normal', 'Held', /approved/],
    ] as const;
    // Kubernetes' own Job controller tells of native failures, with our reason and message.
    for (const [name, type, reason, message] of told) {
      expect(await place.untilEvent(name, reason)).to.match(message);
      const { stdout } = await place.kubectl(['describe', 'job', name]);
      expect(stdout).to.match(
        new RegExp(`${type} +${reason} +\\S+ +job(flow)?-controller +.*${message.source}`, 'i'),
      );
    }
  });
});
