import { expect } from 'chai';
import { API_GROUP, API_VERSION } from '../../../src/api/names.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { readPath, waitUntil, type Cluster } from '../../support/cluster.ts';
import { openTerminal } from '../../support/terminal/pseudo-terminal.ts';
import { job } from '../support/job-manifest.ts';
import { cliUser, type CliUser } from './cli-fixture.ts';
import { limitedUser } from './limited-user.ts';
import { userOfShop } from './shop.ts';

/** What is different in each run: the ends of the names of pods, nodes, and times; and the blanks that go with them. */
function masked(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replace(/(pod\/\S+)-[a-z0-9]{5}/, '$1-xxxxx')
        .replace(/(?<= )node-\d\b/, 'NODE')
        .replace(/\b(\d+[ms]){1,2}\b/, 'TIME')
        .replace(/(\S) {2,}/g, '$1  '),
    );
}

const FAILED = 'DependencyFailed: Job "etl-quality" failed, but this Job waits for "etl-quality=Complete".';

describe('jobflow tree', () => {
  let cluster: Cluster;
  let user: CliUser;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    cluster = await sharedCluster();
    user = await userOfShop(cluster);
  });

  it('shows a JobFlow, its Jobs and their pods, whichever of them is named', async () => {
    const tree = await user.jobflow(['tree', 'etl']);
    expect({ code: tree.code, stderr: tree.stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(masked(tree.stdout)).to.deep.equal([
      'NAME  STATE  RESTARTS  NODE  AGE  MESSAGE',
      'jobflow/etl  Running  TIME  4 of 6 ended, 2 failed, 1 running',
      '├─ job/etl-extract  Complete  TIME',
      '│  └─ pod/etl-extract-xxxxx  Completed  0  NODE  TIME',
      '├─ job/etl-alarm  Skipped  TIME  Skipped: Job "etl-extract" completed, but this Job waits for "etl-extract=Failed".',
      '├─ job/etl-quality  Failed  TIME  BackoffLimitExceeded: Job has reached the specified backoff limit',
      '│  └─ pod/etl-quality-xxxxx  Error  0  NODE  TIME  main: exit code 3',
      '├─ job/etl-quarantine  Running  TIME',
      '│  └─ pod/etl-quarantine-xxxxx  Running  0  NODE  TIME',
      `├─ job/etl-load  Failed  TIME  ${FAILED}`,
      '└─ job/etl-report  Waiting  TIME  Job "etl-quarantine" has not ended; held until it is approved',
    ]);
    const ofJob = await user.jobflow(['tree', 'job/etl-quality']);
    expect(masked(ofJob.stdout)).to.deep.equal(masked(tree.stdout));
  });

  it('shows a CronJob, and a DaemonJob with the Jobs of its nodes', async () => {
    const other = await cliUser(cluster);
    const { namespace } = other;
    const cronJob = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly' },
      spec: { schedule: '0 3 * * *', jobTemplate: job('x').lasts('3600s').asJobTemplate() },
    };
    const daemonJob = {
      apiVersion: `${API_GROUP}/${API_VERSION}`,
      kind: 'DaemonJob',
      metadata: { name: 'tidy' },
      spec: job('x').asJobTemplate().spec,
    };
    await cluster.apply([cronJob, daemonJob], { namespace });
    await cluster.kubectl(['create', 'job', 'nightly-now', '--from=cronjob/nightly', '-n', namespace]);
    await cluster.kubectl([
      'wait',
      'daemonjob/tidy',
      '--for=condition=Complete',
      '--timeout=30s',
      '-n',
      namespace,
    ]);
    const cron = await waitUntil('the pod of the CronJob to run', async () => {
      const { stdout } = await other.jobflow(['tree', 'cj/nightly']);
      return / Running +0 /.test(stdout) && stdout;
    });
    expect(masked(cron)).to.deep.equal([
      'NAME  STATE  RESTARTS  NODE  AGE  MESSAGE',
      'cronjob/nightly  Scheduled  TIME  0 3 * * *',
      '└─ job/nightly-now  Running  TIME',
      '   └─ pod/nightly-now-xxxxx  Running  0  NODE  TIME',
    ]);
    const daemon = masked((await other.jobflow(['tree', 'daemonjob/tidy'])).stdout);
    expect(daemon.slice(0, 4)).to.deep.equal([
      'NAME  STATE  RESTARTS  NODE  AGE  MESSAGE',
      'daemonjob/tidy  Complete  TIME',
      '├─ job/tidy-node-1  Complete  TIME',
      '│  └─ pod/tidy-node-1-xxxxx  Completed  0  NODE  TIME',
    ]);
    expect(daemon).to.have.length(8);
  });

  it('says why a pod does not start', async () => {
    const other = await cliUser(cluster);
    await cluster.apply(job('lost').pod({ nodeSelector: { 'no-such': 'node' } }), {
      namespace: other.namespace,
    });
    const tree = await waitUntil('the scheduler to say why', async () => {
      const { stdout } = await other.jobflow(['tree', 'lost']);
      return stdout.includes('Unschedulable') && stdout;
    });
    expect(masked(tree)[2]).to.match(
      /^└─ pod\/lost-xxxxx {2}Pending {2}0 {2}TIME {2}Unschedulable: 0\/3 nodes are available: /,
    );
  });

  it('writes JSON for programs', async () => {
    const { stdout } = await user.jobflow(['tree', 'invoice', '-o', 'json']);
    const tree: unknown = JSON.parse(stdout);
    expect(tree).to.deep.include({ kind: 'job', name: 'invoice', state: 'Held', children: [] });
    expect(readPath(tree, 'created')).to.match(/^\d{4}-/);
  });

  it('asks for the kind where several bear a name, and names what is near', async () => {
    const other = await cliUser(cluster);
    const { namespace } = other;
    const flow = { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: 'JobFlow', metadata: { name: 'both' } };
    await cluster.apply([{ ...flow, spec: {} }, job('both')], { namespace });
    expect(await other.jobflow(['tree', 'both'])).to.deep.include({
      code: 1,
      stderr: 'More than one object is called "both"; write job/both or jobflow/both.\n',
    });
    expect(await other.jobflow(['tree', 'job/boht'])).to.deep.include({
      code: 1,
      stderr: `Job "boht" does not exist in namespace "${namespace}"; did you mean "both"?\n`,
    });
  });

  it('shows the rest to whoever may not read pods, and says so', async () => {
    const kubeconfig = await limitedUser(cluster, user.namespace, [
      { apiGroups: ['batch', API_GROUP], resources: ['*'], verbs: ['get', 'list'] },
    ]);
    const { code, stdout, stderr } = await user.jobflow(['tree', 'etl'], { kubeconfig });
    expect(code).to.equal(0);
    expect(stderr).to.equal(
      'You may not list pods here, so nothing is said of them; ask for the right to list pods.\n',
    );
    expect(masked(stdout)).to.have.length(8);
  });

  it('is readable on a small terminal', async () => {
    await using terminal = openTerminal(user.command(['tree', 'etl']), { env: user.env });
    expect(await terminal.exitCode()).to.equal(0);
    const screen = terminal.screen({ colours: true }).join('\n');
    expect(masked(screen.replace(/<\/?(grey|cyan|green|red)?>/g, ''))).to.deep.equal([
      'NAME  STATE  RESTARTS  NODE  AGE',
      'jobflow/etl  Running  TIME',
      '│  4 of 6 ended, 2 failed, 1 running',
      '├─ job/etl-extract  Complete  TIME',
      '│  └─ pod/etl-extract-xxxxx  Completed  0  NODE  TIME',
      '├─ job/etl-alarm  Skipped  TIME',
      '│  Skipped: Job "etl-extract" completed, but this Job waits for',
      '│  "etl-extract=Failed".',
      '├─ job/etl-quality  Failed  TIME',
      '│  │  BackoffLimitExceeded: Job has reached the specified backoff limit',
      '│  └─ pod/etl-quality-xxxxx  Error  0  NODE  TIME',
      '│  main: exit code 3',
      '├─ job/etl-quarantine  Running  TIME',
      '│  └─ pod/etl-quarantine-xxxxx  Running  0  NODE  TIME',
      '├─ job/etl-load  Failed  TIME',
      '│  DependencyFailed: Job "etl-quality" failed, but this Job waits for',
      '│  "etl-quality=Complete".',
      '└─ job/etl-report  Waiting  TIME',
      '       Job "etl-quarantine" has not ended; held until it is approved',
    ]);
    expect(screen)
      .to.include('<cyan>jobflow/etl</>')
      .and.to.match(/pod\/etl-quality-\w+ +<red>Error<\/>/);
  });
});
