import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import type { JobObject } from '../../../src/api/job.ts';
import { projectFlow, type FlowObject } from '../../../src/core/flow/flow-projection.ts';
import { isApiError } from '../../../src/kube/api-error.ts';
import { collectionPaths } from '../../../src/kube/collections.ts';
import { connect, type ApiRequest, type Connection } from '../../../src/kube/connection.ts';
import { resourcePath, statusRequest } from '../../../src/kube/flow-requests.ts';
import { jobPath, relinquishPatch } from '../../../src/kube/patches.ts';
import { startCluster, waitUntil, type Cluster } from '../../support/cluster.ts';
import { STARTING_LIMIT_MS, freshNamespace } from '../../support/cluster/fixture.ts';

const CRD = fileURLToPath(new URL('../../../manifests/crds/jobflows.yaml', import.meta.url));

const [jobflows = ''] = collectionPaths('jobflows', []);

describe('a write that was decided on something older', () => {
  let cluster: Cluster;
  let connection: Connection;
  let namespace: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    // Its own cluster: in a shared one jobflow's controller may write, too.
    cluster = await startCluster({ nodes: 0 });
    await cluster.kubectl(['apply', '-f', CRD]);
    await waitUntil(
      'JobFlows to be served',
      async () => (await cluster.api.request('GET', jobflows)).status === 200,
    );
    const { kubeconfigPath } = cluster;
    connection = await connect({ kubeconfigPath, connections: 1, userAgent: 'jobflow-test' });
    namespace = await freshNamespace(cluster);
  });

  after(async function () {
    this.timeout(60_000);
    await connection.close();
    await cluster.stop();
  });

  it('is a conflict where the owners of the fields have changed since, and changes nothing', async () => {
    const job = { namespace, name: 'a' };
    const spec = {
      suspend: true,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } },
    };
    const fieldManager = 'jobflow-controller';
    await send({
      method: 'POST',
      path: `/apis/batch/v1/namespaces/${namespace}/jobs`,
      query: { fieldManager },
      body: { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'a' }, spec },
    });
    const before = await read(job);
    const patch = relinquishPatch(before);
    if (patch === undefined) throw new Error('The controller does not own the field.');
    // Somebody strips the list (https://kubernetes.io/docs/reference/using-api/server-side-apply/#clearing-managedfields).
    await send({
      method: 'PATCH',
      path: jobPath(job),
      contentType: 'application/merge-patch+json',
      body: { metadata: { managedFields: [{}], annotations: { touched: 'yes' } } },
    });
    await conflictOf({ method: 'PATCH', ...patch });

    const again = await read(job);
    expect(again.metadata.annotations).to.deep.equal({ touched: 'yes' });
  });

  it('gives the ownership of suspend up where nothing has changed', async () => {
    const job = { namespace, name: 'b' };
    const spec = {
      suspend: true,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } },
    };
    const create = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'b' }, spec };
    const path = `/apis/batch/v1/namespaces/${namespace}/jobs`;
    await send({ method: 'POST', path, query: { fieldManager: 'jobflow-controller' }, body: create });
    // Kubernetes' own Job controller writes once that the Job is suspended; after that nobody writes.
    await waitUntil('the Job to be said to be suspended', async () =>
      (await read(job)).status?.conditions?.some(({ type }) => type === 'Suspended'),
    );
    const patch = relinquishPatch(await read(job));
    if (patch === undefined) throw new Error('The controller does not own the field.');
    const after = (await send({ method: 'PATCH', ...patch })) as JobObject;
    expect(relinquishPatch(after)).to.equal(undefined);
    expect(after.spec?.suspend).to.equal(true);
  });

  it('is a conflict where the object has been created again under its name', async () => {
    const flow = { namespace, name: 'f' };
    const create = {
      method: 'POST',
      path: `/apis/api.practice.com/v1alpha1/namespaces/${namespace}/jobflows`,
      body: {
        apiVersion: 'api.practice.com/v1alpha1',
        kind: 'JobFlow',
        metadata: { name: 'f' },
        spec: { flows: [] },
      },
    } as const;
    const first = projectFlow((await send(create)) as FlowObject);
    await send({ method: 'DELETE', path: resourcePath('jobflows', flow) });
    await send(create);
    await conflictOf(statusRequest('jobflows', first, { state: 'Pending' }));
  });

  async function read(job: { namespace: string; name: string }): Promise<JobObject> {
    return (await send({ method: 'GET', path: jobPath(job) })) as JobObject;
  }

  async function send(request: ApiRequest): Promise<unknown> {
    return connection.request(request);
  }

  async function conflictOf(request: ApiRequest): Promise<void> {
    const error: unknown = await send(request).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isApiError(error, 'conflict'), String(error)).to.equal(true);
  }
});
