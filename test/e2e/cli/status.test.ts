import { expect } from 'chai';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TcpProxy } from '../../integration/kube/support/tcp-proxy.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { waitUntil, type Cluster } from '../../support/cluster.ts';
import { openTerminal } from '../../support/terminal/pseudo-terminal.ts';
import { job } from '../support/job-manifest.ts';
import { cliUser, type CliUser } from './cli-fixture.ts';
import { userOfShop } from './shop.ts';
import { cellsOf } from './table-cells.ts';

const HEADS = ['NAME', 'STATE', 'WAITING FOR', 'STARTED', 'TOOK', 'ATTEMPTS', 'AGE'];
const NO = '<none>';

/** What is shown of the JobFlow, in the order in which its Jobs can run. */
const ETL = [
  ['etl-extract', 'Complete', NO, 'TIME ago', 'TIME', '1', 'TIME'],
  ['etl-alarm', 'Skipped', NO, NO, NO, '0', 'TIME'],
  ['etl-quality', 'Failed', NO, 'TIME ago', 'TIME', '1', 'TIME'],
  ['etl-quarantine', 'Running', NO, 'TIME ago', 'TIME', '1', 'TIME'],
  ['etl-load', 'Failed', NO, NO, NO, '0', 'TIME'],
  ['etl-report', 'Waiting', 'etl-quarantine, approval', NO, NO, '0', 'TIME'],
];
const OTHERS = [
  ['import', 'Waiting', 'upload (not created), jobflow/etl', NO, NO, '0', 'TIME'],
  ['invoice', 'Held', 'approval', NO, NO, '0', 'TIME'],
  ['paused', 'Suspended', NO, NO, NO, '0', 'TIME'],
];

