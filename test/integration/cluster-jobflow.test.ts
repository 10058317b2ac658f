import { expect } from 'chai';
import { USER_ANNOTATIONS } from '../../src/api/names.ts';
import { installJobflow, readPath, startCluster, waitUntil } from '../support/cluster.ts';
import type { ApiAnswer, Cluster, Jobflow } from '../support/cluster.ts';
import { STARTING_LIMIT_MS, freshNamespace } from '../support/cluster/fixture.ts';

describe('jobflow in the local cluster', () => {
  let cluster: Cluster;
  let jobflow: Jobflow;
  let namespace: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster({ nodes: 1, auditLog: true });
    jobflow = await installJobflow(cluster, { controllers: 2, webhooks: 2 });
    namespace = await freshNamespace(cluster);
  });

  after(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await (cluster as Cluster | undefined)?.stop();
  });

  it('releases a Job that waits, once what it waits for is there', async () => {
    expect((await createJob('second', { [USER_ANNOTATIONS.dependsOn]: 'first' })).status).to.equal(201);
    expect((await createJob('first', {})).status).to.equal(201);
    await untilComplete('second');
  });

  it('is its own service accounts to the API server, never the admin', async () => {
    const users = new Set<unknown>();
    for (const line of (await cluster.logText('audit')).split('\n').filter((text) => text !== '')) {
      const event: unknown = JSON.parse(line);
      if (String(readPath(event, 'userAgent')).startsWith('jobflow'))
        users.add(readPath(event, 'user', 'username'));
    }
    expect([...users]).to.have.members([
      'system:serviceaccount:jobflow-system:jobflow-controller',
      'system:serviceaccount:jobflow-system:jobflow-webhook',
    ]);
  });

  it('answers by the webhook that is left, and refuses when none is', async function () {
    this.timeout(60_000);
    const [first, second] = jobflow.webhooks;
    await first?.kill();
    // A request on a connection to the one that was killed may fail with it; the next ones must not.
    await waitUntil(
      'the webhook that is left to answer',
      async () => (await createJob('probe', { [USER_ANNOTATIONS.hold]: 'true' })).status === 201,
    );
    for (const name of ['a', 'b', 'c', 'd']) {
      expect((await createJob(name, { [USER_ANNOTATIONS.hold]: 'true' })).status).to.equal(201);
    }
    await second?.kill();
    const refused = await createJob('e', { [USER_ANNOTATIONS.hold]: 'true' });
    expect(refused.status).to.equal(500);
    expect(readPath(refused.body, 'message')).to.contain('failed calling webhook');
    await Promise.all([first?.restart(), second?.restart()]);
    await waitUntil(
      'the webhooks to be reached again',
      async () => (await createJob('e', { [USER_ANNOTATIONS.hold]: 'true' })).status === 201,
    );
  });

  it('starts a controller again with other settings', async function () {
    this.timeout(60_000);
    const last = jobflow.controllers.at(-1);
    await last?.restart({ JOBFLOW_LOG_LEVEL: 'debug' });
    expect(last?.running).to.equal(true);
  });

  async function createJob(name: string, annotations: Readonly<Record<string, string>>): Promise<ApiAnswer> {
    return cluster.api.request('POST', `/apis/batch/v1/namespaces/${namespace}/jobs`, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, annotations },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'work', image: 'none' }] } } },
    });
  }

  async function untilComplete(name: string): Promise<void> {
    await waitUntil(`Job ${name} to complete`, async () => {
      const { body } = await cluster.api.request(
        'GET',
        `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`,
      );
      const conditions = readPath(body, 'status', 'conditions');
      return Array.isArray(conditions) && conditions.some((one) => readPath(one, 'type') === 'Complete');
    });
  }
});
