import { expect } from 'chai';
import { findInstallations, installationFor } from '../../../src/cli/installation/find-installations.ts';
import { controllerState, webhookState } from '../../../src/cli/installation/installation.ts';
import { connect, type Connection } from '../../../src/kube/connection.ts';
import {
  freshNamespace,
  sharedCluster,
  sharedJobflow,
  STARTING_LIMIT_MS,
} from '../../support/cluster/fixture.ts';
import type { Cluster } from '../../support/cluster.ts';

describe('what the command line finds of an installation', function () {
  this.timeout(30_000);
  let cluster: Cluster;
  let admin: Connection;
  const opened: Connection[] = [];

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    cluster = await sharedCluster();
    admin = await connectAs(cluster.kubeconfigPath);
  });

  after(async () => {
    await Promise.all(opened.map((connection) => connection.close()));
  });

  async function connectAs(kubeconfigPath: string): Promise<Connection> {
    const connection = await connect({ kubeconfigPath, connections: 4, userAgent: 'jobflow-test' });
    opened.push(connection);
    return connection;
  }

  it('is the controller that leads, and the webhook', async () => {
    const found = await installationFor(admin, 'default');
    expect(found.namespace).to.equal('jobflow-system');
    expect(controllerState(found)).to.deep.equal({ kind: 'leads', holder: 'jobflow-controller-1' });
    expect(webhookState(found)).to.deep.equal({ kind: 'reachable' });
  });

  it('is another one, by its labels, for the namespaces that it is for', async () => {
    const [ops, shop] = await Promise.all([freshNamespace(cluster, 'ops'), freshNamespace(cluster, 'shop')]);
    const labels = {
      'app.kubernetes.io/name': 'jobflow',
      'app.kubernetes.io/instance': 'ops',
      'app.kubernetes.io/component': 'controller',
      'app.kubernetes.io/version': '9.8.7',
    };
    const env = [
      { name: 'JOBFLOW_LEASE_NAME', value: 'ops-jobflow-controller' },
      { name: 'JOBFLOW_NAMESPACES', value: `${shop}, other` },
    ];
    const containers = [{ name: 'controller', image: 'ghcr.io/jobflow/jobflow:9.8.7', env }];
    await cluster.apply(
      [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'ops-jobflow-controller', labels },
          spec: {
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers } },
          },
        },
        {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: 'ops-jobflow-controller' },
          spec: {
            holderIdentity: 'ops-1',
            leaseDurationSeconds: 15,
            renewTime: new Date(Date.now() - 3_600_000).toISOString().replace('Z', '000Z'),
          },
        },
      ],
      { namespace: ops },
    );
    const all = await findInstallations(admin);
    expect(all.map(({ namespace }) => namespace)).to.deep.equal(['jobflow-system', ops]);
    const found = all[1];
    expect(found?.follows).to.deep.equal([shop, 'other']);
    expect(found?.controller).to.have.nested.property('value.version', '9.8.7');
    expect(found && controllerState(found)).to.deep.include({ kind: 'silent', holder: 'ops-1' });
    expect((await installationFor(admin, shop)).namespace).to.equal(ops);
    expect((await installationFor(admin, ops)).namespace).to.equal('jobflow-system');
    await cluster.kubectl(['delete', 'namespace', ops, '--wait=false']);
    await cluster.kubectl(['delete', 'deployment,lease', '--all', '-n', ops]);
  });

  it('is nothing, and says so, for whoever may read none of it', async () => {
    const namespace = await freshNamespace(cluster, 'cli');
    const nobody = await connectAs(await cluster.serviceAccountKubeconfig(namespace, 'default'));
    const found = await installationFor(nobody, namespace);
    expect(found.namespace).to.equal('jobflow-system');
    expect(controllerState(found)).to.deep.equal({
      kind: 'unknown',
      what: 'get leases in namespace "jobflow-system"',
    });
    expect(webhookState(found)).to.deep.equal({
      kind: 'unknown',
      what: 'list mutatingwebhookconfigurations',
    });
  });
});
