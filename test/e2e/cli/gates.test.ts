import { expect } from 'chai';
import { parse } from 'yaml';
import { USER_ANNOTATIONS } from '../../../src/api/names.ts';
import { readPath, type Cluster } from '../../support/cluster.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { daemonJob, jobSpec } from '../support/daemon-place.ts';
import { flow } from '../support/flow-manifest.ts';
import { job } from '../support/job-manifest.ts';
import { cliUser, type CliUser } from './cli-fixture.ts';

/** Longer than any test. */
const LONG = '10m';

describe('the gates by hand', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let user: CliUser;
  let same: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
    user = await cliUser(cluster);
    same = ` -n ${user.namespace}`;
  });

  const apply = (...manifests: object[]) => cluster.apply(manifests, { namespace: user.namespace });
  const kubectl = (...args: string[]) => cluster.kubectl([...args, '-n', user.namespace]);
  const read = async (what: string): Promise<unknown> =>
    JSON.parse((await kubectl('get', what, '-o', 'json')).stdout);
  const until = (what: string, condition: string) =>
    kubectl('wait', what, `--for=${condition}`, '--timeout=30s');
  const isRunning = (name: string) => until(`job/${name}`, 'jsonpath={.status.active}=1');

  /** What a command says that goes well. */
  async function says(...words: string[]): Promise<string> {
    const { stdout, stderr, code } = await user.jobflow(words);
    expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 });
    return stdout;
  }

  /** What a command says that does nothing because it cannot. */
  async function refuses(...words: string[]): Promise<string> {
    const { stdout, stderr, code } = await user.jobflow(words);
    expect({ stdout, code }).to.deep.equal({ stdout: '', code: 1 });
    return stderr;
  }

  it('keep a Job that waits from starting, until somebody approves it', async () => {
    await apply(job('publish').dependsOn('load'));
    expect(await says('hold', 'publish')).to.equal(
      `Job "publish" is held, until \`jobflow approve publish${same}\`.\n`,
    );
    expect(await says('hold', 'job/publish')).to.equal(
      `Job "publish" is held already, until \`jobflow approve publish${same}\`.\n`,
    );
    await apply(job('load'));
    await until('job/load', 'condition=complete');
    expect(readPath(await read('job/publish'), 'spec', 'suspend')).to.equal(true);
    expect(await says('approve', 'publish')).to.equal('Job "publish" is approved: it starts now.\n');
    await until('job/publish', 'condition=complete');
    const approved = readPath(
      await read('job/publish'),
      ...['metadata', 'annotations', USER_ANNOTATIONS.approved],
    );
    expect(approved).to.match(/^\S+, \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(await says('approve', 'publish')).to.equal(
      `Job "publish" is approved already (${String(approved)}).\n`,
    );
    expect(await refuses('hold', 'publish')).to.equal(
      'Job "publish" has ended as Complete: there is nothing to hold.\n',
    );
  });

  it('are approved once, however many do it at the same time', async () => {
    await apply(job('once').annotated('hold', 'true').dependsOn('missing'));
    const answers = await Promise.all([1, 2, 3].map(() => says('approve', 'once')));
    expect(answers.filter((answer) => answer.includes('is approved: it still waits'))).to.have.length(1);
    expect(answers.filter((answer) => answer.includes('is approved already'))).to.have.length(2);
  });

  it('let a Job start without what it waits for, when that is said', async () => {
    await apply(job('early').dependsOn('missing').annotated('hold', 'true'));
    expect(await refuses('start', 'early')).to.equal(
      `Job "early" waits: Job "missing" does not exist (not created yet, or gone with its outcome unknown); held until it is approved. \`jobflow start early${same} --ignore-dependencies\` starts it without.\n`,
    );
    expect(await says('start', 'early', '--ignore-dependencies')).to.equal(
      'Job "early" starts now, without waiting for Job "missing" and without approval.\n',
    );
    await until('job/early', 'condition=complete');
  });

  it('start a Job that was suspended by its file and gated only later', async () => {
    await apply(job('later').spec({ suspend: true }));
    expect(await refuses('hold', 'later')).to.include('Job "later" has no gate: it is suspended');
    await kubectl('annotate', 'job/later', `${USER_ANNOTATIONS.dependsOn}=missing`);
    expect(await says('start', 'later', '--ignore-dependencies')).to.equal(
      'Job "later" starts now, without waiting for Job "missing".\n',
    );
    await until('job/later', 'condition=complete');
  });

  it('work on the Jobs of a JobFlow, which stay the same Jobs', async () => {
    await apply(
      flow('etl')
        .runs(job('load').lasts(LONG))
        .runs(job('report'), 'load')
        .runs(job('publish'), 'report')
        .having({ hold: true }),
    );
    await until('job/etl-publish', 'jsonpath={.spec.suspend}=true');
    const uid = readPath(await read('job/etl-report'), 'metadata', 'uid');
    expect(await refuses('approve', 'jobflow/etl')).to.equal(
      `JobFlow "etl" has no gate of its own; \`jobflow approve etl-publish${same}\` approves what is held of it.\n`,
    );
    expect(await says('hold', 'etl-report')).to.include('`hold: true` in the entry stays.');
    expect(await says('start', 'etl-report', '--ignore-dependencies')).to.equal(
      'Job "etl-report" starts now, without waiting for Job "etl-load" and without approval.\n',
    );
    await until('job/etl-report', 'condition=complete');
    expect(readPath(await read('job/etl-report'), 'metadata', 'uid')).to.equal(uid);
    expect(await says('approve', 'etl-publish')).to.equal('Job "etl-publish" is approved: it starts now.\n');
    await until('job/etl-publish', 'condition=complete');
  });

  it('suspend and resume a JobFlow', async () => {
    await apply(flow('night').runs(job('first').lasts(LONG)).runs(job('second'), 'first'));
    await isRunning('night-first');
    expect(await says('suspend', 'night')).to.equal(
      `JobFlow "night" is suspended: it starts no further Job until \`jobflow resume jobflow/night${same}\`; 1 Job that runs goes on.\n`,
    );
    expect(await says('suspend', 'jf/night')).to.include('is suspended already');
    expect(await says('start', 'night-second', '--ignore-dependencies')).to.equal(
      'Job "night-second" goes on without waiting for Job "night-first"; it still waits: JobFlow "night" is suspended.\n',
    );
    expect(await refuses('start', 'jobflow/night')).to.include(`\`jobflow resume jobflow/night${same}\``);
    expect(await says('resume', 'night')).to.equal('JobFlow "night" goes on: 1 Job starts now.\n');
    await until('job/night-second', 'condition=complete');
  });

  it('suspend and resume a Job that runs, released by jobflow or not', async () => {
    await apply(job('bare').lasts(LONG), job('gated').lasts(LONG).annotated('hold', 'true'));
    await says('approve', 'gated');
    const pauseAndGoOn = async (name: string): Promise<void> => {
      await isRunning(name);
      expect(await says('suspend', name)).to.equal(
        `Job "${name}" is suspended: its 1 pod ends now, and no pod runs until \`jobflow resume ${name}${same}\`.\n`,
      );
      await until(`job/${name}`, 'condition=suspended');
      expect(await refuses('start', name)).to.include('is suspended');
      expect(await says('resume', name)).to.equal(`Job "${name}" goes on: it gets new pods now.\n`);
      await isRunning(name);
      expect(await says('resume', name)).to.equal(`Job "${name}" is not suspended.\n`);
    };
    await Promise.all(['bare', 'gated'].map(pauseAndGoOn));
  });

  it('work on a DaemonJob', async () => {
    await apply(daemonJob('tidy', jobSpec({ lasts: LONG }, { maxConcurrentNodes: 1 }), { hold: 'true' }));
    expect(await says('approve', 'tidy')).to.equal('DaemonJob "tidy" is approved: it starts now.\n');
    await until('daemonjob/tidy', 'jsonpath={.status.counts.running}=1');
    expect(await refuses('hold', 'daemonjob/tidy')).to.equal(
      `DaemonJob "tidy" has started; \`jobflow suspend daemonjob/tidy${same}\` pauses it.\n`,
    );
    expect(await says('suspend', 'tidy')).to.equal(
      `DaemonJob "tidy" is suspended: it makes no further Job until \`jobflow resume daemonjob/tidy${same}\`; 1 Job that runs goes on.\n`,
    );
    expect(await says('resume', 'dj/tidy')).to.include('DaemonJob "tidy" goes on');
  });

  it('are only tried with --dry-run, and give the objects with -o', async () => {
    await apply(job('tried').dependsOn('missing'), job('tried-2').dependsOn('missing'));
    const before = readPath(await read('job/tried'), 'metadata', 'resourceVersion');
    expect(await says('hold', 'tried', '--dry-run', 'client')).to.match(/ \(dry run\)\n$/);
    expect(await says('hold', 'tried', '--dry-run=server')).to.match(/ \(server dry run\)\n$/);
    const asYaml: unknown = parse(await says('hold', 'tried', '--dry-run=server', '-o', 'yaml'));
    expect(readPath(asYaml, 'kind')).to.equal('Job');
    expect(readPath(asYaml, 'metadata', 'annotations', USER_ANNOTATIONS.hold)).to.equal('true');
    expect(readPath(await read('job/tried'), 'metadata', 'resourceVersion')).to.equal(before);
    expect(await says('hold', 'tried', 'tried-2', '-o', 'name')).to.equal(
      'job.batch/tried\njob.batch/tried-2\n',
    );
    const asJson: unknown = JSON.parse(await says('hold', 'tried', 'tried-2', '-o', 'json'));
    expect(readPath(asJson, 'kind')).to.equal('List');
    expect(readPath(asJson, 'items', 1, 'metadata', 'name')).to.equal('tried-2');
  });

  it('take labels in place of names, and pass over what is in another state', async () => {
    const labels = { team: 'shop' };
    await apply(
      job('shop-1').dependsOn('missing').metadata({ labels }),
      job('shop-2').dependsOn('missing').metadata({ labels }),
      job('shop-3').lasts(LONG).metadata({ labels }),
    );
    await isRunning('shop-3');
    const { stdout, stderr, code } = await user.jobflow(['hold', '-l', 'team=shop']);
    expect(stdout.match(/is held/g)).to.have.length(2);
    expect(stderr).to.include('Job "shop-3" has been started');
    expect(code).to.equal(0);
    const none = await user.jobflow(['hold', '-l', 'team=nobody']);
    expect(none).to.deep.include({ stdout: '', code: 0 });
    expect(none.stderr).to.equal(`Nothing in namespace "${user.namespace}" has these labels.\n`);
    const wrong = await user.jobflow(['hold', '-l', 'team==']);
    expect(wrong.code).to.equal(0);
    expect((await user.jobflow(['hold', '-l', 'a b c'])).code).to.equal(1);
  });

  it('say what is wrong with the words', async () => {
    expect(await refuses('hold', 'tired')).to.equal(
      `Job "tired" does not exist in namespace "${user.namespace}"; did you mean "tried"?\n`,
    );
    const sayings = [
      [['hold'], 'Nothing is named'],
      [['hold', 'a', '-l', 'b=c'], 'do not go together'],
      [['hold', 'pod/a'], '"pod/a" names nothing'],
      [['hold', 'a', '--dry-run=maybe'], 'Allowed choices are none, client, server'],
    ] as const;
    const answers = await Promise.all(sayings.map(([words]) => user.jobflow(words)));
    for (const [index, { stderr, code }] of answers.entries()) {
      expect(stderr).to.include(sayings[index]?.[1]);
      expect(code).to.equal(2);
    }
    const elsewhere = await user.jobflow(['hold', 'a', '--namespace', 'nowhere']);
    expect(elsewhere.code).to.equal(1);
  });

  it('say which right is missing, and do what the others allow', async () => {
    await apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'few' } });
    await kubectl('create', 'role', 'few', '--verb=get,list', '--resource=jobs');
    await kubectl('create', 'rolebinding', 'few', '--role=few', `--serviceaccount=${user.namespace}:few`);
    const kubeconfig = await cluster.serviceAccountKubeconfig(user.namespace, 'few');
    await apply(job('theirs').dependsOn('missing'));
    const refused = await user.jobflow(['hold', 'theirs'], { kubeconfig });
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.match(/^Job "theirs": .*cannot patch resource "jobs".*ask for that right/);
    expect((await user.jobflow(['suspend', 'jobflow/etl'], { kubeconfig })).stderr).to.include(
      'You may not list jobflows here',
    );
    await kubectl('delete', 'role', 'few');
    await kubectl('create', 'role', 'few', '--verb=get,list,patch', '--resource=jobs');
    const held = await user.jobflow(['hold', 'theirs'], { kubeconfig });
    expect(held).to.deep.include({ code: 0, stderr: '' });
    const approved = await user.jobflow(['approve', 'theirs'], { kubeconfig });
    expect(approved.code).to.equal(0);
    expect(readPath(await read('job/theirs'), 'metadata', 'annotations', USER_ANNOTATIONS.approved)).to.match(
      new RegExp(`^system:serviceaccount:${user.namespace}:few, `),
    );
  });
});
