import { expect } from 'chai';
import type { Cluster } from '../support/cluster.ts';
import { STARTING_LIMIT_MS, sharedCluster, sharedJobflow } from '../support/cluster/fixture.ts';
import { mostAtOnce } from './support/at-once.ts';
import { flow, type FlowManifest } from './support/flow-manifest.ts';
import { flowPlace } from './support/flow-place.ts';
import { job } from './support/job-manifest.ts';

describe('what limits a JobFlow', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    cluster = await sharedCluster();
  });

  it('maxConcurrentJobs: 5 is reached and never exceeded', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    const limited = flow('narrow').spec({ maxConcurrentJobs: 5 });
    for (let index = 1; index <= 15; index += 1) limited.runs(job(`first-${index}`).lasts('500ms'));
    for (let index = 1; index <= 10; index += 1) limited.runs(job(`next-${index}`), `first-${index}`);
    await jobs.apply(limited);
    await flows.untilState('narrow', 'Succeed');
    const lives = limited.jobNames().flatMap((name) => jobs.lives(name));
    expect(lives).to.have.length(25);
    expect(mostAtOnce(lives)).to.equal(5);
  });

  it('a flow that is suspended starts nothing, lets what runs go on, and goes on when it is resumed', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    const paused = flow('paused').spec({ suspend: true }).runs(job('a').lasts('2s')).runs(job('b'), 'a');
    await jobs.apply(paused);
    await flows.until('paused', 'to be suspended', () => flows.reason('paused', 'Suspended') !== undefined);
    await jobs.untilJob('paused-b', 'to be made', () => true);
    expect(flows.status('paused')).to.include({ state: 'Pending', message: 'suspended; 0 of 2 ended' });
    expect(await jobs.untilEvent('paused-a', 'Waiting')).to.contain('JobFlow "paused"');
    jobs.expectNeverStarted('paused-a', 'paused-b');

    const suspend = async (value: boolean): Promise<void> => {
      const patch = JSON.stringify({ spec: { suspend: value } });
      await jobs.kubectl(['patch', 'jf', 'paused', '--type=merge', '-p', patch]);
    };
    await suspend(false);
    const running = await jobs.untilStarted('paused-a');
    await suspend(true);
    const ended = await jobs.untilJob('paused-a', 'to complete', ({ outcome }) => outcome === 'Complete');
    expect(ended.pods).to.have.length(running.pods.length);
    await flows.until(
      'paused',
      'to note the end of a',
      ({ message }) => message === 'suspended; 1 of 2 ended',
    );
    jobs.expectNeverStarted('paused-b');
    await suspend(false);
    await flows.untilState('paused', 'Succeed');
    expect(flows.reason('paused', 'Suspended')).to.equal(undefined);
  });

  it('activeDeadlineSeconds ends what runs and what waits, and the flow is Failed for it', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(
      flow('late')
        .spec({ activeDeadlineSeconds: 2 })
        .runs(job('quick'))
        .runs(job('long').lasts('1h'))
        .runs(job('next'), 'long'),
    );
    await flows.untilState('late', 'Failed');
    expect(flows.reason('late', 'Failed')).to.equal('DeadlineExceeded');
    expect(flows.states('late')).to.deep.equal({ quick: 'Succeed', long: 'Failed', next: 'Failed' });
    for (const name of ['late-long', 'late-next']) {
      expect(jobs.life(name).ending?.reason, name).to.equal('DeadlineExceeded');
    }
    jobs.expectNeverStarted('late-next');
    expect(await jobs.untilEvent('late', 'Failed')).to.contain('activeDeadlineSeconds of 2');
  });

  it('ttlSecondsAfterFinished deletes the flow and its Jobs, once nobody needs its outcome', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply([
      job('after').dependsOn('jobflow/brief, gate'),
      flow('brief')
        .spec({ ttlSecondsAfterFinished: 1 })
        .runs(job('only').spec({ ttlSecondsAfterFinished: 0 })),
    ]);
    await flows.untilGone('brief');
    await jobs.untilGone('brief-only');
    jobs.expectNeverStarted('after');
    await jobs.apply(job('gate'));
    expect(await jobs.outcomes(['after'])).to.deep.equal({ after: 'Complete' });
  });

  it('a Job that goes away by its own TTL stays in the status of its flow', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(
      flow('fading')
        .runs(job('a').spec({ ttlSecondsAfterFinished: 0 }))
        .runs(job('b').lasts('3s'), 'a')
        .runs(job('c'), 'a', 'b'),
    );
    await jobs.untilGone('fading-a');
    await flows.untilState('fading', 'Succeed');
    expect(jobs.lives('fading-a')).to.have.length(1);
    expect(flows.states('fading')).to.deep.equal({ a: 'Succeed', b: 'Succeed', c: 'Succeed' });
  });

  it('Jobs that are deleted right after their end, before the status tells of it, are not run again', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    const names = Array.from({ length: 12 }, (_, index) => `e${index}`);
    const swept = names
      .reduce((whole, name) => whole.runs(job(name)), flow('swept'))
      .runs(job('last'), ...names);
    await jobs.apply(swept);
    const sweep = async (name: string): Promise<void> => {
      await jobs.outcomes([name]);
      const path = `/apis/batch/v1/namespaces/${jobs.name}/jobs/${name}?propagationPolicy=Background`;
      await cluster.api.demand('DELETE', path);
    };
    await Promise.all(names.map((name) => sweep(`swept-${name}`)));
    await flows.untilState('swept', 'Succeed');
    for (const name of [...names, 'last']) expect(jobs.lives(`swept-${name}`), name).to.have.length(1);
    expect(flows.status('swept').counts).to.include({ total: 13, succeeded: 13 });
  });

  it('a deadline stands still while the flow is suspended, and counts anew when it is resumed', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    const spec = { activeDeadlineSeconds: 4 };
    const paused = (suspend: boolean): FlowManifest =>
      flow('paused')
        .spec({ ...spec, suspend })
        .runs(job('long').lasts('6s'))
        .runs(job('next').lasts('1h'), 'long');
    await jobs.apply(paused(false));
    const begun = await flows.until('paused', 'to begin', ({ startTime }) => startTime !== undefined);
    await jobs.apply(paused(true));
    // Longer than the deadline, which would have ended it.
    await jobs.outcomes(['paused-long']);
    expect(jobs.life('paused-long').outcome).to.equal('Complete');
    expect(flows.reason('paused', 'FailureTarget')).to.equal(undefined);
    await jobs.apply(paused(false));
    await jobs.untilStarted('paused-next');
    await flows.untilState('paused', 'Failed');
    const { startTime, completionTime } = flows.status('paused');
    expect(Date.parse(startTime ?? '')).to.be.greaterThan(Date.parse(begun.startTime ?? ''));
    expect(Date.parse(completionTime ?? '') - Date.parse(startTime ?? '')).to.be.at.least(4_000);
  });

  it('failurePolicy FailFast lets what runs go on and ends what waits', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(
      flow('fast')
        .spec({ failurePolicy: 'FailFast' })
        .runs(job('bad').fails())
        .runs(job('long').lasts('4s'))
        .runs(job('last'), 'long'),
    );
    await jobs.untilJob('fast-last', 'to fail', ({ outcome }) => outcome === 'Failed');
    expect(jobs.life('fast-long').outcome).to.equal(undefined);
    expect(jobs.life('fast-last').ending?.reason).to.equal('FailFast');
    await flows.untilState('fast', 'Failed');
    expect(flows.reason('fast', 'Failed')).to.equal('FailFast');
    expect(flows.states('fast')).to.deep.equal({ bad: 'Failed', long: 'Succeed', last: 'Failed' });
    jobs.expectNeverStarted('fast-last');
  });

  it('failurePolicy Continue, the default, runs what does not depend on the failure', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(
      flow('patient').runs(job('bad').fails()).runs(job('long').lasts('2s')).runs(job('last'), 'long'),
    );
    await flows.untilState('patient', 'Failed');
    expect(flows.states('patient')).to.deep.equal({ bad: 'Failed', long: 'Succeed', last: 'Succeed' });
  });

  it('a wait-timeout of an entry fails it, however the others stand', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(
      flow('timed').runs(job('long').lasts('4s')).runs(job('next'), 'long').having({ waitTimeout: '1s' }),
    );
    await flows.untilState('timed', 'Failed');
    expect(jobs.life('timed-next').ending?.reason).to.equal('DependencyTimeout');
    expect(flows.states('timed')).to.deep.equal({ long: 'Succeed', next: 'Failed' });
  });
});
