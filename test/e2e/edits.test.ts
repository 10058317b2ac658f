import { expect } from 'chai';
import { API_GROUP, API_VERSION } from '../../src/api/names.ts';
import { readPath, waitUntil } from '../support/cluster.ts';
import type { Cluster } from '../support/cluster.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { job, type JobManifest } from './support/job-manifest.ts';
import { observedNamespace, type ObservedNamespace } from './support/observed-namespace.ts';
import { approveAll, endPods, stillLife } from './support/stages-of-life.ts';

const OTHER_IMAGE = { containers: [{ name: 'main', image: 'busybox:1.37', command: ['true'] }] };

/** Every Job has parameters of a flow injected, and so something that an edit could seem to take away. */
const shared = (name: string): JobManifest => job(name).annotated('flow', 'shared').lasts('24h');
const held = (name: string): JobManifest => shared(name).annotated('hold', 'true');

describe('a real edit of a gated Job is judged by the API server as usual', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
  });

  for (const serverSide of [false, true]) {
    const how = serverSide ? 'server-side apply' : 'client-side apply';

    it(`another image is refused, whether the Job waits or runs: ${how}`, async () => {
      const namespace = await withFlow();
      await namespace.apply([held('waiting'), shared('running')], { serverSide });
      await namespace.untilStarted('running');
      const before = await stillLife(cluster, namespace.name);
      for (const manifest of [held('waiting'), shared('running')]) {
        const { code, stderr } = await namespace.apply(manifest.pod(OTHER_IMAGE), {
          serverSide,
          allowFailure: true,
        });
        expect(code).to.equal(1);
        expect(stderr).to.include('Invalid value').and.include('field is immutable');
      }
      expect(await stillLife(cluster, namespace.name)).to.deep.equal(before);
    });

    it(`where a waiting Job may run can be changed, and holds when it runs: ${how}`, async () => {
      const namespace = await withFlow();
      await namespace.apply(held('moved'), { serverSide });
      const nodeSelector = { 'kubernetes.io/hostname': 'node-2' };
      await namespace.apply(held('moved').pod({ nodeSelector }), { serverSide });
      await namespace.observer.untilCaughtUp();
      namespace.expectNeverStarted('moved');
      expect(readPath(namespace.life('moved').now, 'spec', 'template', 'spec', 'nodeSelector')).to.deep.equal(
        nodeSelector,
      );
      await approveAll(cluster, namespace.name);
      await namespace.untilStarted('moved');
      const path = `/api/v1/namespaces/${namespace.name}/pods`;
      await waitUntil('the pod to be on its node', async () => {
        const { body } = await cluster.api.request('GET', path);
        return readPath(body, 'items', 0, 'spec', 'nodeName') === 'node-2';
      });
      const { body } = await cluster.api.request('GET', path);
      const env = readPath(body, 'items', 0, 'spec', 'containers', 0, 'env');
      expect(env).to.deep.equal([{ name: 'REGION', value: 'north' }]);
    });

    it(`the width and the end of a running Job can be changed: ${how}`, async () => {
      const namespace = await withFlow();
      const wide = (parallelism: number): JobManifest =>
        shared('wide').annotated('hold', 'true').spec({ parallelism, completions: 3 });
      await namespace.apply(wide(1), { serverSide });
      await approveAll(cluster, namespace.name);
      await namespace.untilStarted('wide');
      await namespace.apply(wide(3).spec({ ttlSecondsAfterFinished: 3_600 }), { serverSide });
      await namespace.untilJob('wide', 'to have three pods', ({ pods }) => pods.length === 3);
      await untilRunning(namespace, 3);
      await endPods(cluster, namespace.name);
      expect(await namespace.outcomes(['wide'])).to.deep.equal({ wide: 'Complete' });
      expect(namespace.life('wide').pods).to.have.length(3);
    });
  }

  it('a Job that runs can be paused and goes on when its user says so, whatever is applied meanwhile', async () => {
    const namespace = await withFlow();
    await namespace.apply([shared('up'), shared('paused').dependsOn('up')]);
    await untilRunning(namespace, 1);
    await endPods(cluster, namespace.name);
    await namespace.untilStarted('paused');
    await namespace.kubectl(['patch', 'job/paused', '-p', '{"spec":{"suspend":true}}']);
    await namespace.observer.until(
      'the pod to be gone',
      () => namespace.life('paused').now.status?.active === undefined,
    );
    await namespace.apply(shared('paused').dependsOn('up'));
    await namespace.apply(shared('paused').dependsOn('up'), { serverSide: true });
    await namespace.observer.untilCaughtUp();
    expect(namespace.life('paused').now.spec?.suspend).to.equal(true);
    expect(namespace.life('paused').pods).to.have.length(1);
    await namespace.kubectl(['patch', 'job/paused', '-p', '{"spec":{"suspend":false}}']);
    await namespace.untilJob('paused', 'to have a second pod', ({ pods }) => pods.length === 2);
    await untilRunning(namespace, 1);
    await endPods(cluster, namespace.name);
    expect(await namespace.outcomes(['paused'])).to.deep.equal({ paused: 'Complete' });
  });

  async function withFlow(): Promise<ObservedNamespace> {
    const namespace = await observedNamespace(cluster);
    await namespace.apply({
      apiVersion: `${API_GROUP}/${API_VERSION}`,
      kind: 'JobFlow',
      metadata: { name: 'shared' },
      spec: { globalParams: { env: [{ name: 'REGION', value: 'north' }], labels: { team: 'data' } } },
    });
    return namespace;
  }

  async function untilRunning(namespace: ObservedNamespace, count: number): Promise<void> {
    await waitUntil(`${count} pods to run`, async () => {
      const { body } = await cluster.api.request('GET', `/api/v1/namespaces/${namespace.name}/pods`);
      const items = readPath(body, 'items');
      return (
        Array.isArray(items) &&
        items.filter(
          (pod) =>
            readPath(pod, 'status', 'phase') === 'Running' &&
            readPath(pod, 'metadata', 'deletionTimestamp') === undefined,
        ).length === count
      );
    });
  }
});
