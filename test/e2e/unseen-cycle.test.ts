import { expect } from 'chai';
import { USER_ANNOTATIONS } from '../../src/api/names.ts';
import { installJobflow, readPath, startCluster, type Cluster, type Jobflow } from '../support/cluster.ts';
import { STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { job } from './support/job-manifest.ts';
import { observedNamespace, type ObservedNamespace } from './support/observed-namespace.ts';

describe('a cycle that the webhooks have not seen', () => {
  let cluster: Cluster;
  let jobflow: Jobflow;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster();
    jobflow = await installJobflow(cluster, { webhooks: 2, webhookFailurePolicy: 'Ignore' });
  });

  after(async function () {
    this.timeout(60_000);
    await cluster.stop();
  });

  it('is told by an Event on each Job of the cycle, and an edit that breaks it lets them go on', async function () {
    this.timeout(180_000);
    const namespace = await observedNamespace(cluster);
    await withoutWebhooks(async () => {
      await namespace.apply([
        job('done'),
        ...['a=c', 'b=a', 'c=b', 'behind=a'].map((edge) => {
          const [name = '', upstream = ''] = edge.split('=');
          return job(name).dependsOn(upstream).spec({ suspend: true });
        }),
      ]);
      for (const [name, path] of [
        ['a', 'a → c → b → a'],
        ['b', 'b → a → c → b'],
        ['c', 'c → b → a → c'],
      ] as const) {
        expect(await namespace.untilEvent(name, 'DependencyCycle'))
          .to.include(path)
          .and.include('edit or delete');
      }
      expect(await namespace.untilEvent('behind', 'Waiting')).to.include('"a" has not ended');
      namespace.expectNeverStarted('a', 'b', 'c', 'behind');
    });
    // Only what an edit adds is checked: it may leave the rest of the cycle as it is for now.
    await namespace.kubectl(['annotate', 'job/b', `${USER_ANNOTATIONS.waitTimeout}=24h`]);
    await namespace.kubectl(['annotate', '--overwrite', 'job/a', `${USER_ANNOTATIONS.dependsOn}=done`]);
    expect(await namespace.outcomes(['a', 'b', 'c', 'behind'])).to.deep.equal({
      a: 'Complete',
      b: 'Complete',
      c: 'Complete',
      behind: 'Complete',
    });
    namespace.expectStartedAfter('b', 'a');
    namespace.expectStartedAfter('c', 'b');
  });

  it('is told as well if it was there before the controller', async function () {
    this.timeout(180_000);
    const namespace = await observedNamespace(cluster);
    const [controller] = jobflow.controllers;
    await controller?.stop();
    await withoutWebhooks(async () => {
      await namespace.apply([
        job('done'),
        job('self').dependsOn('self').spec({ suspend: true }),
        job('one').dependsOn('two').spec({ suspend: true }),
        job('two').dependsOn('one').spec({ suspend: true }),
      ]);
    });
    await controller?.restart();
    expect(await namespace.untilEvent('self', 'DependencyCycle')).to.include('self → self');
    expect(await namespace.untilEvent('one', 'DependencyCycle')).to.include('one → two → one');
    await namespace.untilEvent('two', 'DependencyCycle');
    await namespace.kubectl(['delete', 'job', 'one']);
    await namespace.apply(job('one'));
    await namespace.kubectl(['annotate', '--overwrite', 'job/self', `${USER_ANNOTATIONS.dependsOn}=two`]);
    expect(await namespace.outcomes(['two', 'self'])).to.deep.equal({ two: 'Complete', self: 'Complete' });
  });

  it('is refused or told when two replicas race', async function () {
    this.timeout(180_000);
    const namespace = await observedNamespace(cluster);
    const pairs = Array.from({ length: 20 }, (_, index) => [`left-${index}`, `right-${index}`] as const);
    const path = `/apis/batch/v1/namespaces/${namespace.name}/jobs`;
    const create = async (name: string, upstream: string): Promise<number> => {
      const { status, body } = await cluster.api.request('POST', path, job(name).dependsOn(upstream));
      if (status >= 300) expect(readPath(body, 'message')).to.include('form a cycle');
      return status;
    };
    const answers = await Promise.all(
      pairs.map(([left, right]) => Promise.all([create(left, right), create(right, left)])),
    );
    expect(answers.filter(([left, right]) => left >= 300 && right >= 300)).to.deep.equal([]);
    for (const [index, [left = 0, right = 0]] of answers.entries()) {
      if (left >= 300 || right >= 300) continue;
      await namespace.untilEvent(`left-${index}`, 'DependencyCycle');
      await namespace.untilEvent(`right-${index}`, 'DependencyCycle');
    }
    expectNothingStarted(namespace, pairs.flat());
  });

  async function withoutWebhooks(act: () => Promise<void>): Promise<void> {
    await Promise.all(jobflow.webhooks.map((webhook) => webhook.kill()));
    try {
      await act();
    } finally {
      await Promise.all(jobflow.webhooks.map((webhook) => webhook.restart()));
    }
  }
});

function expectNothingStarted(namespace: ObservedNamespace, names: readonly string[]): void {
  for (const name of names) expect(namespace.observer.pods(name), `pods of ${name}`).to.deep.equal([]);
}
