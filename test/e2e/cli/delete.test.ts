import { expect } from 'chai';
import { readPath, waitUntil, type Cluster } from '../../support/cluster.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { openTerminal } from '../../support/terminal/pseudo-terminal.ts';
import { flow } from '../support/flow-manifest.ts';
import { job } from '../support/job-manifest.ts';
import { cliUser, type CliUser } from './cli-fixture.ts';

/** Longer than any test. */
const LONG = '10m';
const FOREIGN = 'example.com/kept';
const SCREEN_LIMIT_MS = 30_000;

describe('jobflow delete', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let user: CliUser;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
    user = await cliUser(cluster);
  });

  const apply = (...manifests: object[]) => cluster.apply(manifests, { namespace: user.namespace });
  const kubectl = (...args: string[]) => cluster.kubectl([...args, '-n', user.namespace]);
  const names = async (resource: string): Promise<string[]> =>
    (await kubectl('get', resource, '-o', 'name')).stdout.split('\n').filter((name) => name !== '');
  const nightlyFlow = async (name: string): Promise<void> => {
    await apply(flow(name).runs(job('load').lasts(LONG)).runs(job('report'), 'load'));
    await kubectl('wait', `job/${name}-load`, '--for=jsonpath={.status.active}=1', '--timeout=30s');
    await kubectl('wait', `job/${name}-report`, '--for=jsonpath={.spec.suspend}=true', '--timeout=30s');
  };

  it('asks on a terminal, and says what goes and who waits for it', async () => {
    await nightlyFlow('etl');
    await apply(job('after').dependsOn('jobflow/etl'));
    const run = async (answer: string): Promise<{ lines: string[]; code: number }> => {
      await using terminal = openTerminal(user.command(['delete', 'etl']), { env: user.env });
      await terminal.waitForScreen((lines) => lines.some((line) => line.includes('[y/N]')), SCREEN_LIMIT_MS);
      terminal.type(answer);
      return { code: await terminal.exitCode(), lines: terminal.screen() };
    };
    const question = [
      'JobFlow "etl" will be deleted, with its 2 Jobs and their pods (1 pod runs):',
      '  etl-load    Running',
      '  etl-report  Waiting',
      // As the terminal breaks the line.
      'Job "after" waits for JobFlow "etl", and will wait on until there is another.',
    ];
    expect(await run('n\r')).to.deep.equal({
      code: 1,
      lines: [...question, 'Delete it? [y/N] n', 'Nothing is deleted.'],
    });
    const interrupted = await run('\u0003');
    expect(interrupted.code).to.equal(1);
    expect(await names('jobflows')).to.have.length(1);
    expect(await run('y\r')).to.deep.equal({
      code: 0,
      lines: [...question, 'Delete it? [y/N] y', 'JobFlow "etl" is deleted, with its 2 Jobs and their pods.'],
    });
    expect(await names('jobflows')).to.deep.equal([]);
  });

  it('does nothing where nobody can be asked, unless --yes is there', async () => {
    await apply(job('asked').dependsOn('missing'));
    const { stderr, code } = await user.jobflow(['delete', 'asked']);
    expect(stderr).to.match(/Nobody can be asked here.*add --yes/);
    expect(code).to.equal(2);
    expect(await user.jobflow(['delete', 'asked', '--yes', '-o', 'name'])).to.deep.equal({
      stdout: 'job.batch/asked\n',
      stderr: '',
      code: 0,
    });
    expect(await names('jobs')).not.to.include('job.batch/asked');
  });

  it('leaves the Jobs of a flow with --cascade=orphan', async () => {
    await nightlyFlow('left');
    const { stdout, code } = await user.jobflow(['delete', 'left', '-y', '--cascade=orphan']);
    expect(stdout).to.equal('JobFlow "left" is deleted; its 2 Jobs stay.\n');
    expect(code).to.equal(0);
    const { stdout: job } = await kubectl('get', 'job/left-report', '-o', 'json');
    expect(readPath(JSON.parse(job), 'metadata', 'ownerReferences')).to.equal(undefined);
  });

  it('waits for pods with --cascade=foreground, and says what keeps an object', async () => {
    await apply(
      job('kept')
        .lasts(LONG)
        .metadata({ finalizers: [FOREIGN] }),
    );
    await kubectl('wait', 'job/kept', '--for=jsonpath={.status.active}=1', '--timeout=30s');
    const late = await user.jobflow(['delete', 'kept', '--yes', '--timeout=4s']);
    expect(late.code).to.equal(3);
    expect(late.stderr).to.include(`Job "kept" stays until its finalizers are taken off: ${FOREIGN}.`);
    expect(late.stderr).to.include('still there after the time given by --timeout');
    const again = await user.jobflow(['delete', 'kept', '--yes', '--wait=false', '--cascade=foreground']);
    expect(again).to.deep.include({
      stdout: 'Job "kept" is being deleted already, with its pods.\n',
      code: 0,
    });
    await kubectl('patch', 'job/kept', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
  });

  it('is only tried with --dry-run', async () => {
    await apply(
      job('tried')
        .dependsOn('missing')
        .metadata({ labels: { tried: 'yes' } }),
    );
    for (const [how, suffix] of [
      ['client', '(dry run)'],
      ['server', '(server dry run)'],
    ] as const) {
      const { stdout, code } = await user.jobflow(['delete', '-l', 'tried=yes', `--dry-run=${how}`]);
      expect(stdout).to.equal(`Job "tried" is deleted, with its pods. ${suffix}\n`);
      expect(code).to.equal(0);
    }
    expect(await names('jobs')).to.include('job.batch/tried');
  });

  it('says what it cannot do, and does the rest', async () => {
    await apply(job('there').dependsOn('missing'), {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'few' },
    });
    await kubectl('create', 'role', 'few', '--verb=get,list', '--resource=jobs');
    await kubectl('create', 'rolebinding', 'few', '--role=few', `--serviceaccount=${user.namespace}:few`);
    const kubeconfig = await cluster.serviceAccountKubeconfig(user.namespace, 'few');
    const denied = await user.jobflow(['delete', 'there', '--yes'], { kubeconfig });
    expect(denied.code).to.equal(1);
    expect(denied.stderr).to.match(/^Job "there": .*cannot delete resource "jobs".*ask for that right/);
    const partly = await user.jobflow(['delete', 'there', 'nothere', '--yes']);
    expect(partly.code).to.equal(1);
    expect(partly.stderr).to.include('"nothere" does not exist');
    expect(partly.stdout).to.equal('Job "there" is deleted, with its pods.\n');
    expect(await user.jobflow(['delete', 'nothere', '--yes', '--ignore-not-found'])).to.deep.equal({
      stdout: '',
      stderr: '',
      code: 0,
    });
    expect((await user.jobflow(['delete', 'a', '--timeout', 'soon'])).code).to.equal(2);
  });

  it('takes the Jobs of a flow with it', async () => {
    // The garbage collector learns of new kinds every half minute.
    const left = async (): Promise<string[]> =>
      (await names('jobs')).filter((name) => name.startsWith('job.batch/etl-'));
    await waitUntil('the Jobs of the flow to go', async () => (await left()).length === 0, {
      limitMs: 60_000,
    });
  }).timeout(90_000);
});
