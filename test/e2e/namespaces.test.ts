import { expect } from 'chai';
import { OWN_ANNOTATIONS } from '../../src/api/names.ts';
import { installJobflow, startCluster, waitUntil, type Cluster, type Jobflow } from '../support/cluster.ts';
import { freshNamespace, STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { flow } from './support/flow-manifest.ts';
import { job } from './support/job-manifest.ts';
import { observedNamespace, type ObservedNamespace } from './support/observed-namespace.ts';

const TTL = { ttlSecondsAfterFinished: 3_600 };

describe('jobflow that is told which namespaces to follow', () => {
  let cluster: Cluster;
  let jobflow: Jobflow;
  let followed: ObservedNamespace;
  let other: ObservedNamespace;
  let doomed: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster();
    followed = await observedNamespace(cluster);
    other = await observedNamespace(cluster);
    doomed = await freshNamespace(cluster);
    jobflow = await installJobflow(cluster, { namespaces: [followed.name, doomed], controllers: 1 });
  });

  after(async function () {
    this.timeout(60_000);
    await cluster.stop();
  });

  const logs = async (): Promise<string> =>
    (await Promise.all([...jobflow.controllers, ...jobflow.webhooks].map((one) => one.logText()))).join('');

  it('gates Jobs, runs flows and keeps outcomes there, with Roles there alone', async () => {
    await followed.apply([
      job('up').annotated('run', 'today').spec(TTL),
      job('dependent').dependsOn('up').annotated('run', 'today').spec(TTL),
      flow('etl').runs(job('a')).runs(job('b'), 'a'),
      job('after-flow').dependsOn('jobflow/etl'),
    ]);
    expect(await followed.outcomes(['dependent', 'etl-b', 'after-flow'])).to.deep.equal({
      dependent: 'Complete',
      'etl-b': 'Complete',
      'after-flow': 'Complete',
    });
    followed.expectStartedAfter('dependent', 'up');
    followed.expectStartedAfter('after-flow', 'etl-b');
    expect(await followed.untilEvent('dependent', 'Released')).to.include('starts');
  });

  it('finds cycles there', async () => {
    await followed.apply([job('x').dependsOn('y')]);
    const { stderr } = await followed.apply([job('y').dependsOn('x')], { allowFailure: true });
    expect(stderr).to.match(/x → y → x|y → x → y/);
  });

  it('leaves Jobs elsewhere alone', async () => {
    await other.apply([job('free').dependsOn('nobody').spec(TTL), flow('etl').runs(job('a'))]);
    expect(await other.outcomes(['free'])).to.deep.equal({ free: 'Complete' });
    const seen = other.observer.versions('free').map((version) => version.job.metadata);
    for (const metadata of seen) {
      expect(Object.keys(metadata.annotations ?? {})).not.to.include(OWN_ANNOTATIONS.gated);
      expect(metadata.finalizers ?? []).not.to.include('api.practice.com/keep-outcome');
    }
    expect(other.observer.jobs().map(({ metadata }) => metadata.name)).to.deep.equal(['free']);
  });

  it('is never refused anything for want of rights', async () => {
    expect(await logs()).not.to.match(/"status":403|forbidden|"level":"(error|fatal)"/);
  });

  it('goes on in the others, and starts again, when one of them is gone with its Role', async function () {
    this.timeout(180_000);
    await cluster.kubectl(['delete', 'namespace', doomed, '--timeout=60s']);
    for (const program of [...jobflow.controllers, ...jobflow.webhooks]) await program.restart();
    await waitUntil('the missing right to be told', async () => (await logs()).includes('"status":403'));
    await followed.apply([job('later').dependsOn('dependent')]);
    expect(await followed.outcomes(['later'])).to.deep.equal({ later: 'Complete' });
  });
});
