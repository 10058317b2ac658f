import { expect } from 'chai';
import { KEEP_OUTCOME_FINALIZER } from '../../src/api/names.ts';
import { readPath } from '../support/cluster/api-client.ts';
import { STARTING_LIMIT_MS, sharedRealCluster } from '../support/real-cluster/fixture.ts';
import { RealNamespace } from '../support/real-cluster/observations.ts';
import type { RealCluster } from '../support/real-cluster/real-cluster.ts';
import { SYSTEM_NAMESPACE, ensureRelease, uninstallRelease } from '../support/real-cluster/release.ts';
import { shellJob, shellPod } from '../support/real-cluster/shell-job.ts';

const WAITING = 100;

/* The last part of the life of an installation: what is left when it goes, and what comes back with the next one. */
describe('jobflow uninstalled from a real node', () => {
  let cluster: RealCluster;

  before('install, where the parts before have not', async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedRealCluster();
    await ensureRelease(cluster);
  });

  it('leaves nothing that blocks a namespace with 100 waiting Jobs, while its controller runs', async () => {
    const place = await placeWithWaitingJobs(cluster);
    await uninstallRelease(cluster);
    await expectNothingLeft(cluster, place);
    await place.delete();
  });

  it('adopts what stayed when it is installed again', async () => {
    const place = await RealNamespace.create(cluster, 'adopted');
    await place.apply(flow('kept'));
    await place.apply([shellJob('first', 'echo first')]);
    await ensureRelease(cluster);
    await place.waitFor('condition=Complete', 'jobflow/kept');
    expect(await place.logs('kept-only')).to.equal('only\n');
    await place.apply([shellJob('second', 'echo second', { dependsOn: 'first' })]);
    await place.waitFor('condition=complete', 'job/second');
    await place.delete();
  });

  it('leaves nothing that blocks a namespace with 100 waiting Jobs, with no program running', async () => {
    const place = await placeWithWaitingJobs(cluster);
    const deleted = await placeWithWaitingJobs(cluster, 3);
    await cluster.kubectl(['scale', 'deployment', '--all', '--replicas=0', '-n', SYSTEM_NAMESPACE]);
    await cluster.kubectl([
      'wait',
      '--for=delete',
      'pod',
      '-l',
      'app.kubernetes.io/name=jobflow',
      '-n',
      SYSTEM_NAMESPACE,
      '--timeout=60s',
    ]);
    // Its Jobs have a finalizer that nobody removes, until the uninstall does.
    await cluster.kubectl(['delete', 'namespace', deleted.name, '--wait=false']);
    await uninstallRelease(cluster);
    await expectNothingLeft(cluster, place);
    await Promise.all([place.delete(), deleted.delete()]);
  });

  it('takes back up, installed once more, the Jobs that waited meanwhile', async () => {
    await ensureRelease(cluster);
    const place = await RealNamespace.create(cluster, 'again');
    await place.apply([shellJob('late', 'echo late', { dependsOn: 'upstream' })]);
    await uninstallRelease(cluster);
    await place.apply([shellJob('upstream', 'echo upstream')]);
    await place.waitFor('condition=complete', 'job/upstream');
    expect(await place.jobsWithPods()).to.deep.equal(['upstream']);
    await ensureRelease(cluster);
    await place.waitFor('condition=complete', 'job/late');
    expect(await place.logs('late')).to.equal('late\n');
  });
});

/** Jobs that wait for one that never comes, each with a time to live and so with the finalizer. */
async function placeWithWaitingJobs(cluster: RealCluster, count = WAITING): Promise<RealNamespace> {
  const place = await RealNamespace.create(cluster, 'waiting');
  await place.apply(
    Array.from({ length: count }, (_, index) =>
      shellJob(`waiting-${index}`, 'true', { dependsOn: 'never', spec: { ttlSecondsAfterFinished: 600 } }),
    ),
  );
  expect((await finalizers(place)).filter((one) => one === KEEP_OUTCOME_FINALIZER)).to.have.length(count);
  return place;
}

async function expectNothingLeft(cluster: RealCluster, place: RealNamespace): Promise<void> {
  expect(await finalizers(place)).to.deep.equal([]);
  expect(await place.list('jobs')).to.have.length(WAITING);
  for (const kind of [
    'mutatingwebhookconfigurations',
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
    'clusterroles',
    'clusterrolebindings',
  ]) {
    const left = readPath(await cluster.get(kind, '-l', 'app.kubernetes.io/name=jobflow'), 'items');
    expect(left ?? [], kind).to.deep.equal([]);
  }
}

async function finalizers(place: RealNamespace): Promise<unknown[]> {
  return (await place.list('jobs')).flatMap((job) => {
    const all = readPath(job, 'metadata', 'finalizers');
    return Array.isArray(all) ? (all as unknown[]) : [];
  });
}

function flow(name: string): object {
  return {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'JobFlow',
    metadata: { name },
    spec: { flows: [{ name: 'only', jobTemplate: { template: shellPod('echo only') } }] },
  };
}
