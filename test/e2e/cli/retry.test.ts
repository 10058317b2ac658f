import { expect } from 'chai';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { API_GROUP, API_VERSION, FLOW_LABEL, OWN_ANNOTATIONS } from '../../../src/api/names.ts';
import { FAIL_ANNOTATION, readPath, waitUntil, type Cluster } from '../../support/cluster.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { openTerminal } from '../../support/terminal/pseudo-terminal.ts';
import { daemonJob, jobSpec } from '../support/daemon-place.ts';
import { flow } from '../support/flow-manifest.ts';
import { job, type JobManifest } from '../support/job-manifest.ts';
import { cliUser, type CliUser } from './cli-fixture.ts';

describe('jobflow retry', function () {
  this.timeout(40_000);
  let cluster: Cluster;
  let user: CliUser;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
  });

  beforeEach(async () => {
    user = await cliUser(cluster);
  });

  const apply = (...manifests: object[]) => cluster.apply(manifests, { namespace: user.namespace });
  const kubectl = (...args: string[]) => cluster.kubectl([...args, '-n', user.namespace]);
  const read = async (what: string): Promise<unknown> =>
    JSON.parse((await kubectl('get', what, '-o', 'json')).stdout);
  const until = (what: string, condition: string) =>
    kubectl('wait', what, `--for=condition=${condition}`, '--timeout=20s');
  const uidOf = async (what: string) => String(readPath(await read(what), 'metadata', 'uid'));
  const keptFiles = () => readdir(join(cluster.directory, '.local', 'state', 'jobflow')).catch(() => []);

  /** A JobFlow without entries, that has the pods of all who join it fail, or no more. */
  const mood = (fails: boolean) =>
    flow('mood').spec({ globalParams: { annotations: { [FAIL_ANNOTATION]: String(fails) } } });
  /** A Job whose first pod decides, and fails in a bad mood. */
  const moody = (name: string): JobManifest => job(name).annotated('flow', 'mood').spec({ backoffLimit: 0 });

  /** A chain whose second Job has failed, and what follows from that. */
  async function brokenChain(): Promise<object[]> {
    const chain = [
      mood(true),
      job('extract'),
      moody('load')
        .dependsOn('extract')
        .metadata({ labels: { team: 'etl' } }),
      job('report').dependsOn('load'),
      job('mail').dependsOn('report'),
      job('alarm').dependsOn('load=Failed'),
    ];
    await apply(...chain);
    await Promise.all([until('job/mail', 'failed'), until('job/alarm', 'complete')]);
    return chain;
  }

  it('makes anew what failed and all that failed because of it, and leaves what completed', async () => {
    const chain = await brokenChain();
    const before = await Promise.all(
      ['extract', 'alarm', 'load', 'mail'].map((name) => uidOf(`job/${name}`)),
    );
    await apply(mood(false));
    const { stdout, stderr, code } = await user.jobflow(['retry', 'load', '--yes']);
    expect(stderr).to.match(/^Until the Jobs are made anew, \S+\.yaml keeps what they are made from\.\n$/);
    expect({ stdout, code }).to.deep.equal({
      stdout: 'job.batch/load made anew\njob.batch/report made anew\njob.batch/mail made anew\n',
      code: 0,
    });
    await until('job/mail', 'complete');
    const after = await Promise.all(['extract', 'alarm', 'load', 'mail'].map((name) => uidOf(`job/${name}`)));
    expect(after.map((uid, index) => uid === before[index])).to.deep.equal([true, true, false, false]);
    const load: unknown = JSON.parse(
      (await kubectl('get', 'job/load', '-o', 'json', '--show-managed-fields')).stdout,
    );
    expect(readPath(load, 'metadata', 'labels')).to.deep.equal({ team: 'etl', [FLOW_LABEL]: 'mood' });
    expect(readPath(load, 'spec', 'template', 'metadata', 'annotations', FAIL_ANNOTATION)).to.equal('false');
    expect(JSON.stringify(readPath(load, 'metadata', 'managedFields'))).to.include(
      '"kubectl-client-side-apply"',
    );
    // The files are still what the Jobs were made from.
    const jobs = chain.slice(1);
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: jobs });
    await cluster.kubectl(['diff', '-f', '-', '-n', user.namespace], { input });
    await apply(...jobs);
    await cluster.apply(jobs, { namespace: user.namespace, serverSide: true });
    expect(await uidOf('job/load')).to.equal(after[2]);
    expect(await keptFiles()).to.deep.equal([]);
  });

  it('shows what it would do, and asks whoever sits at a terminal', async () => {
    await brokenChain();
    const before = await uidOf('job/load');
    expect(await user.jobflow(['retry', 'mail', '--dry-run'])).to.deep.equal({
      stdout: [
        '      NAME     STATE    WHY',
        '1     load     Failed   report failed because of it',
        '2     report   Failed   mail failed because of it',
        '3     mail     Failed   DependencyFailed',
        'Nothing has been done (dry run).',
        '',
      ].join('\n'),
      stderr: '',
      code: 0,
    });
    const { stdout } = await user.jobflow(['retry', 'load', '--dry-run=server', '-o', 'name']);
    expect(stdout).to.equal('job.batch/load\njob.batch/report\njob.batch/mail\n');
    const shown = await user.jobflow(['retry', 'load', '-o', 'yaml', '--dry-run']);
    expect(shown.stdout).to.not.match(/uid|status:|resourceVersion|jobflow.test.fail/);
    const refused = await user.jobflow(['retry', 'load']);
    expect(refused.code).to.equal(2);
    expect(refused.stderr).to.match(/Nobody can be asked here.*--yes/);
    expect(await uidOf('job/load')).to.equal(before);
    for (const answer of ['n', 'y']) {
      await using terminal = openTerminal(user.command(['retry', 'load']), {
        columns: 80,
        rows: 24,
        env: user.env,
      });
      await terminal.waitForScreen((lines) => lines.some((line) => line.includes('[y/N]')), 20_000);
      expect(terminal.screen()).to.deep.equal([
        '      NAME     STATE    WHY',
        '1     load     Failed   BackoffLimitExceeded',
        '2     report   Failed   because of load',
        '3     mail     Failed   because of report',
        'Run these 3 again? Jobs are made anew: their old pods and logs go. [y/N]',
      ]);
      terminal.type(answer);
      terminal.press('enter');
      expect(await terminal.exitCode()).to.equal(answer === 'y' ? 0 : 1);
      expect((await uidOf('job/load')) === before).to.equal(answer === 'n');
    }
  });

  it('runs a JobFlow again, the Jobs that joined it, and what waited for it', async () => {
    const etl = (fails: boolean) =>
      flow('etl')
        .spec({ globalParams: { annotations: { [FAIL_ANNOTATION]: String(fails) } } })
        .runs(job('load').spec({ backoffLimit: 0 }))
        .runs(job('report'), 'load');
    const joined = job('joined').annotated('flow', 'etl').spec({ backoffLimit: 0 });
    await apply(etl(true), joined, job('mail').dependsOn('jobflow/etl'));
    await Promise.all([until('job/mail', 'failed'), until('job/joined', 'failed')]);
    await apply(etl(false));
    const { stdout, code } = await user.jobflow(['retry', 'etl', '--yes']);
    expect({ stdout, code }).to.deep.equal({
      stdout: `jobflow.${API_GROUP}/etl retried\njob.batch/joined made anew\njob.batch/mail made anew\n`,
      code: 0,
    });
    await Promise.all([until('jobflow/etl', 'Complete'), until('job/mail', 'complete')]);
    const again = await user.jobflow(['retry', 'etl', '--yes']);
    expect(again).to.include({
      stdout: '',
      stderr: 'Nothing of JobFlow "etl" has failed or was skipped.\n',
      code: 1,
    });
    const owned = await user.jobflow(['retry', 'etl-load', '--yes']);
    expect(owned.stderr).to.equal(
      'Job "etl-load" belongs to JobFlow "etl"; retry that: jobflow retry jobflow/etl\n',
    );
  });

  it('runs the nodes of a DaemonJob again that failed, before the Jobs that waited for it', async () => {
    const tidy = (fails: boolean) => daemonJob('tidy', jobSpec({ fails }, { backoffLimit: 0 }));
    await apply(tidy(true), job('report').dependsOn('daemonjob/tidy'));
    await until('job/report', 'failed');
    await apply(tidy(false));
    const { stdout, code } = await user.jobflow(['retry', 'report', '--yes']);
    expect({ stdout, code }).to.deep.equal({
      stdout: `daemonjob.${API_GROUP}/tidy retried\njob.batch/report made anew\n`,
      code: 0,
    });
    await until('job/report', 'complete');
    expect((await user.jobflow(['retry', 'tidy', '--yes'])).stderr).to.equal(
      'Nothing of DaemonJob "tidy" has failed or was skipped.\n',
    );
  });

  it('touches nothing that it could not make anew', async () => {
    const template = {
      apiVersion: `${API_GROUP}/${API_VERSION}`,
      kind: 'JobTemplate',
      metadata: { name: 'base' },
    };
    const spec = { jobTemplate: job('base').asJobTemplate().spec };
    await apply({ ...template, spec });
    await apply(job('load').annotated('template', 'base').fails(), job('busy').lasts('10m'));
    await until('job/load', 'failed');
    await kubectl('delete', 'jobtemplate/base');
    const before = await uidOf('job/load');
    // The webhook follows templates.
    let result = await user.jobflow(['retry', 'load', 'busy', 'laod', '--yes']);
    await waitUntil('the webhook to know that the template is gone', async () => {
      result = await user.jobflow(['retry', 'load', 'busy', 'laod', '--dry-run=server']);
      return result.stderr.includes('cannot be run again');
    });
    expect(result.code).to.equal(1);
    expect(result.stderr).to.include('Job "laod" does not exist');
    expect(result.stderr).to.include('did you mean "load"?');
    expect(result.stderr).to.include(
      'Job "busy" is still running; only what failed or was skipped is run again.',
    );
    expect(result.stderr).to.match(
      /Job "load" cannot be run again: .*there is no JobTemplate "base".*\nNothing has been done\.\n$/,
    );
    expect(await uidOf('job/load')).to.equal(before);
  });

  it('says which right is missing before anything is done', async () => {
    await apply(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'reader' } },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'reader' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: user.namespace }],
      },
      job('load').fails(),
    );
    await until('job/load', 'failed');
    const kubeconfig = await cluster.serviceAccountKubeconfig(user.namespace, 'reader');
    const { stderr, code } = await user.jobflow(['retry', 'load', '--yes'], { kubeconfig });
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /Job "load" cannot be run again: .*cannot delete resource "jobs".*\nNothing has been done\.\n$/,
    );
  });

  it('loses nothing when it dies between deleting a Job and making it anew', async () => {
    const kept = job('load')
      .fails()
      .metadata({ finalizers: ['example.com/slow'] });
    await apply(kept, job('report').dependsOn('load'));
    await until('job/report', 'failed');
    const home = join(cluster.directory, user.namespace);
    const terminal = openTerminal(user.command(['retry', 'load', '--yes']), {
      env: { ...user.env, HOME: home },
    });
    await waitUntil(
      'the Job to be deleted',
      async () => readPath(await read('job/load'), 'metadata', 'deletionTimestamp') !== undefined,
    );
    await terminal[Symbol.asyncDispose]();
    await kubectl('patch', 'job/load', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
    await kubectl('wait', 'job/load', '--for=delete', '--timeout=10s');
    const folder = join(home, '.local', 'state', 'jobflow');
    const [file = ''] = await readdir(folder);
    const text = await readFile(join(folder, file), 'utf8');
    expect(parseAllDocuments(text).map((one) => readPath(one.toJSON(), 'metadata', 'name'))).to.deep.equal([
      'load',
      'report',
    ]);
    const { stdout, stderr } = await cluster.kubectl(
      ['create', '-f', join(folder, file), '-n', user.namespace],
      { allowFailure: true },
    );
    expect(stdout).to.equal('job.batch/load created\n');
    expect(stderr).to.include('"report" already exists');
    expect(readPath(await read('job/load'), 'metadata', 'annotations', OWN_ANNOTATIONS.gated)).to.equal(
      undefined,
    );
  });
});
