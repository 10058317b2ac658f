import { expect } from 'chai';
import type { JobObject } from '../../src/api/job.ts';
import { API_GROUP, CONTROLLER_FIELD_MANAGER, OWN_ANNOTATIONS } from '../../src/api/names.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { readPath, waitUntil } from '../support/cluster.ts';
import type { Cluster } from '../support/cluster.ts';
import { job } from './support/job-manifest.ts';
import { LIMIT_MS } from './support/namespace-observer.ts';
import { observedNamespace } from './support/observed-namespace.ts';
import type { ObservedNamespace } from './support/observed-namespace.ts';

describe('Jobs that belong to others', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    cluster = await sharedCluster();
  });

  it('Jobs of a CronJob whose jobTemplate carries the annotations wait', async () => {
    const place = await observedNamespace(cluster);
    await place.apply({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly' },
      spec: { schedule: '* * * * *', jobTemplate: job('').dependsOn('import').asJobTemplate() },
    });
    await place.kubectl(['create', 'job', 'by-hand', '--from=cronjob/nightly']);
    // It makes up at once for the minute that it believes to have missed, instead of waiting for the next.
    const status = { lastScheduleTime: new Date(Date.now() - 90_000).toISOString() };
    await place.kubectl([
      'patch',
      'cronjob/nightly',
      '--subresource=status',
      '--type=merge',
      `--patch=${JSON.stringify({ status })}`,
    ]);
    const scheduled = await waitUntil(
      'the CronJob to make a Job',
      () => place.observer.jobs().find(({ metadata }) => metadata.name?.startsWith('nightly-')),
      { limitMs: LIMIT_MS },
    );
    await place.kubectl(['patch', 'cronjob', 'nightly', '-p', '{"spec":{"suspend":true}}']);
    const names = ['by-hand', scheduled.metadata.name ?? ''];
    for (const name of names) {
      expect(await place.untilEvent(name, 'Waiting')).to.contain('"import" does not exist');
      expect(place.life(name).now.metadata.ownerReferences?.[0]?.kind).to.equal('CronJob');
    }
    place.expectNeverStarted(...names);
    await place.apply(job('import'));
    expect(new Set(Object.values(await place.outcomes(names)))).to.deep.equal(new Set(['Complete']));
    for (const name of names) place.expectStartedAfter(name, 'import');
  });

  it('a Job owned by another controller is left alone, with a warning', async () => {
    const place = await observedNamespace(cluster);
    const owner = await ownerIn(place);
    const answer = await place.apply([
      job('owned')
        .dependsOn('never')
        .metadata({ ownerReferences: [owner] }),
      job('paused')
        .dependsOn('done')
        .spec({ suspend: true })
        .metadata({ ownerReferences: [owner] }),
      job('done'),
      job('dependent').dependsOn('done, owned'),
    ]);
    expect(answer.stderr).to.match(
      /Warning: jobflow leaves this Job alone.*it is controlled by ConfigMap "owner"/,
    );
    expect(await place.outcomes(['owned', 'dependent'])).to.deep.equal({
      owned: 'Complete',
      dependent: 'Complete',
    });
    place.expectStartedAfter('dependent', 'owned');
    place.expectNeverStarted('paused');
    expectUntouched(place, 'owned', 'paused');
  });

  it('a Job owned, but not controlled, by something else is gated', async () => {
    const place = await observedNamespace(cluster);
    const owner = { ...(await ownerIn(place)), controller: false };
    await place.apply([
      job('b')
        .dependsOn('a')
        .metadata({ ownerReferences: [owner] }),
      job('a').lasts('1s'),
    ]);
    expect(await place.outcomes(['a', 'b'])).to.deep.equal({ a: 'Complete', b: 'Complete' });
    place.expectStartedAfter('b', 'a');
  });

  it('a Job with a foreign managedBy is left alone, with a warning', async () => {
    const place = await observedNamespace(cluster);
    const managed = job('managed').dependsOn('done').spec({ managedBy: 'example.com/other', suspend: true });
    const answer = await place.apply([managed, job('done'), job('later').dependsOn('done')]);
    expect(answer.stderr).to.contain('Warning: jobflow leaves this Job alone');
    expect(answer.stderr).to.contain('spec.managedBy is "example.com/other"');
    // Once the other one has come through its gate, this one has had its turn as well.
    await place.outcomes(['later']);
    place.expectNeverStarted('managed');
    expect(place.life('managed').now.status).to.deep.equal({});
    expectUntouched(place, 'managed');
  });

  it('an ordinary Job is never touched, also as an upstream', async () => {
    const place = await observedNamespace(cluster);
    await place.apply([
      job('a').dependsOn('plain, plain-with-ttl'),
      job('plain').lasts('1s'),
      job('plain-with-ttl').spec({ ttlSecondsAfterFinished: 600 }).lasts('1s'),
      job('nobody-waits').spec({ ttlSecondsAfterFinished: 600 }),
      job('bad').fails(),
      job('clean-up').dependsOn('bad=Failed'),
    ]);
    await place.outcomes(['a', 'plain', 'clean-up', 'nobody-waits']);
    expectUntouched(place, 'plain', 'nobody-waits', 'bad');
    // Only the upstream that could vanish by itself had to be kept, and is kept no longer.
    const kept = await place.untilJob(
      'plain-with-ttl',
      'to lose the finalizer',
      ({ now }) => (now.metadata.finalizers ?? []).length === 0,
    );
    expect(Object.keys(kept.now.metadata.annotations ?? {}).filter(isOurs)).to.deep.equal([]);
    for (const name of ['a', 'clean-up']) {
      expect(place.life(name).now.metadata.finalizers ?? []).to.deep.equal([]);
    }
  });
});

/** Makes something that can control a Job, and returns the reference to it. */
async function ownerIn(place: ObservedNamespace) {
  const made = await place.cluster.api.demand('POST', `/api/v1/namespaces/${place.name}/configmaps`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'owner' },
  });
  const uid = String(readPath(made, 'metadata', 'uid'));
  return { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid, controller: true };
}

/** Asserts that no version of these Jobs shows anything that jobflow wrote. */
function expectUntouched(place: ObservedNamespace, ...names: readonly string[]): void {
  for (const name of names) {
    const traces = place.observer.versions(name).flatMap(({ job: seen }) => tracesIn(seen));
    expect(traces, `what jobflow wrote on ${name}`).to.deep.equal([]);
  }
}

function tracesIn({ metadata }: JobObject): string[] {
  const ownKeys: readonly string[] = Object.values(OWN_ANNOTATIONS);
  const managers = (metadata.managedFields ?? []).map(({ manager = '' }) => manager);
  return [
    ...managers.filter((manager) => manager === CONTROLLER_FIELD_MANAGER || manager.includes('jobflow')),
    ...Object.keys(metadata.annotations ?? {}).filter((key) => ownKeys.includes(key)),
    ...Object.keys(metadata.labels ?? {}).filter(isOurs),
    ...(metadata.finalizers ?? []).filter(isOurs),
  ];
}

function isOurs(key: string): boolean {
  return key.startsWith(`${API_GROUP}/`);
}
