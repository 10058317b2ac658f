import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { listAll } from '../../../src/cli/cluster/read-objects.ts';
import type { JobObject } from '../../../src/api/job.ts';
import { connect, type Connection } from '../../../src/kube/connection.ts';
import { readPath } from '../../support/cluster/api-client.ts';
import { waitUntil } from '../../support/cluster/wait-until.ts';
import { openTerminal } from '../../support/terminal/pseudo-terminal.ts';
import { job } from '../support/job-manifest.ts';
import { runPlace } from './run-place.ts';
import { file, masked, maskedScreen } from './run-lines.ts';

describe('jobflow run', function () {
  this.timeout(60_000);
  const place = runPlace();
  let connection: Connection;

  before(async () => {
    const { kubeconfigPath } = place.cluster;
    connection = await connect({ kubeconfigPath, connections: 4, userAgent: 'jobflow-test' });
  });

  after(() => connection.close());

  const jobs = (): Promise<JobObject[]> =>
    listAll<JobObject>(connection, `/apis/batch/v1/namespaces/${place.user.namespace}/jobs`);

  const envOf = (found: JobObject | undefined): unknown =>
    readPath(found, 'spec', 'template', 'spec', 'containers', 0, 'env');

  describe('in a build', () => {
    it('tells each start, wait and end in a line, and ends with 0 when all is complete', async () => {
      const input = file(
        job('report').dependsOn('load, extract'),
        job('load').dependsOn('extract').lasts('1s'),
        job('extract').lasts('1s'),
      );
      const { stdout, stderr, code } = await place.user.jobflow(['run', '-f', '-'], { input });
      const lines = masked(stdout);
      expect(lines[0]).to.equal('hh:mm:ss  Applied 3 Jobs.');
      // In which order these three come depends on what is seen first.
      expect(lines.slice(1, 4)).to.have.members([
        'hh:mm:ss  extract  started',
        'hh:mm:ss  load     waits for extract',
        'hh:mm:ss  report   waits for load, extract',
      ]);
      expect(lines.slice(4)).to.deep.equal([
        'hh:mm:ss  extract  complete after Ns',
        'hh:mm:ss  load     started, after a wait of Ns',
        'hh:mm:ss  load     complete after Ns',
        'hh:mm:ss  report   started, after a wait of Ns',
        'hh:mm:ss  report   complete after Ns',
        'hh:mm:ss  3 Jobs: 3 complete; Ns.',
      ]);
      expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 });
    });

    it('ends with 1 when a Job of the nightly example fails, and shows the end of its log', async () => {
      const { stdout, stderr, code } = await place.user.jobflow(['run', '-f', 'examples/nightly-etl.yaml']);
      const lines = masked(stdout);
      expect(lines).to.include.members([
        'hh:mm:ss  Applied 1 JobFlow, 1 JobTemplate and 10 Jobs.',
        'hh:mm:ss  etl-prepare            started',
        'hh:mm:ss  etl-clean-up-partner   waits for etl-fetch-partner=Failed',
        'hh:mm:ss  etl-fetch-partner      failed after Ns: Job has reached the specified backoff limit (BackoffLimitExceeded)',
        'hh:mm:ss  The end of the log of container "fetch" of pod "etl-fetch-partner-xxxxx":',
        '          | This container is simulated: no program ran in it.',
        'hh:mm:ss  etl-quarantine         skipped: Job "etl-check-quality" completed, but this Job waits for "etl-check-quality=Failed"',
        'hh:mm:ss  etl-report             complete after Ns',
      ]);
      expect(lines.at(-1)).to.equal('hh:mm:ss  10 Jobs: 8 complete, 1 failed, 1 skipped; Ns.');
      expect(lines.filter((line) => /etl-quarantine +started/.test(line))).to.deep.equal([]);
      expect({ stderr, code }).to.deep.equal({ stderr: '', code: 1 });
    });

    it('ends with 3 when it takes too long, and leaves the Jobs running', async () => {
      const path = join(place.folder, 'long.yaml');
      await writeFile(path, file(job('long').lasts('1h'), job('after').dependsOn('long')));
      const { stdout, stderr, code } = await place.user.jobflow(['run', '-f', path, '--timeout', '5s']);
      expect(masked(stdout).at(-1)).to.equal('hh:mm:ss  2 Jobs: 1 running, 1 waiting; Ns.');
      expect(stderr).to.equal(
        [
          'It has taken longer than 5s. The Jobs go on. To see them:',
          `  jobflow status -n ${place.user.namespace}`,
          'To follow them again:',
          `  jobflow run -f ${path} -n ${place.user.namespace} --timeout 5s`,
          '',
        ].join('\n'),
      );
      expect(code).to.equal(3);
      expect((await jobs()).map(({ spec }) => spec?.suspend)).to.have.members([false, true]);
    });
  });

  describe('on a terminal', () => {
    /** Runs on a terminal until the screen is as wanted, and gives the screen without times; then Ctrl-C. */
    async function screenOf(
      objects: readonly object[],
      size: { columns: number; rows: number },
      isWanted: (lines: readonly string[]) => boolean,
    ): Promise<{ lines: string[]; coloured: string[]; code: number; last: string[] }> {
      const path = join(place.folder, 'screen.yaml');
      await writeFile(path, file(...objects));
      const env = { ...place.user.env, NO_COLOR: undefined };
      await using terminal = openTerminal(place.user.command(['run', '-f', path]), { ...size, env });
      const lines = await terminal.waitForScreen(isWanted, 20_000);
      const coloured = terminal.screen({ colours: true });
      terminal.press('ctrl-c');
      const code = await terminal.exitCode();
      return { lines: maskedScreen(lines), coloured, code, last: maskedScreen(terminal.screen()) };
    }

    const etl = () => [
      job('extract'),
      job('transform').dependsOn('extract').lasts('1h'),
      job('load').dependsOn('transform, check').lasts('1h'),
      job('check').dependsOn('extract').annotated('hold', 'true'),
      job('broken').fails(),
      job('mend').dependsOn('extract=Failed'),
      job('report').dependsOn('load, elsewhere=Finished'),
    ];
    const settled = (lines: readonly string[]): boolean => {
      const screen = lines.join('\n');
      return [
        'transform .* running',
        'mend .* skipped',
        'extract .* complete',
        'broken .* failed',
        '\\| This',
      ].every((pattern) => new RegExp(pattern).test(screen));
    };

    it('draws a tree that fits 80 × 24, and stays at Ctrl-C', async () => {
      const { lines, coloured, code, last } = await screenOf(etl(), { columns: 80, rows: 24 }, settled);
      const beginning = lines.indexOf('Applied 7 Jobs.');
      expect(lines.slice(beginning + 1, -8)).to.have.members([
        'report cannot start: Job "elsewhere" does not exist (not created yet, or gone wi',
        'th its outcome unknown); jobflow why report -n cli-xxxxxxxx',
        'check is held until it is approved; jobflow approve check -n cli-xxxxxxxx',
        'The end of the log of container "main" of pod "broken-xxxxx":',
        '  | This container is simulated: no program ran in it.',
      ]);
      const tree = [
        'extract          ━━━━━━━━    Ns  complete',
        '├─ transform     ╍╍╍╍╍╍╍╍    Ns  running',
        '│  └─ load       ········        waits for transform, check',
        '│     └─ report  ········        waits for load, elsewhere=Finished (not there)',
        '├─ check         ········        waits for approval',
        '└─ mend                          skipped',
        'broken           ········    Ns  failed: Job has reached the specified backoff …',
        '━━━╍····  7 Jobs, Ns: 1 complete, 1 failed, 1 skipped, 1 running, 1 held, 2 wai…',
      ];
      expect(lines.slice(-8)).to.deep.equal(tree);
      expect(coloured.join('\n')).to.match(/transform +<cyan>╍{8}<\/> +\d+s {2}<cyan>running<\/>/);
      expect(coloured.join('\n')).to.match(/<yellow>waits for approval<\/>/);
      expect(code).to.equal(130);
      const end = last.indexOf('Interrupted. The Jobs go on. To see them:');
      expect(last.slice(end - 9)).to.deep.equal([
        ...tree,
        '^C',
        'Interrupted. The Jobs go on. To see them:',
        '  jobflow status -n cli-xxxxxxxx',
        'To follow them again:',
        `  jobflow run -f ${join(place.folder, 'screen.yaml')} -n cli-xxxxxxxx`,
      ]);
    });

    it('draws JobFlows and DaemonJobs too, in 200 × 60', async () => {
      const objects = [
        {
          apiVersion: 'api.practice.com/v1alpha1',
          kind: 'JobFlow',
          metadata: { name: 'build' },
          spec: {
            flows: [
              { name: 'compile', jobTemplate: job('x').asJobTemplate().spec },
              {
                name: 'test',
                dependencies: ['compile'],
                jobTemplate: job('x').lasts('1h').asJobTemplate().spec,
              },
            ],
          },
        },
        {
          apiVersion: 'api.practice.com/v1alpha1',
          kind: 'DaemonJob',
          metadata: { name: 'clean' },
          spec: job('x').lasts('1h').asJobTemplate().spec,
        },
        job('ship').dependsOn('jobflow/build, daemonjob/clean'),
      ];
      const isWanted = (lines: readonly string[]): boolean =>
        /build-test .* running[^]*clean .* running 0\/3/.test(lines.join('\n'));
      const { lines, code } = await screenOf(objects, { columns: 200, rows: 60 }, isWanted);
      expect(lines).to.deep.equal([
        'Applied 1 JobFlow, 1 DaemonJob and 1 Job.',
        'jobflow/build     ━━━━━━━━╍╍╍╍╍╍╍╍    Ns  running 1/2',
        '├─ build-compile  ━━━━━━━━━━━━━━━━    Ns  complete',
        '│  └─ build-test  ╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍    Ns  running',
        '└─ ship           ················        waits for jobflow/build, daemonjob/clean',
        'daemonjob/clean   ╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍    Ns  running 0/3',
        '━━━━━━━━━━╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍··········  4 Jobs, Ns: 1 complete, 2 running, 1 waiting',
      ]);
      expect(code).to.equal(130);
    });

    it('follows the size of its window', async () => {
      const path = join(place.folder, 'sizes.yaml');
      await writeFile(
        path,
        file(job('first').lasts('1h'), job('second').dependsOn('first'), job('third').dependsOn('second')),
      );
      const env = { ...place.user.env, NO_COLOR: '1' };
      await using terminal = openTerminal(place.user.command(['run', '-f', path]), {
        columns: 120,
        rows: 30,
        env,
      });
      await terminal.waitForScreen((lines) => lines.some((line) => line.endsWith(' running')), 20_000);
      terminal.resize(40, 10);
      const lines = await terminal.waitForScreen(
        (seen) => seen.some((line) => /^.{39}…$/.test(line)),
        10_000,
      );
      expect(maskedScreen(lines)).to.deep.equal([
        'Applied 3 Jobs.',
        'first        ╍╍╍╍╍╍╍╍    Ns  running',
        '└─ second    ········        waits for …',
        '   └─ third  ········        waits for …',
        '╍╍╍·····  3 Jobs, Ns: 1 running, 2 wait…',
      ]);
    });
  });

  it('leaves the Jobs running at Ctrl-C, and says how to come back', async () => {
    const path = join(place.folder, 'my jobs.yaml');
    await writeFile(path, file(job('long').lasts('1h')));
    const words = place.user.command(['run', '-f', path, '--set-env', 'DAY=1']);
    const child = spawn(words[0], words.slice(1), { env: place.user.env });
    child.stdout.on('data', (data: Buffer) => {
      if (data.includes('started')) child.kill('SIGINT');
    });
    const stderr = await text(child.stderr);
    expect(stderr).to.equal(
      [
        'Interrupted. The Jobs go on. To see them:',
        `  jobflow status -n ${place.user.namespace}`,
        'To follow them again:',
        `  jobflow run -f '${path}' -n ${place.user.namespace} --set-env DAY=1`,
        '',
      ].join('\n'),
    );
    await waitUntil('the program to end', () => Promise.resolve(child.exitCode !== null));
    expect(child.exitCode).to.equal(130);
    expect((await jobs()).map(({ status }) => status?.active)).to.deep.equal([1]);
  });

  it('detaches, sets variables, and has Kubernetes delete what has ended', async () => {
    const flow = {
      apiVersion: 'api.practice.com/v1alpha1',
      kind: 'JobFlow',
      metadata: { name: 'f' },
      spec: { flows: [{ name: 'x', jobTemplate: job('x').asJobTemplate().spec }] },
    };
    const input = file(job('a').lasts('1h'), flow);
    const options = ['--detach', '--delete-after', '90s', '--set-env', 'DAY=1', '--set-env', 'K=a=b'];
    const { stdout, stderr, code } = await place.user.jobflow(['run', '-f', '-', ...options], { input });
    expect({ stdout, stderr, code }).to.deep.equal({
      stdout: 'job.batch/a serverside-applied\njobflow.api.practice.com/f serverside-applied\n',
      stderr: '',
      code: 0,
    });
    const env = [
      { name: 'DAY', value: '1' },
      { name: 'K', value: 'a=b' },
    ];
    await waitUntil('the Job of the flow', async () => (await jobs()).length === 2);
    const [a, x] = await jobs();
    expect([envOf(a), envOf(x)]).to.deep.equal([env, env]);
    expect(a?.spec?.ttlSecondsAfterFinished).to.equal(90);
    const path = `/apis/api.practice.com/v1alpha1/namespaces/${place.user.namespace}/jobflows/f`;
    expect(
      readPath(await connection.request({ method: 'GET', path }), 'spec', 'ttlSecondsAfterFinished'),
    ).to.equal(90);
  });

  it('tells the end of what is deleted a moment after it', async () => {
    const input = file(job('b').dependsOn('a'), job('a').lasts('1s'));
    const { stdout, code } = await place.user.jobflow(['run', '-f', '-', '--delete-after', '1ms'], { input });
    expect(masked(stdout).at(-1)).to.equal('hh:mm:ss  2 Jobs: 2 complete; Ns.');
    expect(code).to.equal(0);
    await waitUntil('the Jobs to be gone', async () => (await jobs()).length === 0);
  });

  it('leaves what has ended as it is, and runs it anew with --replace', async () => {
    const input = file(job('a'), job('b').dependsOn('a').fails());
    expect((await place.user.jobflow(['run', '-f', '-'], { input })).code).to.equal(1);
    const before = await jobs();
    const again = await place.user.jobflow(['run', '-f', '-'], { input });
    expect(masked(again.stdout)).to.deep.equal([
      'hh:mm:ss  Applied 2 Jobs.',
      'hh:mm:ss  a  has ended before (Complete Ns ago), and is not run again; --replace makes it anew',
      'hh:mm:ss  b  has ended before (Failed Ns ago), and is not run again; --replace makes it anew',
      'hh:mm:ss  2 Jobs: 1 complete, 1 failed; Ns.',
    ]);
    expect(again.code).to.equal(1);
    const mended = file(job('a'), job('b').dependsOn('a'));
    const anew = await place.user.jobflow(['run', '-f', '-', '--replace'], { input: mended });
    expect({ code: anew.code, stderr: anew.stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(masked(anew.stdout).filter((line) => !line.includes('waits for'))).to.deep.equal([
      'hh:mm:ss  Applied 2 Jobs.',
      'hh:mm:ss  a  started',
      'hh:mm:ss  a  complete after Ns',
      'hh:mm:ss  b  started, after a wait of Ns',
      'hh:mm:ss  b  complete after Ns',
      'hh:mm:ss  2 Jobs: 2 complete; Ns.',
    ]);
    const uids = before.map(({ metadata }) => metadata.uid);
    expect((await jobs()).filter(({ metadata }) => uids.includes(metadata.uid))).to.deep.equal([]);
  });
});
