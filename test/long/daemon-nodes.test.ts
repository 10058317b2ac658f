import { expect } from 'chai';
import { installJobflow, readPath, startCluster, waitUntil, type Cluster } from '../support/cluster.ts';
import { STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { fakeNode } from '../support/cluster/node-objects.ts';
import { daemonEnd, daemonJob, jobSpec, statesIn, untilWhole } from '../e2e/support/daemon-place.ts';
import { observedNamespace, type ObservedNamespace } from '../e2e/support/observed-namespace.ts';

const POOL = 'pool';
const MANY = 500;
const AT_ONCE = 50;
/** For 500 Jobs, 50 at a time, on a machine that is busy with other things. */
const MANY_LIMIT_MS = 300_000;

describe('DaemonJobs and nodes that change', () => {
  let cluster: Cluster;
  let place: ObservedNamespace;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster({ nodes: 5 });
    await installJobflow(cluster);
  });

  after(async function () {
    this.timeout(60_000);
    await place.close();
    await cluster.stop();
  });

  beforeEach(async () => {
    place = await observedNamespace(cluster);
  });

  it('on 5 nodes with 2 excluded, 1 tainted, 1 joining late and 1 leaving: the Jobs of those that stay', async function () {
    this.timeout(120_000);
    await taint(cluster, 'node-3', [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }]);
    await place.apply(daemonJob('tidy', jobSpec({ lasts: '5s' }, { excludeNodeList: 'node-1,node-2' })));
    await place.untilStarted('tidy-node-4');
    await place.untilStarted('tidy-node-5');
    await cluster.addNode('node-6');
    await cluster.removeNode('node-5');
    const status = await daemonEnd(place, 'tidy');
    expect(status.state).to.equal('Succeed');
    expect(statesIn(status)).to.deep.equal({ 'tidy-node-4': 'Succeed', 'tidy-node-6': 'Succeed' });
    await place.untilGone('tidy-node-5');
    for (const node of ['node-1', 'node-2', 'node-3']) {
      expect(place.lives(`tidy-${node}`), `Jobs of ${node}`).to.deep.equal([]);
    }
    // After the end a node that joins gets nothing.
    await cluster.addNode('node-7');
    await place.apply(
      daemonJob('later', jobSpec({ pod: { nodeSelector: { 'kubernetes.io/hostname': 'node-7' } } })),
    );
    await daemonEnd(place, 'later');
    expect(place.lives('tidy-node-7')).to.deep.equal([]);
  });

  it('a toleration lets it run on a tainted node, and a taint that is lifted lets it run there too', async function () {
    this.timeout(120_000);
    await taint(cluster, 'node-1', [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }]);
    await taint(cluster, 'node-2', [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }]);
    const pod = {
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'gpu' }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] },
              { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-2'] }] },
            ],
          },
        },
      },
    };
    await place.apply(daemonJob('tidy', jobSpec({ lasts: '4s', pod })));
    await place.untilStarted('tidy-node-1');
    expect(place.lives('tidy-node-2')).to.deep.equal([]);
    await taint(cluster, 'node-2', []);
    await taint(cluster, 'node-1', []);
    expect(statesIn(await daemonEnd(place, 'tidy'))).to.deep.equal({
      'tidy-node-1': 'Succeed',
      'tidy-node-2': 'Succeed',
    });
  });

  it('a node that is cordoned still gets its Job, as a pod of a DaemonSet would', async () => {
    await cluster.kubectl(['cordon', 'node-4']);
    const pod = { nodeSelector: { 'kubernetes.io/hostname': 'node-4' } };
    await place.apply(daemonJob('tidy', jobSpec({ pod })));
    expect(statesIn(await daemonEnd(place, 'tidy'))).to.deep.equal({ 'tidy-node-4': 'Succeed' });
    await cluster.kubectl(['uncordon', 'node-4']);
  });

  it(`${MANY} nodes, ${AT_ONCE} at a time: never more Jobs at once, each node once`, async function () {
    this.timeout(2 * MANY_LIMIT_MS);
    const names = Array.from({ length: MANY }, (_, index) => `many-${index + 1}`);
    await addNodes(cluster, names);
    const pod = { nodeSelector: { [POOL]: 'many' } };
    await place.apply(daemonJob('tidy', jobSpec({ lasts: '500ms', pod }, { maxConcurrentNodes: AT_ONCE })));
    const status = await daemonEnd(place, 'tidy', MANY_LIMIT_MS);
    expect(status.counts).to.deep.include({ total: MANY, succeeded: MANY, failed: 0 });
    // On a busy machine nodes are not ready at times; a Job that had not started by then is made again.
    const lives = names.flatMap((name) => place.lives(`tidy-${name}`).filter(({ pods }) => pods.length > 0));
    expect(lives).to.have.length(MANY);
    expect(mostAtOnce(lives))
      .to.be.at.most(AT_ONCE)
      .and.greaterThan(AT_ONCE / 2);
    const counted = await untilWhole(place, 'daemonjobs', 'tidy', 'to tell of all', () => true);
    expect(new Set(Object.values(statesIn(counted.status)))).to.deep.equal(new Set(['Succeed']));
  });
});

/** How many Jobs had been made and not ended, at most, at any one moment. */
function mostAtOnce(lives: readonly { readonly createdAt: number; readonly endedAt: number }[]): number {
  const moments = lives
    .flatMap(({ createdAt, endedAt }) => [
      { at: createdAt, change: 1 },
      { at: endedAt, change: -1 },
    ])
    .sort((a, b) => a.at - b.at);
  let now = 0;
  let most = 0;
  for (const { change } of moments) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}

async function taint(cluster: Cluster, node: string, taints: readonly object[]): Promise<void> {
  await cluster.api.demand('PATCH', `/api/v1/nodes/${node}`, { spec: { taints } });
}

/** Adds many nodes, and waits until all of them take pods. */
async function addNodes(cluster: Cluster, names: readonly string[]): Promise<void> {
  const labels = { [POOL]: 'many' };
  await Promise.all(
    names.map((name) => cluster.api.demand('POST', '/api/v1/nodes', fakeNode(name, { labels }))),
  );
  await waitUntil(
    'all nodes to take pods',
    async () => {
      const nodes = await cluster.api.demand('GET', `/api/v1/nodes?labelSelector=${POOL}=many`);
      const items = readPath(nodes, 'items');
      return (
        Array.isArray(items) &&
        items.every((node: unknown) => {
          const taints = readPath(node, 'spec', 'taints');
          return taints === undefined || (Array.isArray(taints) && taints.length === 0);
        })
      );
    },
    { limitMs: 120_000, intervalMs: 1_000 },
  );
}