describe('jobflow status', () => {
  let cluster: Cluster;
  let user: CliUser;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    cluster = await sharedCluster();
    user = await userOfShop(cluster);
  });

  async function table(words: readonly string[]): Promise<string[][]> {
    const { stdout, code, stderr } = await user.jobflow(['status', ...words]);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    return cellsOf(stdout.trimEnd().split('\n'));
  }

  it('shows all Jobs that jobflow has to do with', async () => {
    const sorted = [...ETL].sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
    expect(await table([])).to.deep.equal([HEADS, ...sorted, ...OTHERS]);
    expect((await table(['--all'])).at(-1)?.slice(0, 2)).to.deep.equal(['unrelated', 'Complete']);
  });

  it('shows the Jobs of a JobFlow in the order in which they can run, and others that are named', async () => {
    const { stdout, code } = await user.jobflow(['status', 'etl', 'job/invoice']);
    const [heading, ...lines] = stdout.trimEnd().split('\n');
    expect(code).to.equal(0);
    expect(heading).to.equal('JobFlow etl: Running; 1 Complete, 1 Skipped, 2 Failed, 1 Running, 1 Waiting');
    const end = lines.indexOf('');
    expect(cellsOf(lines.slice(0, end))).to.deep.equal([HEADS, ...ETL]);
    expect(cellsOf(lines.slice(end + 1))).to.deep.equal([HEADS, OTHERS[1]]);
  });

  it('says in its wide form why a Job failed', async () => {
    const [, row = []] = await table(['etl-load', '-o', 'wide']);
    expect(row.slice(-4)).to.deep.equal([
      '0/1',
      'etl',
      NO,
      'DependencyFailed: Job "etl-quality" failed, but this Job waits for "etl-quality=Complete".',
    ]);
  });

  it('writes JSON, YAML and names for programs', async () => {
    const { stdout } = await user.jobflow(['status', 'etl', '-o', 'json']);
    const report = JSON.parse(stdout) as { flows: object[]; jobs: { name: string; state: string }[] };
    expect(report.flows[0]).to.deep.include({
      name: 'etl',
      state: 'Running',
      counts: { Complete: 1, Skipped: 1, Failed: 2, Running: 1, Waiting: 1 },
    });
    expect(report.jobs.map(({ name, state }) => [name, state])).to.deep.equal(
      ETL.map((row) => row.slice(0, 2)),
    );
    const yaml = await user.jobflow(['status', 'invoice', '-o', 'yaml']);
    expect(yaml.stdout).to.include(
      '    name: invoice\n    state: Held\n    message: held until it is approved\n',
    );
    const names = await user.jobflow(['status', 'invoice', 'paused', '-o', 'name', '--no-headers']);
    expect(names.stdout).to.equal('job.batch/invoice\njob.batch/paused\n');
  });

  it('selects by labels, and shows all namespaces', async () => {
    const other = await cliUser(cluster);
    const labelled = job('labelled')
      .metadata({ labels: { place: other.namespace } })
      .annotated('run', 'monday');
    await cluster.apply(labelled, { namespace: other.namespace });
    const words = ['status', '-A', '-l', `place in (${other.namespace})`, '--no-headers'];
    expect((await user.jobflow(words)).stdout).to.match(new RegExp(`^${other.namespace} {3}labelled .*\n$`));
    expect(await user.jobflow(['status', '-l', 'place=nowhere'])).to.deep.equal({
      code: 0,
      stdout: '',
      stderr: `No Job of namespace "${user.namespace}" that jobflow has to do with has such labels.\n`,
    });
  });

  it('tells by its exit code how the Jobs stand, if asked', async () => {
    const codeOf = async (name: string) => (await user.jobflow(['status', name, '--exit-status'])).code;
    expect(await codeOf('etl-alarm')).to.equal(0);
    expect(await codeOf('etl')).to.equal(1);
    expect(await codeOf('invoice')).to.equal(4);
  });

  it('says what is not there, and which names are near', async () => {
    expect(await user.jobflow(['status', 'invoise'])).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: `Job or JobFlow "invoise" does not exist in namespace "${user.namespace}"; did you mean "invoice"?\n`,
    });
    const { jobflow, namespace } = await cliUser(cluster);
    await cluster.apply(job('plain'), { namespace });
    expect((await jobflow(['status'])).stderr).to.equal(
      `There is no annotated Job, JobFlow or DaemonJob in namespace "${namespace}"; --all shows the Job that it has.\n`,
    );
  });

  describe('--watch', () => {
    it('draws a table in its place on a small terminal', async () => {
      await using terminal = openTerminal(user.command(['status', '--watch']), { env: user.env });
      const isDrawn = (lines: readonly string[]) => lines.length === 10;
      await terminal.waitForScreen(isDrawn, 10_000);
      // Drawn more than once, and yet a single time on the screen.
      const before = terminal.screen().join('\n');
      await terminal.waitForScreen((lines) => isDrawn(lines) && lines.join('\n') !== before, 10_000);
      const cut = new Map([
        ['etl-report', 'etl-quara…'],
        ['import', 'upload (n…'],
      ]);
      const sorted = [...ETL].sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
      const seen = cellsOf(terminal.screen()).map(([name = '', state, waiting = '', ...rest]) => {
        const isCut = cut.has(name) && waiting.endsWith('…') && waiting.length >= 10;
        return [name, state, isCut ? cut.get(name) : waiting, ...rest];
      });
      expect(seen).to.deep.equal(
        [HEADS, ...sorted, ...OTHERS].map(([name = '', state, waiting, ...rest]) => [
          name,
          state,
          cut.get(name) ?? waiting,
          ...rest,
        ]),
      );
      for (const line of terminal.screen()) expect(line.length).to.be.at.most(80);
      expect(terminal.screen({ colours: true })[3]).to.match(/^etl-load {9}<red>Failed<\/>/);
      terminal.press('ctrl-c');
      expect(await terminal.exitCode()).to.equal(0);
      expect(terminal.screen()).to.have.length(10);
    });

    it('shows on a large terminal a JobFlow as it goes', async () => {
      const other = await cliUser(cluster);
      const { namespace } = other;
      await cluster.apply([job('first').annotated('hold', 'true'), job('second').dependsOn('first')], {
        namespace,
      });
      await using terminal = openTerminal(other.command(['status', '-w']), {
        columns: 200,
        rows: 60,
        env: other.env,
      });
      const isHeld = (lines: readonly string[]) => lines.some((line) => /^first +Held +approval /.test(line));
      await terminal.waitForScreen(isHeld, 10_000);
      await cluster.kubectl(['annotate', 'job', 'first', 'api.practice.com/approved=me', '-n', namespace]);
      const hasEnded = (lines: readonly string[]) =>
        lines.filter((line) => line.includes(' Complete ')).length === 2;
      await terminal.waitForScreen(hasEnded, 20_000);
      expect(cellsOf(terminal.screen())).to.deep.equal([
        HEADS,
        ['first', 'Complete', NO, 'TIME ago', 'TIME', '1', 'TIME'],
        ['second', 'Complete', NO, 'TIME ago', 'TIME', '1', 'TIME'],
      ]);
      terminal.press('ctrl-c');
      expect(await terminal.exitCode()).to.equal(0);
    });

    it('goes on when the cluster comes back, and tells elsewhere than on a terminal what has changed', async () => {
      const other = await cliUser(cluster);
      const { namespace } = other;
      await cluster.apply(job('first').annotated('hold', 'true'), { namespace });
      const proxy = await TcpProxy.start(Number(new URL(cluster.server).port));
      const kubeconfig = join(cluster.directory, `${namespace}.kubeconfig`);
      const text = await readFile(cluster.kubeconfigPath, 'utf8');
      await writeFile(kubeconfig, text.replace(cluster.server, `https://127.0.0.1:${proxy.port}`));
      const options = { columns: 200, env: { ...other.env, KUBECONFIG: kubeconfig } };
      const command = other.command(['status', '-w']);
      await using drawn = openTerminal(command, options);
      await using told = openTerminal(['sh', '-c', '"$@" | cat', 'sh', ...command], options);
      const bothShow = (pattern: RegExp) =>
        Promise.all(
          [drawn, told].map((terminal) =>
            terminal.waitForScreen((lines) => lines.some((line) => pattern.test(line)), 20_000),
          ),
        );
      try {
        await bothShow(/^first +Held/);
        proxy.refuse();
        await bothShow(/^The cluster does not answer \(.*\); going on as soon as it does\.$/);
        await cluster.kubectl(['annotate', 'job', 'first', 'api.practice.com/approved=me', '-n', namespace]);
        await waitUntil('the Job to end', async () => {
          const args = ['get', 'job', 'first', '-n', namespace, '-o', 'jsonpath={.status.succeeded}'];
          return (await cluster.kubectl(args)).stdout === '1';
        });
        proxy.accept();
        await bothShow(/^first +Complete/);
        await told.waitForScreen((lines) => lines.includes('The cluster answers again.'), 20_000);
        await drawn.waitForScreen((lines) => lines.length === 2, 20_000);
      } finally {
        await proxy.stop();
      }
    }).timeout(60_000);
  });
});
