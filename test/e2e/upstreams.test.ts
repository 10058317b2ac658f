import { expect } from 'chai';
import type { JobObject } from '../../src/api/job.ts';
import { KEEP_OUTCOME_FINALIZER, OWN_ANNOTATIONS } from '../../src/api/names.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import type { Cluster, Jobflow } from '../support/cluster.ts';
import { whileControllerIsDown } from './support/controller-down.ts';
import { job } from './support/job-manifest.ts';
import type { JobManifest } from './support/job-manifest.ts';
import { observedNamespace } from './support/observed-namespace.ts';
import type { ObservedNamespace } from './support/observed-namespace.ts';

describe('upstreams that go away and come back', () => {
  let cluster: Cluster;
  let jobflow: Jobflow;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    jobflow = await sharedJobflow();
    cluster = await sharedCluster();
  });

  it('an upstream deleted before it runs is waited for until it is applied again', async () => {
    const place = await observedNamespace(cluster);
    const upstream = job('a').dependsOn('root');
    await place.apply([upstream, job('b').dependsOn('a')]);
    await place.kubectl(['delete', 'job', 'a']);
    await place.untilGone('a');
    expect(await place.untilEvent('b', 'Waiting')).to.contain('"a" does not exist');
    await place.apply([upstream, job('root')]);
    expect(await place.outcomes(['root', 'a', 'b'])).to.deep.equal({
      root: 'Complete',
      a: 'Complete',
      b: 'Complete',
    });
    place.expectStartedAfter('b', 'a');
  });

  it('an upstream deleted while it runs is waited for until it is applied again', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([job('a').lasts('10m'), job('b').dependsOn('a'), job('c').dependsOn('a=Finished')]);
    await place.untilStarted('a');
    await place.kubectl(['delete', 'job', 'a']);
    const first = await place.untilGone('a');
    expect(first.outcome).to.equal(undefined);
    await place.apply(job('a').lasts('1s'));
    expect(await place.outcomes(['a', 'b', 'c'])).to.deep.equal({
      a: 'Complete',
      b: 'Complete',
      c: 'Complete',
    });
    place.expectStartedAfter('b', 'a');
    place.expectStartedAfter('c', 'a');
  });

  it('the outcome of an upstream deleted after it ran still counts', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([
      job('a'),
      job('bad').fails(),
      job('b').dependsOn('a, last'),
      job('c').dependsOn('bad=Failed, last'),
      job('d').dependsOn('a=Failed, last'),
    ]);
    await place.outcomes(['a', 'bad']);
    await place.kubectl(['delete', 'job', 'a', 'bad']);
    for (const name of ['b', 'c', 'd']) {
      await place.untilJob(name, 'to have the outcome in writing', ({ now }) => hasOutcomesInWriting(now));
    }
    await place.apply(job('last'));
    expect(await place.outcomes(['b', 'c', 'd'])).to.deep.equal({
      b: 'Complete',
      c: 'Complete',
      d: 'Skipped',
    });
  });

  it('an outcome that nobody saw is said to be unknown, and a new upstream counts', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([job('a').lasts('1s'), job('b').dependsOn('a')]);
    await whileControllerIsDown(jobflow, async () => {
      await place.outcomes(['a']);
      await place.kubectl(['delete', 'job', 'a']);
      await place.untilGone('a');
    });
    expect(await place.untilEvent('b', 'Waiting')).to.contain('gone with its outcome unknown');
    place.expectNeverStarted('b');
    await place.apply(job('a'));
    expect(await place.outcomes(['a', 'b'])).to.deep.equal({ a: 'Complete', b: 'Complete' });
    place.expectStartedAfter('b', 'a');
  });

  it('an annotated upstream with a TTL of 0 keeps its outcome while the controller is down', async () => {
    const place = await observedNamespace(cluster);
    const vanishing = (name: string): JobManifest =>
      job(name).annotated('run', 'today').spec({ ttlSecondsAfterFinished: 0 });
    const upstreams = ['good', 'bad', 'unneeded'];
    await whileControllerIsDown(jobflow, async () => {
      await place.apply([
        vanishing('good'),
        vanishing('bad').fails(),
        vanishing('unneeded'),
        job('after-good').dependsOn('good'),
        job('after-bad').dependsOn('bad'),
        job('clean-up').dependsOn('bad=Failed, good=Finished'),
      ]);
      for (const name of upstreams) {
        await place.untilJob(name, 'to be in deletion', ({ now }) => Boolean(now.metadata.deletionTimestamp));
        expect(place.life(name)).to.include({ isGone: false });
      }
    });
    expect(await place.outcomes(['after-good', 'after-bad', 'clean-up'])).to.deep.equal({
      'after-good': 'Complete',
      'after-bad': 'Failed',
      'clean-up': 'Complete',
    });
    for (const name of upstreams) await place.untilGone(name);
    place.expectNeverStarted('after-bad');
  });

  it('an unannotated upstream with a TTL of 0 keeps its outcome while the controller is up', async () => {
    const place = await observedNamespace(cluster);
    const vanishing = { ttlSecondsAfterFinished: 0 };
    await place.apply([
      job('soon').dependsOn('a'),
      job('later').dependsOn('a, last'),
      job('after-bad').dependsOn('bad'),
      job('a').lasts('3s').spec(vanishing),
      job('bad').lasts('3s').fails().spec(vanishing),
      job('alone').spec(vanishing),
    ]);
    await place.untilGone('alone');
    expect(await place.outcomes(['soon', 'after-bad'])).to.deep.equal({
      soon: 'Complete',
      'after-bad': 'Failed',
    });
    const upstream = await place.untilGone('a');
    await place.untilGone('bad');
    expect(upstream.outcome).to.equal('Complete');
    const hadFinalizer = (name: string): boolean =>
      place.observer.versions(name).some(({ job: { metadata } }) => hasFinalizer(metadata));
    expect(['a', 'bad', 'alone'].filter(hadFinalizer)).to.deep.equal(['a', 'bad']);
    await place.apply(job('last'));
    expect(await place.outcomes(['later'])).to.deep.equal({ later: 'Complete' });
  });

  it('an upstream re-created under the same name is waited for, unless the first one opened the edge', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([
      job('a').lasts('10m'),
      job('b').dependsOn('a'),
      job('done'),
      job('c').dependsOn('done, last'),
    ]);
    await place.untilStarted('a');
    await place.outcomes(['done']);
    await replace(place, job('a').lasts('1s'));
    await replace(place, job('done').fails());
    expect(await place.outcomes(['a', 'b', 'done'])).to.deep.equal({
      a: 'Complete',
      b: 'Complete',
      done: 'Failed',
    });
    place.expectStartedAfter('b', 'a');
    await place.apply(job('last'));
    expect(await place.outcomes(['c'])).to.deep.equal({ c: 'Complete' });
  });

  it('a finished chain re-created one by one runs again from its own beginning', async () => {
    const place = await observedNamespace(cluster);
    const chain = [job('a').lasts('4s'), job('b').dependsOn('a').lasts('1s'), job('c').dependsOn('b')];
    await place.apply(chain);
    await place.outcomes(['a', 'b', 'c']);
    for (const one of chain) await replace(place, one);
    expect(await place.outcomes(['a', 'b', 'c'])).to.deep.equal({
      a: 'Complete',
      b: 'Complete',
      c: 'Complete',
    });
    place.expectStartedAfter('b', 'a');
    place.expectStartedAfter('c', 'b');
  });

  it('with on-unmet-dependency: Wait the outcome of a new upstream counts', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([
      job('a').fails(),
      job('patient').dependsOn('a').annotated('onUnmetDependency', 'Wait'),
      job('impatient').dependsOn('a'),
    ]);
    expect(await place.outcomes(['a', 'impatient'])).to.deep.equal({ a: 'Failed', impatient: 'Failed' });
    expect(await place.untilEvent('patient', 'Waiting')).to.contain('ended as Failed');
    await place.kubectl(['delete', 'job', 'a']);
    await place.untilJob('patient', 'to have the outcome in writing', ({ now }) => hasOutcomesInWriting(now));
    await place.apply(job('a').lasts('1s'));
    expect(await place.outcomes(['a', 'patient'])).to.deep.equal({ a: 'Complete', patient: 'Complete' });
    place.expectStartedAfter('patient', 'a');
  });
});

async function replace(place: ObservedNamespace, manifest: JobManifest): Promise<void> {
  await place.kubectl(['replace', '--force', '-f', '-'], { input: JSON.stringify(manifest) });
  await place.observer.until('the new Job to be seen', () => place.lives(manifest.name).length === 2);
}

function hasFinalizer({ finalizers }: JobObject['metadata']): boolean {
  return finalizers?.includes(KEEP_OUTCOME_FINALIZER) === true;
}

function hasOutcomesInWriting({ metadata }: JobObject): boolean {
  return metadata.annotations?.[OWN_ANNOTATIONS.outcomes] !== undefined;
}
