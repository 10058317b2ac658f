import { expect } from 'chai';
import { KEEP_OUTCOME_FINALIZER } from '../../src/api/names.ts';
import { waitUntil } from '../support/cluster.ts';
import type { Cluster, Jobflow } from '../support/cluster.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { job } from './support/job-manifest.ts';
import { observedNamespace, type ObservedNamespace } from './support/observed-namespace.ts';
import { endPods } from './support/stages-of-life.ts';

const CASCADES = ['foreground', 'background', 'orphan'] as const;

describe('with every webhook process stopped', () => {
  let cluster: Cluster;
  let jobflow: Jobflow;
  let namespace: ObservedNamespace;
  let doomed: ObservedNamespace;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    jobflow = await sharedJobflow();
    [namespace, doomed] = await Promise.all([observedNamespace(cluster), observedNamespace(cluster)]);
    const toDelete = CASCADES.flatMap((cascade) => [
      job(`waiting-${cascade}`).dependsOn('never').spec({ ttlSecondsAfterFinished: 3_600 }),
      job(`running-${cascade}`)
        .lasts('24h')
        .annotated('run', 'today')
        .spec({ ttlSecondsAfterFinished: 3_600 }),
      job(`finished-${cascade}`).annotated('run', 'today'),
    ]);
    await Promise.all([
      namespace.apply([
        job('up').lasts('24h').annotated('run', 'today').spec({ ttlSecondsAfterFinished: 0 }),
        job('failing').fails().lasts('24h').annotated('run', 'today'),
        job('dependent').dependsOn('up'),
        job('second').dependsOn('dependent'),
        job('clean-up').dependsOn('failing=Failed'),
        job('victim').dependsOn('failing'),
        job('other-branch').dependsOn('up=Failed'),
      ]),
      doomed.apply([...toDelete, job('dependent').dependsOn('running-foreground, finished-foreground')]),
    ]);
    await Promise.all([
      namespace.untilStarted('up'),
      namespace.untilStarted('failing'),
      ...CASCADES.map((cascade) => doomed.untilStarted(`running-${cascade}`)),
      doomed.outcomes(CASCADES.map((cascade) => `finished-${cascade}`)),
    ]);
    await Promise.all(jobflow.webhooks.map((webhook) => webhook.kill()));
  });

  after(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await Promise.all(jobflow.webhooks.map((webhook) => webhook.restart()));
  });

  it('an annotated Job is refused, with a reason that names the webhook', async () => {
    for (const manifest of [job('new').dependsOn('up'), job('new').annotated('run', 'today')]) {
      const { code, stderr } = await namespace.apply(manifest, { allowFailure: true });
      expect(code).to.equal(1);
      expect(stderr).to.include('failed calling webhook "jobs.api.practice.com"').and.include('refused');
    }
    expect(namespace.observer.job('new')).to.equal(undefined);
  });

  it('ordinary Jobs are created, edited, run and complete as always', async () => {
    await namespace.apply(job('ordinary'));
    await namespace.apply(job('ordinary').spec({ ttlSecondsAfterFinished: 3_600 }));
    expect(await namespace.outcomes(['ordinary'])).to.deep.equal({ ordinary: 'Complete' });
  });

  it('what runs completes or fails, what waits is released, failed or skipped, what has ended is cleaned up', async () => {
    await waitUntil('the pods to run', async () => {
      const { stdout } = await namespace.kubectl(['get', 'pods', '-o', 'jsonpath={.items[*].status.phase}']);
      return stdout.split(' ').filter((phase) => phase === 'Running').length === 2;
    });
    await endPods(cluster, namespace.name);
    expect(
      await namespace.outcomes(['dependent', 'second', 'clean-up', 'victim', 'other-branch']),
    ).to.deep.equal({
      dependent: 'Complete',
      second: 'Complete',
      'clean-up': 'Complete',
      victim: 'Failed',
      'other-branch': 'Skipped',
    });
    namespace.expectStartedAfter('dependent', 'up');
    namespace.expectStartedAfter('second', 'dependent');
    namespace.expectStartedAfter('clean-up', 'failing');
    namespace.expectNeverStarted('victim', 'other-branch');
    // It had a TTL of 0 and our finalizer, which only the controller may take off.
    expect((await namespace.untilGone('up')).outcome).to.equal('Complete');
    expect(namespace.observer.versions('up')[0]?.job.metadata.finalizers).to.include(KEEP_OUTCOME_FINALIZER);
  });

  for (const cascade of CASCADES) {
    it(`${cascade} deletion goes through, for Jobs that wait, run and have ended`, async () => {
      const names = ['waiting', 'running', 'finished'].map((state) => `${state}-${cascade}`);
      await doomed.kubectl(['delete', 'job', ...names, `--cascade=${cascade}`, '--timeout=60s']);
      for (const name of names) await doomed.untilGone(name);
    });
  }

  it('a namespace is deleted with all that is in it', async function () {
    this.timeout(120_000);
    await cluster.kubectl(['delete', 'namespace', doomed.name, '--timeout=90s']);
    expect(doomed.observer.jobs()).to.deep.equal([]);
  });
});
