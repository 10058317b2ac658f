import { expect } from 'chai';
import type { Cluster } from '../support/cluster.ts';
import { STARTING_LIMIT_MS, sharedCluster, sharedJobflow } from '../support/cluster/fixture.ts';
import { fiveJobs, flow, template } from './support/flow-manifest.ts';
import { flowPlace } from './support/flow-place.ts';
import { job, type JobManifest } from './support/job-manifest.ts';

/** Told apart by how often its Job may fail. */
const version = (name: string, backoffLimit: number): JobManifest => job(name).spec({ backoffLimit });

describe('JobFlows are edited, retried and deleted', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    cluster = await sharedCluster();
  });

  it('an edit before anything runs reaches every Job', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    const written = (backoffLimit: number, suspend: boolean): object =>
      flow('early').spec({ suspend }).runs(version('a', backoffLimit)).runs(version('b', backoffLimit), 'a');
    await jobs.apply(written(1, true));
    await jobs.untilJob('early-a', 'to be made', () => true);
    await jobs.untilJob('early-b', 'to be made', () => true);
    await jobs.apply(written(2, true));
    for (const name of ['early-a', 'early-b']) {
      await jobs.untilJob(name, 'to follow the edit', ({ now }) => now.spec?.backoffLimit === 2);
    }
    await jobs.apply(written(2, false));
    await flows.untilState('early', 'Succeed');
    expect(flows.status('early').observedGeneration).to.equal(3);
    jobs.expectStartedAfter('early-b', 'early-a');
  });

  it('an edit while it runs reaches the Jobs that wait and no other; entries come and go', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    const first = (): JobManifest => version('a', 1).lasts('4s');
    await jobs.apply(
      flow('amid').runs(first()).runs(version('b', 1), 'a').runs(job('dropped'), 'a').runs(job('done')),
    );
    await jobs.untilStarted('amid-a');
    await jobs.outcomes(['amid-done']);
    const begun = jobs.life('amid-a').uid;
    await jobs.apply(
      flow('amid')
        .runs(version('a', 5).lasts('4s'))
        .runs(version('b', 2), 'a', 'added')
        .runs(job('added'))
        .runs(version('done', 9)),
    );
    await flows.untilState('amid', 'Succeed');
    expect(jobs.lives('amid-a').map(({ uid }) => uid)).to.deep.equal([begun]);
    expect(jobs.life('amid-a').now.spec?.backoffLimit).to.equal(1);
    expect(jobs.lives('amid-done')).to.have.length(1);
    expect(jobs.life('amid-b').now.spec?.backoffLimit).to.equal(2);
    jobs.expectStartedAfter('amid-b', 'amid-a', 'amid-added');
    expect(jobs.life('amid-dropped').isGone).to.equal(true);
    expect(Object.keys(flows.states('amid')).sort()).to.deep.equal(['a', 'added', 'b', 'done']);
  });

  it('re-applying the same file changes nothing, at any stage', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    const file = flow('same').runs(job('a').lasts('2s')).runs(job('b'), 'a');
    await jobs.apply(file);
    await jobs.untilStarted('same-a');
    expect((await jobs.apply(file)).stdout).to.contain('unchanged');
    await flows.untilState('same', 'Succeed');
    expect((await jobs.apply(file)).stdout).to.contain('unchanged');
    for (const name of file.jobNames()) expect(jobs.lives(name)).to.have.length(1);
  });

  it('an edit after the end touches no Job that has ended, and runs an entry that is new', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(flow('late').runs(version('a', 1)));
    await flows.untilState('late', 'Succeed');
    await jobs.apply(flow('late').runs(version('a', 2)).runs(job('b'), 'a'));
    await flows.until('late', 'to run b', () => flows.states('late').b === 'Succeed');
    await flows.untilState('late', 'Succeed');
    expect(jobs.lives('late-a')).to.have.length(1);
    expect(jobs.life('late-a').now.spec?.backoffLimit).to.equal(1);
  });

  it('a retry after a fix runs what failed, what was skipped for it and what follows, and nothing else', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(fiveJobs('again', job('job2').fails()).runs(job('mend'), 'job2=Failed'));
    await flows.untilState('again', 'Failed');
    expect(flows.states('again')).to.include({
      job2: 'Failed',
      job3: 'Failed',
      job5: 'Failed',
      mend: 'Succeed',
    });
    await jobs.apply(fiveJobs('again').runs(job('mend'), 'job2=Failed').retry('1'));
    const status = await flows.untilState('again', 'Succeed');
    expect(status.observedRetry).to.equal('1');
    expect(flows.states('again')).to.deep.equal({
      job1: 'Succeed',
      job2: 'Succeed',
      job3: 'Succeed',
      job4: 'Succeed',
      job5: 'Succeed',
      mend: 'Skipped',
    });
    const runs = ['job1', 'job2', 'job3', 'job4', 'job5', 'mend'].map(
      (name) => jobs.lives(`again-${name}`).length,
    );
    expect(runs).to.deep.equal([1, 2, 2, 1, 2, 2]);
    jobs.expectStartedAfter('again-job5', 'again-job2');
    await jobs.apply(fiveJobs('again').runs(job('mend'), 'job2=Failed').retry('1'));
    expect(jobs.lives('again-job2')).to.have.length(2);
  });

  it('a flow past its deadline runs again by a retry, with a deadline of its own', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    const written = (duration: string): ReturnType<typeof flow> =>
      flow('anew').spec({ activeDeadlineSeconds: 3 }).runs(job('a')).runs(job('b').lasts(duration), 'a');
    await jobs.apply(written('1h'));
    await flows.untilState('anew', 'Failed');
    await jobs.apply(written('1s').retry('now'));
    await flows.untilState('anew', 'Succeed');
    expect(jobs.lives('anew-a')).to.have.length(1);
    expect(jobs.lives('anew-b')).to.have.length(2);
    expect(flows.reason('anew', 'FailureTarget')).to.equal(undefined);
  });

  it('a retry re-runs a failed Job that its TTL has taken away, and one that its finalizer still keeps', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    const written = (a: JobManifest): ReturnType<typeof flow> =>
      flow('gone')
        .runs(a.spec({ ttlSecondsAfterFinished: 0 }))
        .runs(job('b'), 'a');
    await jobs.apply(written(job('a').fails()));
    await flows.untilState('gone', 'Failed');
    await jobs.untilGone('gone-a');
    await jobs.apply(written(job('a')).retry('1'));
    await flows.untilState('gone', 'Succeed');
    expect(jobs.lives('gone-a').map(({ outcome }) => outcome)).to.deep.equal(['Failed', 'Complete']);
    expect(jobs.lives('gone-b')).to.have.length(2);
  });

  it('what completed and went away by its TTL still counts for what an edit or a retry makes anew', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    const written = (b: JobManifest): ReturnType<typeof flow> =>
      flow('faded')
        .runs(job('a').spec({ ttlSecondsAfterFinished: 0 }))
        .runs(job('long').lasts('5s'))
        .runs(b, 'a', 'long');
    await jobs.apply(written(version('b', 5)));
    await jobs.untilGone('faded-a');
    await jobs.apply(written(version('b', 0).fails()));
    await flows.untilState('faded', 'Failed');
    expect(jobs.lives('faded-b').map(({ outcome }) => outcome)).to.deep.equal([undefined, 'Failed']);
    await jobs.apply(written(version('b', 0)).retry('1'));
    await flows.untilState('faded', 'Succeed');
    expect(jobs.lives('faded-a')).to.have.length(1);
  });

  it('a flow that is deleted while it runs takes its Jobs and pods with it, and can be applied again', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    const file = flow('brief').runs(job('a').lasts('1h')).runs(job('b'), 'a');
    await jobs.apply(file);
    await jobs.untilStarted('brief-a');
    await jobs.kubectl(['delete', 'jf', 'brief', '--timeout=30s']);
    await jobs.apply(flow('brief').runs(job('a')).runs(job('b'), 'a'));
    await flows.until('brief', 'to run anew', ({ state }) => state === 'Succeed' && flows.exists('brief'));
    expect(jobs.lives('brief-a').map(({ isGone }) => isGone)).to.deep.equal([true, false]);
    jobs.expectStartedAfter('brief-b', 'brief-a');
    const path = `/api/v1/namespaces/${jobs.name}/pods?labelSelector=batch.kubernetes.io/job-name=brief-a`;
    const pods = await cluster.api.demand('GET', path);
    expect(JSON.stringify(pods).match(/"phase":"Running"/g)).to.equal(null);
  });

  it('foreground deletion says Terminating and waits for the Jobs', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(flow('slow').runs(job('a').lasts('1h')).runs(job('b'), 'a'));
    await jobs.untilStarted('slow-a');
    await jobs.kubectl(['delete', 'jf', 'slow', '--cascade=foreground', '--timeout=30s']);
    await flows.untilGone('slow');
    expect(flows.versions('slow').some(({ object }) => object.status?.state === 'Terminating')).to.equal(
      true,
    );
    expect(jobs.life('slow-b').isGone).to.equal(true);
    expect(jobs.lives('slow-b')).to.have.length(1);
  });

  it('a template that is deleted before every Job is made stalls the flow, which goes on when it is back', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply([template('step', job('step')), template('other', job('other').lasts('2s'))]);
    // What a flow in use has at hand: the webhook refuses one whose template is missing, so it is edited away after.
    await jobs.apply(
      flow('short')
        .entry({ name: 'a', jobTemplateRef: 'other' })
        .entry({ name: 'b', jobTemplateRef: 'step', dependencies: ['a'] }),
    );
    await jobs.untilStarted('short-a');
    await jobs.kubectl(['delete', 'jt', 'step']);
    await jobs.kubectl(['delete', 'job', 'short-b', '--timeout=30s']);
    await flows.until('short', 'to stall', () => flows.reason('short', 'Stalled') === 'TemplateMissing');
    expect(await jobs.untilEvent('short', 'TemplateMissing')).to.contain('JobTemplate "step" does not exist');
    expect(flows.status('short').state).to.equal('Running');
    await jobs.apply(template('step', job('step').spec({ backoffLimit: 4 })));
    await flows.untilState('short', 'Succeed');
    expect(flows.reason('short', 'Stalled')).to.equal(undefined);
    expect(jobs.life('short-b').now.spec?.backoffLimit).to.equal(4);
    jobs.expectStartedAfter('short-b', 'short-a');
  });

  it('a change of a template leaves the Jobs that exist as they are, and says so', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(template('step', version('step', 1).lasts('4s')));
    await jobs.apply(flow('kept').entry({ name: 'a', jobTemplateRef: 'step' }));
    await jobs.untilStarted('kept-a');
    const path = `/apis/api.practice.com/v1alpha1/namespaces/${jobs.name}/jobtemplates/step`;
    await jobs.kubectl(['wait', 'jt/step', '--for=jsonpath={.status.state}=InUse', '--timeout=30s']);
    const { stderr } = await jobs.apply(template('step', version('step', 2)));
    expect(stderr).to.contain('Warning:');
    expect(await jobs.untilEvent('step', 'TemplateChanged')).to.contain('JobFlow/kept');
    await jobs.apply(
      flow('kept').entry({ name: 'a', jobTemplateRef: 'step' }).entry({ name: 'b', jobTemplateRef: 'step' }),
    );
    await flows.untilState('kept', 'Succeed');
    expect(jobs.lives('kept-a')).to.have.length(1);
    expect(jobs.life('kept-a').now.spec?.backoffLimit).to.equal(1);
    expect(jobs.life('kept-b').now.spec?.backoffLimit).to.equal(2);
    expect(JSON.stringify(await cluster.api.demand('GET', path))).to.contain('"dependencyList":[');
  });

  it('a Job of somebody else under the name of an entry stalls the flow until it is gone', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(job('taken-a').lasts('1h'));
    await jobs.apply(flow('taken').runs(job('a')));
    await flows.until('taken', 'to stall', () => flows.reason('taken', 'Stalled') === 'JobNameTaken');
    await jobs.kubectl(['delete', 'job', 'taken-a', '--timeout=30s']);
    await flows.untilState('taken', 'Succeed');
  });
});
