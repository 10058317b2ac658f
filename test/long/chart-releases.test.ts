import { expect } from 'chai';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPath, startCluster, waitUntil } from '../support/cluster.ts';
import type { Cluster } from '../support/cluster.ts';
import { STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { CHART_FOLDER, runHelm } from '../support/helm.ts';
import type { HelmResult } from '../support/helm.ts';

const SYSTEM = 'jobflow-system';
const LIMIT_MS = 180_000;
const CRDS = ['daemonjobs', 'jobflows', 'jobtemplates'].map((plural) => `${plural}.api.practice.com`);
const CLUSTER_WIDE = [
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'clusterroles',
  'clusterrolebindings',
];
/** A Secret may hold that much (https://kubernetes.io/docs/concepts/configuration/secret/#restriction-data-size). */
const SECRET_LIMIT_BYTES = 1_048_576;

/** The nodes are fake: the clean-up's pod ends well without having done anything. What it does has its own test. */
describe('a release of the chart', function () {
  this.timeout(LIMIT_MS);
  let cluster: Cluster;
  let folder: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster({ nodes: 1 });
    folder = await mkdtemp(join(tmpdir(), 'jobflow-chart-'));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await cluster.stop();
  });

  afterEach(async () => {
    const { stdout } = await runHelm(cluster, ['list', '--all-namespaces', '-o', 'json']);
    for (const { name, namespace } of JSON.parse(stdout) as { name: string; namespace: string }[])
      await runHelm(cluster, ['uninstall', name, '-n', namespace, '--no-hooks', '--wait']);
    await cluster.kubectl(['delete', 'crd', ...CRDS, '--ignore-not-found']);
    await cluster.kubectl(['delete', 'ns', SYSTEM, 'elsewhere', 'team-a', 'team-b', '--ignore-not-found']);
  });

  const install = (args: readonly string[] = [], allowFailure = false): Promise<HelmResult> =>
    runHelm(cluster, ['install', 'jobflow', CHART_FOLDER, '-n', SYSTEM, '--create-namespace', ...args], {
      allowFailure,
    });
  const uninstall = (args: readonly string[] = []): Promise<HelmResult> =>
    runHelm(cluster, ['uninstall', 'jobflow', '-n', SYSTEM, '--wait', ...args]);
  const names = async (resource: string): Promise<string[]> => {
    const { stdout } = await cluster.kubectl([
      ...['get', resource, '-A', '-l', 'app.kubernetes.io/name=jobflow', '-o', 'name'],
    ]);
    return stdout.split('\n').filter((line) => line !== '');
  };
  const makeNamespaces = (...wanted: string[]): Promise<unknown> =>
    cluster.apply(wanted.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));

  it('fits into what Helm keeps of it, with room for the next version', async () => {
    await install();
    const secret: unknown = await cluster.api.demand(
      'GET',
      `/api/v1/namespaces/${SYSTEM}/secrets/sh.helm.release.v1.jobflow.v1`,
    );
    const data = Buffer.from(String(readPath(secret, 'data', 'release')), 'base64');
    expect(data.byteLength).to.be.below(0.75 * SECRET_LIMIT_BYTES);
  });

  it('says what to do next', async () => {
    const { stdout } = await install();
    expect(stdout).to.include('helm test jobflow --namespace jobflow-system');
    const example = stdout.slice(stdout.indexOf("<<'END'\n") + 8, stdout.indexOf('   END\n'));
    const applied = await cluster.apply(example.replace(/^ {3}/gm, ''), {
      namespace: 'default',
      allowFailure: true,
    });
    // Nobody answers here; the API server has understood the example and asks the webhook about the Job that waits.
    expect(applied.stdout).to.include('job.batch/first created');
    expect(applied.stderr).to.include('failed calling webhook "jobs.api.practice.com"');
    await cluster.kubectl(['delete', 'job', 'first', '-n', 'default']);
  });

  it('leaves nothing behind but what users own: the CRDs, their flows and the namespace', async () => {
    await install();
    await uninstall(['--no-hooks']);
    await cluster.apply(
      { apiVersion: 'api.practice.com/v1alpha1', kind: 'JobFlow', metadata: { name: 'mine' }, spec: {} },
      { namespace: 'default' },
    );
    for (const resource of CLUSTER_WIDE) expect(await names(resource), resource).to.deep.equal([]);
    for (const resource of ['deploy', 'sa', 'svc', 'role', 'rolebinding', 'pdb', 'netpol', 'cm'])
      expect(await names(resource), resource).to.deep.equal([]);
    expect(await names('crd')).to.have.length(3);
  });

  it('cleans up after itself by a Job whose account and rights go with it', async () => {
    await install();
    await uninstall();
    await waitUntil('the account of the clean-up to be gone', async () => (await names('sa')).length === 0);
    for (const resource of ['clusterroles', 'clusterrolebindings', 'jobs'])
      expect(await names(resource), resource).to.deep.equal([]);
  });

  it('adopts at the next install what the last one has left, flows included', async () => {
    await install();
    await uninstall(['--no-hooks']);
    await cluster.apply(
      { apiVersion: 'api.practice.com/v1alpha1', kind: 'JobFlow', metadata: { name: 'mine' }, spec: {} },
      { namespace: 'default' },
    );
    const uid = async () =>
      (await cluster.kubectl(['get', 'jobflow', 'mine', '-n', 'default', '-o', 'jsonpath={.metadata.uid}']))
        .stdout;
    const before = await uid();
    await install();
    expect(await uid()).to.equal(before);
  });

  it('is taken over from another name or from kubectl by --take-ownership', async () => {
    await cluster.kubectl(['apply', '--server-side', '-k', join(CHART_FOLDER, '../../manifests/crds')]);
    const refused = await install([], true);
    expect(refused.stderr).to.include('invalid ownership metadata');
    await install(['--take-ownership']);
  });

  it('takes the CRDs with it where that is asked for', async () => {
    await install(['--set', 'crds.keep=false']);
    await uninstall(['--no-hooks']);
    await waitUntil('the CRDs to be gone', async () => (await names('crd')).length === 0);
  });

  it('upgrades the CRDs, and leaves alone the caBundle that the webhook has written', async () => {
    await install();
    const configuration = ['mutatingwebhookconfiguration', 'jobflow'];
    const patch = [0, 1, 2].map((index) => ({
      op: 'add',
      path: `/webhooks/${index}/clientConfig/caBundle`,
      value: Buffer.from(cluster.caCert).toString('base64'),
    }));
    await cluster.kubectl(['patch', ...configuration, '--type=json', '-p', JSON.stringify(patch)]);
    const next = join(folder, 'next');
    await cp(CHART_FOLDER, next, { recursive: true });
    const file = join(next, 'files/crds/jobflows.yaml');
    const changed = (await readFile(file, 'utf8')).replace(
      'additionalPrinterColumns:\n',
      'additionalPrinterColumns:\n        - name: NEW\n          type: string\n          jsonPath: .status.new\n',
    );
    await writeFile(file, changed);
    await runHelm(cluster, ['upgrade', 'jobflow', next, '-n', SYSTEM, '--set', 'webhook.timeoutSeconds=7']);
    const crd = await cluster.kubectl(['get', 'crd', 'jobflows.api.practice.com', '-o', 'yaml']);
    expect(crd.stdout).to.include('name: NEW');
    const { stdout } = await cluster.kubectl(['get', ...configuration, '-o', 'json']);
    const webhooks: unknown = readPath(JSON.parse(stdout), 'webhooks');
    expect(readPath(webhooks, 0, 'timeoutSeconds')).to.equal(7);
    for (const index of [0, 1, 2])
      expect(readPath(webhooks, index, 'clientConfig', 'caBundle')).to.equal(patch[index]?.value);
  });

  it('goes back to the version before by helm rollback', async () => {
    await install();
    await runHelm(cluster, ['upgrade', 'jobflow', CHART_FOLDER, '-n', SYSTEM, '--set', 'webhook.replicas=3']);
    await runHelm(cluster, ['rollback', 'jobflow', '1', '-n', SYSTEM]);
    const replicas = ['get', 'deploy', 'jobflow-webhook', '-n', SYSTEM, '-o', 'jsonpath={.spec.replicas}'];
    expect((await cluster.kubectl(replicas)).stdout).to.equal('2');
  });

  describe('beside another one in the cluster', () => {
    const other = (args: readonly string[]): Promise<HelmResult> =>
      runHelm(
        cluster,
        ['install', 'second', CHART_FOLDER, '-n', 'elsewhere', '--create-namespace', ...args],
        {
          allowFailure: true,
        },
      );

    it('is refused where both would see the same Jobs', async () => {
      await install();
      const { code, stderr } = await other([]);
      expect(code).to.equal(1);
      expect(stderr).to.include(
        'another jobflow is installed in this cluster: release "jobflow" in namespace "jobflow-system": two that see the same Jobs would both gate them',
      );
      expect(await names('mutatingwebhookconfigurations')).to.have.length(1);
    });

    it('is refused beside one that kubectl has installed', async () => {
      const webhook = join(CHART_FOLDER, '../../manifests/webhook');
      await cluster.kubectl(['apply', '-k', webhook]);
      const { stderr } = await other([]);
      await cluster.kubectl(['delete', '-k', webhook]);
      expect(stderr).to.include('another jobflow is installed in this cluster, without Helm: two that see');
    });

    it('is refused where its objects would have the same names', async () => {
      await makeNamespaces('team-a');
      await install(['--set', 'namespaces={team-a}']);
      const { stderr } = await other(['--set', 'fullnameOverride=jobflow']);
      expect(stderr).to.include('with objects of the same names (jobflow)');
    });

    it('is refused for a namespace that the other has', async () => {
      await makeNamespaces('team-a', 'team-b');
      await install(['--set', 'namespaces={team-a}']);
      const { stderr } = await other(['--set', 'namespaces={team-b,team-a}', '--set', 'crds.install=false']);
      expect(stderr).to.include('namespaces: team-a: another jobflow is installed');
    });

    it('is told that the CRDs are there already', async () => {
      await makeNamespaces('team-a', 'team-b');
      await install(['--set', 'namespaces={team-a}']);
      const { stderr } = await other(['--set', 'namespaces={team-b}']);
      expect(stderr).to.include('crds.install: true: another jobflow is installed');
    });

    it('is installed for namespaces of its own', async () => {
      await makeNamespaces('team-a', 'team-b');
      await install(['--set', 'namespaces={team-a}']);
      const { code, stderr } = await other(['--set', 'namespaces={team-b}', '--set', 'crds.install=false']);
      expect(stderr).not.to.include('Error');
      expect(code).to.equal(0);
      expect(await names('mutatingwebhookconfigurations')).to.have.length(2);
    });
  });
});
