import { expect } from 'chai';
import { parse } from 'yaml';
import { VERSION } from '../../../src/runtime/version.ts';
import { sharedCluster, STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import type { Cluster } from '../../support/cluster.ts';
import { cliUser, type CliUser } from './cli-fixture.ts';
import { limitedUser } from './limited-user.ts';

const OWN = `jobflow ${VERSION} (Node.js ${process.versions.node})`;
const KUBERNETES = /^Kubernetes v\d+\.\d+\.\d+/;

/** As the chart has it, without pods. */
function deployment(program: string, labels: Readonly<Record<string, string>>) {
  const selector = { app: program };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: `jobflow-${program}`,
      labels: { 'app.kubernetes.io/name': 'jobflow', 'app.kubernetes.io/component': program, ...labels },
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: selector },
        spec: { containers: [{ name: 'main', image: 'example.test/jobflow:0.0.8' }] },
      },
    },
  };
}

describe('jobflow version', () => {
  let cluster: Cluster;
  let user: CliUser;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    user = await cliUser(cluster);
  });

  it('says which versions this program, the cluster and the jobflow in it are', async () => {
    const { namespace } = user;
    const deployments = [
      deployment('controller', { 'app.kubernetes.io/version': '0.0.9' }),
      deployment('webhook', {}),
    ];
    await cluster.apply(deployments, { namespace });
    try {
      const { code, stdout, stderr } = await user.jobflow(['version']);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      const [own, kubernetes, ...installed] = stdout.trimEnd().split('\n');
      expect(own).to.equal(OWN);
      expect(kubernetes).to.match(KUBERNETES);
      expect(installed.filter((line) => line.includes(namespace))).to.deep.equal([
        `controller in ${namespace}: 0.0.9`,
        `webhook in ${namespace}: example.test/jobflow:0.0.8`,
      ]);
      for (const form of ['json', 'yaml']) {
        const said: unknown = parse((await user.jobflow(['version', '-o', form])).stdout);
        expect(said).to.deep.include({ version: VERSION, node: process.versions.node });
        expect(said).to.have.property('kubernetes').that.matches(/^v\d/);
        const image = 'example.test/jobflow:0.0.8';
        expect(said)
          .to.have.property('installed')
          .that.deep.includes({ namespace, program: 'controller', version: '0.0.9', image });
      }
    } finally {
      await cluster.kubectl(['delete', 'deployments', '--all', '-n', namespace]);
    }
  });

  it('says what may not be read, and the rest', async () => {
    const kubeconfig = await limitedUser(cluster, user.namespace, []);
    const { code, stdout, stderr } = await user.jobflow(['version'], { kubeconfig });
    expect(code).to.equal(0);
    expect(stdout.split('\n')[1]).to.match(KUBERNETES);
    expect(stdout.trimEnd().split('\n')).to.have.length(2);
    expect(stderr).to.equal(
      'You may not list deployments in namespace "jobflow-system", so nothing is said of the jobflow in the cluster.\n',
    );
  });

  it('asks no cluster with --client, and fails without one only if it is named', async () => {
    const without = { env: { KUBECONFIG: '/nowhere' } };
    const client = await user.jobflow(['version', '--client'], without);
    expect(client).to.deep.equal({ code: 0, stdout: `${OWN}\n`, stderr: '' });
    const told = await user.jobflow(['version'], without);
    expect(told).to.deep.include({ code: 0, stdout: `${OWN}\n` });
    expect(told.stderr).to.equal(
      '/nowhere: there is no such file; check the path, the variable KUBECONFIG and permissions.\n',
    );
    const named = await user.jobflow(['version', '--kubeconfig', '/nowhere']);
    expect(named).to.deep.include({ code: 1, stdout: `${OWN}\n` });
  });
});
