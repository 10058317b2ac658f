import { expect } from 'chai';
import type { Finding, Level } from '../../../src/cli/doctor/finding.ts';
import { createCertificateAuthority } from '../../support/cluster/certificates.ts';
import { STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import {
  installJobflow,
  startCluster,
  waitUntil,
  type Cluster,
  type Jobflow,
} from '../../support/cluster.ts';
import { openTerminal } from '../../support/terminal/pseudo-terminal.ts';
import { whileControllerIsDown } from '../support/controller-down.ts';
import { job } from '../support/job-manifest.ts';
import { cliUser, type CliOptions, type CliUser } from './cli-fixture.ts';

const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/jobflow';

/** What it finds wrong is made so here, hence a cluster of its own. */
describe('jobflow doctor', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let jobflow: Jobflow;
  let user: CliUser;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster({ nodes: 1 });
    user = await cliUser(cluster);
  });

  after(async function () {
    this.timeout(60_000);
    await cluster.stop();
  });

  async function doctor(
    options: CliOptions = {},
    words: readonly string[] = [],
  ): Promise<{ code: number; findings: readonly Finding[] }> {
    const { stdout, stderr, code } = await user.jobflow(['doctor', '-o', 'json', ...words], options);
    expect(stderr).to.equal('');
    const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
    return { code, findings };
  }

  const of = (findings: readonly Finding[], level: Level): string[] =>
    findings.filter((finding) => finding.level === level).map(({ message }) => message);

  /** The API server takes a new configuration into use a moment after it has stored it. */
  const untilWrong = (isWanted: (wrong: readonly string[]) => boolean): Promise<readonly Finding[]> =>
    waitUntil('the doctor to find it', async () => {
      const { code, findings } = await doctor();
      return code === 1 && isWanted(of(findings, 'wrong')) && findings;
    });

  const setBundles = async (caBundle: string): Promise<void> => {
    const stored = (await cluster.api.demand('GET', CONFIGURATION)) as {
      webhooks: { clientConfig: { caBundle?: string } }[];
    };
    for (const { clientConfig } of stored.webhooks) clientConfig.caBundle = caBundle;
    await cluster.api.demand('PUT', CONFIGURATION, stored);
  };

  it('says that nothing is installed, and how to install it', async () => {
    const { code, findings } = await doctor();
    expect(code).to.equal(1);
    expect(of(findings, 'wrong')).to.deep.equal(['jobflow is not installed in this cluster.']);
    expect(findings.find(({ level }) => level === 'wrong')?.mend).to.include('helm install jobflow');
  });

  it('finds nothing wrong with an installation that works', async () => {
    jobflow = await installJobflow(cluster);
    const { stdout, stderr, code } = await user.jobflow(['doctor']);
    expect(stdout.split('\n').map((line) => line.replace(/v1\.\d+\.\d+|\d{4}-\d\d-\d\d/, '…'))).to.deep.equal(
      [
        'ok     Kubernetes is ….',
        'ok     The cluster has JobFlow, JobTemplate and DaemonJob (api.practice.com/v1alpha1).',
        'ok     A controller leads: jobflow-controller-1.',
        'ok     The webhook configuration "jobflow" is there, with a caBundle.',
        `ok     The certificate of the webhook (${jobflow.webhookUrl.replace('https://', '')}) is valid until ….`,
        'ok     A dry run shows: a Job that depends on another is made to wait.',
        'ok     A dry run shows: a Job that claims to be released is refused.',
        'ok     A dry run shows: a JobFlow with a cycle is refused.',
        'ok     The ValidatingAdmissionPolicy "jobflow" is there, and bound.',
        'note   There is no Deployment of the controller in namespace "jobflow-system"; it runs elsewhere, or without the labels of the chart.',
        'note   There is no Deployment of the webhook in namespace "jobflow-system"; it runs elsewhere, or without the labels of the chart.',
        `ok     No Job in namespace "${user.namespace}" is kept from its deletion by a finalizer of jobflow.`,
        `ok     You have the rights in namespace "${user.namespace}" that all commands take.`,
        '',
      ],
    );
    expect({ stderr, code }).to.deep.equal({ stderr: 'Nothing is wrong.\n', code: 0 });
  });

  it('fits the terminal that it is read on', async () => {
    const screen = async (columns: number, rows: number): Promise<string[]> => {
      await using terminal = openTerminal(user.command(['doctor']), { env: user.env, columns, rows });
      expect(await terminal.exitCode()).to.equal(0);
      return terminal.screen().map((line) =>
        line
          .replace(/v1\.\d+\.\d+/, 'VERSION')
          .replace(/127\.0\.0\.1:\d+/, 'ADDRESS')
          .replace(/\d{4}-\d\d-\d\d/, 'DATE')
          .replace(user.namespace, 'NAMESPACE'),
      );
    };
    expect(await screen(80, 24)).to.deep.equal([
      'ok     Kubernetes is VERSION.',
      'ok     The cluster has JobFlow, JobTemplate and DaemonJob',
      '       (api.practice.com/v1alpha1).',
      'ok     A controller leads: jobflow-controller-1.',
      'ok     The webhook configuration "jobflow" is there, with a caBundle.',
      'ok     The certificate of the webhook (ADDRESS) is valid until',
      '       DATE.',
      'ok     A dry run shows: a Job that depends on another is made to wait.',
      'ok     A dry run shows: a Job that claims to be released is refused.',
      'ok     A dry run shows: a JobFlow with a cycle is refused.',
      'ok     The ValidatingAdmissionPolicy "jobflow" is there, and bound.',
      'note   There is no Deployment of the controller in namespace "jobflow-system";',
      '       it runs elsewhere, or without the labels of the chart.',
      'note   There is no Deployment of the webhook in namespace "jobflow-system"; it',
      '       runs elsewhere, or without the labels of the chart.',
      'ok     No Job in namespace "NAMESPACE" is kept from its deletion by a',
      '       finalizer of jobflow.',
      'ok     You have the rights in namespace "NAMESPACE" that all commands take.',
      'Nothing is wrong.',
    ]);
    const wide = await screen(200, 60);
    expect(wide).to.have.length(14);
    expect(wide[9]).to.equal(
      'note   There is no Deployment of the controller in namespace "jobflow-system"; it runs elsewhere, or without the labels of the chart.',
    );
  });

  it('says what a user with few rights may not read or do, and fails for nothing of it', async () => {
    await cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'few' } }, user);
    await cluster.kubectl([
      'create',
      'role',
      'few',
      '--verb=get,list',
      '--resource=jobs',
      '-n',
      user.namespace,
    ]);
    await cluster.kubectl([
      ...['create', 'rolebinding', 'few', '--role=few', `--serviceaccount=${user.namespace}:few`],
      ...['-n', user.namespace],
    ]);
    const kubeconfig = await cluster.serviceAccountKubeconfig(user.namespace, 'few');
    const { code, findings } = await doctor({ kubeconfig });
    expect(code).to.equal(0);
    expect(of(findings, 'wrong')).to.deep.equal([]);
    expect(of(findings, 'unknown')).to.include.members([
      'You may not get leases in namespace "jobflow-system", so it is not said whether a controller leads.',
      'You may not list mutatingwebhookconfigurations, so it is not said whether the API server asks the webhook.',
      `You may not create jobs in namespace "${user.namespace}", so it is not tried whether a Job that depends on another is made to wait.`,
    ]);
    expect(of(findings, 'note')).to.include(
      `You may not patch jobs in namespace "${user.namespace}": approve, hold, resume, run, start and suspend will not do all that they can.`,
    );
  });

  it('finds that no controller leads, and what therefore cannot be deleted', async () => {
    await cluster.apply(job('kept').dependsOn('missing').spec({ ttlSecondsAfterFinished: 60 }), user);
    const wrong = await whileControllerIsDown(jobflow, async () =>
      of((await doctor({}, ['-A'])).findings, 'wrong'),
    );
    expect(wrong.join('\n')).to.match(/No controller leads: the last one stepped down \S+ ago/);
    expect(wrong.join('\n')).to.include('1 Job in all namespaces could not be deleted');
  });

  it('finds a webhook that is away', async () => {
    const [webhook] = jobflow.webhooks;
    await webhook?.stop();
    const findings = await untilWrong((wrong) => wrong.some((one) => one.includes('connection refused')));
    await webhook?.restart();
    expect(of(findings, 'wrong')).to.satisfy((wrong: string[]) =>
      wrong.every((one) => /cannot ask the webhook: |no Deployment of the webhook/.test(one)),
    );
    expect(findings.find(({ message }) => message.includes('failed calling webhook'))?.mend).to.include(
      'Start the webhook',
    );
    expect(of(findings, 'unknown').join()).to.include('cannot be reached from here');
  });

  it('finds a caBundle that is blank, or of another authority', async () => {
    await setBundles('');
    const blank = await untilWrong((wrong) => wrong.some((one) => one.includes('x509')));
    expect(of(blank, 'wrong')).to.include(
      'The webhook jobs.api.practice.com of the configuration "jobflow" has no caBundle, so the API server cannot trust it.',
    );
    const other = await createCertificateAuthority('another');
    await setBundles(Buffer.from(other.cert).toString('base64'));
    const untrusted = await untilWrong((wrong) => wrong.some((one) => one.includes('is not signed by')));
    expect(of(untrusted, 'wrong').join('\n')).to.include('x509: certificate signed by unknown authority');
    await setBundles(Buffer.from(cluster.caCert).toString('base64'));
    await waitUntil('all to be well again', async () => (await doctor()).code === 0);
  });

  it('finds that the policy or a resource is missing', async () => {
    await cluster.kubectl(['delete', 'validatingadmissionpolicybinding', 'jobflow']);
    await cluster.kubectl(['delete', 'crd', 'daemonjobs.api.practice.com']);
    const findings = await untilWrong((wrong) => wrong.some((one) => one.includes('DaemonJob')));
    expect(of(findings, 'wrong')).to.include.members([
      'The cluster does not have DaemonJob (api.practice.com/v1alpha1).',
      'The ValidatingAdmissionPolicy "jobflow" has no binding with the action Deny, so it refuses nothing.',
    ]);
  });
});
