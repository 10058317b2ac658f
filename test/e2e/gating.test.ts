import { expect } from 'chai';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import type { Cluster } from '../support/cluster.ts';
import { job } from './support/job-manifest.ts';
import { observedNamespace } from './support/observed-namespace.ts';

/** For 200 Jobs on a machine that is busy with other things. */
const MANY_LIMIT_MS = 150_000;
const MANY = Array.from({ length: 200 }, (_, index) => `part-${index + 1}`);

describe('gates of annotated Jobs', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    cluster = await sharedCluster();
  });

  it('Jobs of a chain run one after the other', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([
      job('a').lasts('1s'),
      job('b').dependsOn('a'),
      job('c').dependsOn('b'),
      job('d').dependsOn('c'),
    ]);
    expect(await place.outcomes(['a', 'b', 'c', 'd'])).to.deep.equal({
      a: 'Complete',
      b: 'Complete',
      c: 'Complete',
      d: 'Complete',
    });
    place.expectStartedAfter('b', 'a');
    place.expectStartedAfter('c', 'b');
    place.expectStartedAfter('d', 'c');
  });

  it('200 Jobs wait for one', async function () {
    this.timeout(2 * MANY_LIMIT_MS);
    const place = await observedNamespace(cluster);
    await place.apply([job('first').lasts('2s'), ...MANY.map((name) => job(name).dependsOn('first'))]);
    const outcomes = await place.outcomes(['first', ...MANY], MANY_LIMIT_MS);
    expect(new Set(Object.values(outcomes))).to.deep.equal(new Set(['Complete']));
    for (const name of MANY) place.expectStartedAfter(name, 'first');
  });

  it('one Job waits for 200', async function () {
    this.timeout(2 * MANY_LIMIT_MS);
    const place = await observedNamespace(cluster);
    await place.apply([job('last').dependsOn(MANY.join(', ')), ...MANY.map((name) => job(name))]);
    const outcomes = await place.outcomes(['last', ...MANY], MANY_LIMIT_MS);
    expect(new Set(Object.values(outcomes))).to.deep.equal(new Set(['Complete']));
    place.expectStartedAfter('last', ...MANY);
  });

  it('in a diamond the two sides run at the same time, and the last Job after both', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([
      job('top'),
      job('left').dependsOn('top').lasts('1s'),
      job('right').dependsOn('top').lasts('1s'),
      job('bottom').dependsOn('left\nright'),
    ]);
    await place.outcomes(['bottom']);
    place.expectStartedAfter('left', 'top');
    place.expectStartedAfter('right', 'top');
    place.expectStartedAfter('bottom', 'left', 'right');
    const [left, right] = [place.life('left'), place.life('right')];
    expect(left.pods[0]?.createdAt).to.be.lessThan(right.endedAt);
    expect(right.pods[0]?.createdAt).to.be.lessThan(left.endedAt);
  });

  it('Jobs applied long before their upstream wait for it to be created', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([job('c').dependsOn('b'), job('b').dependsOn('a')]);
    expect(await place.untilEvent('b', 'Waiting')).to.contain('"a"');
    place.expectNeverStarted('b', 'c');
    await place.apply(job('a'));
    expect(await place.outcomes(['a', 'b', 'c'])).to.deep.equal({
      a: 'Complete',
      b: 'Complete',
      c: 'Complete',
    });
    place.expectStartedAfter('b', 'a');
    place.expectStartedAfter('c', 'b');
  });

  it('=Failed runs after a failure, and is skipped when its upstream completes', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([
      job('bad').fails(),
      job('clean-up').dependsOn('bad=Failed'),
      job('good'),
      job('not-needed').dependsOn('good=Failed'),
    ]);
    expect(await place.outcomes(['bad', 'clean-up', 'good', 'not-needed'])).to.deep.equal({
      bad: 'Failed',
      'clean-up': 'Complete',
      good: 'Complete',
      'not-needed': 'Skipped',
    });
    place.expectStartedAfter('clean-up', 'bad');
    place.expectNeverStarted('not-needed');
  });

  it('=NotFailed joins branches of which one was skipped, and fails after a failure', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([
      job('check'),
      job('when-ok').dependsOn('check'),
      job('when-bad').dependsOn('check=Failed'),
      job('join').dependsOn('when-ok=NotFailed, when-bad=NotFailed'),
      job('broken').fails(),
      job('after-broken').dependsOn('broken=NotFailed'),
    ]);
    expect(await place.outcomes(['when-ok', 'when-bad', 'join', 'after-broken'])).to.deep.equal({
      'when-ok': 'Complete',
      'when-bad': 'Skipped',
      join: 'Complete',
      'after-broken': 'Failed',
    });
    place.expectStartedAfter('join', 'when-ok', 'when-bad');
    place.expectNeverStarted('when-bad', 'after-broken');
  });

  it('=Finished runs after a completed, a failed and a skipped upstream', async () => {
    const place = await observedNamespace(cluster);
    const upstreams = ['good', 'bad', 'skipped'];
    await place.apply([
      job('good').lasts('1s'),
      job('bad').fails(),
      job('skipped').dependsOn('good=Failed'),
      ...upstreams.map((name) => job(`after-${name}`).dependsOn(`${name}=Finished`)),
      job('after-all').dependsOn(upstreams.map((name) => `${name}=Finished`).join()),
    ]);
    expect(await place.outcomes([...upstreams, 'after-all'])).to.deep.equal({
      good: 'Complete',
      bad: 'Failed',
      skipped: 'Skipped',
      'after-all': 'Complete',
    });
    await place.outcomes(upstreams.map((name) => `after-${name}`));
    for (const name of upstreams) place.expectStartedAfter(`after-${name}`, name);
    place.expectStartedAfter('after-all', ...upstreams);
  });

  it('a finished Job of another run does not open the gate', async () => {
    const place = await observedNamespace(cluster);
    const yesterday = job('extract').annotated('run', 'monday');
    await place.apply([yesterday, job('ordinary')]);
    await place.outcomes(['extract', 'ordinary']);
    await place.apply([
      job('load').dependsOn('extract').annotated('run', 'tuesday'),
      job('load-2').dependsOn('ordinary').annotated('run', 'tuesday'),
      job('careless').dependsOn('extract'),
    ]);
    // Whoever names no run takes what is there; by then the others have been decided on too.
    expect(await place.outcomes(['careless'])).to.deep.equal({ careless: 'Complete' });
    expect(await place.untilEvent('load', 'Waiting')).to.contain('run "monday"');
    expect(await place.untilEvent('load-2', 'Waiting')).to.contain('no run');
    place.expectNeverStarted('load', 'load-2');
    await place.kubectl(['delete', 'job', 'extract', 'ordinary']);
    await place.apply([
      job('extract').annotated('run', 'tuesday'),
      job('ordinary').annotated('run', 'tuesday'),
    ]);
    expect(await place.outcomes(['load', 'load-2'])).to.deep.equal({
      load: 'Complete',
      'load-2': 'Complete',
    });
    place.expectStartedAfter('load', 'extract');
    place.expectStartedAfter('load-2', 'ordinary');
  });

  it('a Job fails natively when its wait-timeout has passed, held or not', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([
      job('slow').lasts('10m'),
      job('impatient').dependsOn('slow').annotated('waitTimeout', '3s'),
      job('held').annotated('hold', 'true').annotated('waitTimeout', '3s'),
      job('patient').dependsOn('slow').annotated('waitTimeout', '1h'),
    ]);
    expect(await place.outcomes(['impatient', 'held'])).to.deep.equal({
      impatient: 'Failed',
      held: 'Failed',
    });
    for (const name of ['impatient', 'held']) {
      expect(place.life(name).ending?.reason).to.equal('DependencyTimeout');
      expect(await place.untilEvent(name, 'DependencyTimeout')).to.contain('3 s');
    }
    expect(place.life('impatient').ending?.message).to.contain('"slow"');
    expect(place.life('patient').outcome).to.equal(undefined);
    place.expectNeverStarted('impatient', 'held', 'patient');
  });

  it('a failure fails three levels of dependents without a pod, as kubectl wait sees', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([
      job('one').dependsOn('root'),
      job('two').dependsOn('one'),
      job('three').dependsOn('two, other'),
      job('other').lasts('10m'),
    ]);
    const waits = ['one', 'two', 'three'].map((name) =>
      place.kubectl(['wait', '--for=condition=failed', '--timeout=60s', `job/${name}`]),
    );
    await place.apply(job('root').fails());
    // One failed upstream is enough: nobody waits for "other".
    for (const { stdout } of await Promise.all(waits)) expect(stdout).to.contain('condition met');
    await place.outcomes(['root', 'one', 'two', 'three']);
    for (const name of ['one', 'two', 'three'])
      expect(place.life(name).ending?.reason).to.equal('DependencyFailed');
    expect(place.life('three').ending?.message).to.contain('"two" failed');
    place.expectNeverStarted('one', 'two', 'three');
  });

  it('skipping goes through three levels without a pod, as kubectl wait sees', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([
      job('one').dependsOn('root=Failed'),
      job('two').dependsOn('one'),
      job('three').dependsOn('two'),
    ]);
    const waits = ['one', 'two', 'three'].map((name) =>
      place.kubectl(['wait', '--for=condition=complete', '--timeout=60s', `job/${name}`]),
    );
    await place.apply(job('root'));
    for (const { stdout } of await Promise.all(waits)) expect(stdout).to.contain('condition met');
    expect(await place.outcomes(['root', 'one', 'two', 'three'])).to.deep.equal({
      root: 'Complete',
      one: 'Skipped',
      two: 'Skipped',
      three: 'Skipped',
    });
    expect(place.life('three').ending?.message).to.contain('"two" was skipped');
    place.expectNeverStarted('one', 'two', 'three');
  });
});
