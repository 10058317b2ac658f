import { expect } from 'chai';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '../../support/cluster/wait-until.ts';
import { flow } from '../support/flow-manifest.ts';
import { job } from '../support/job-manifest.ts';
import { graph } from '../../unit/cli/import/pipeline-builder.ts';
import { runPlace } from './run-place.ts';
import { file, masked } from './run-lines.ts';

describe('what jobflow run takes', function () {
  this.timeout(60_000);
  const place = runPlace();

  async function written(name: string, text: string): Promise<string> {
    const path = join(place.folder, name);
    await writeFile(path, text);
    return path;
  }

  describe('a pipeline in the older form', () => {
    const edges = { report: 'load extract', load: 'extract', extract: '' };

    it('is run in its order, and cleaned up after its end', async () => {
      const path = await written('jobpipline.yaml', graph(edges, 'image: busybox:1.36\ncleanuptime: 0'));
      const { stdout, stderr, code } = await place.user.jobflow(['run', '-f', path]);
      const lines = masked(stdout);
      expect(lines.slice(0, 6)).to.deep.equal([
        `hh:mm:ss  The order of ${path}:`,
        'hh:mm:ss  1. extract',
        'hh:mm:ss  2. load after extract',
        'hh:mm:ss  3. report after load, extract',
        'hh:mm:ss  Applied 3 Jobs.',
        `hh:mm:ss  Kubernetes deletes each Job at its end, as cleanuptime in ${path} says.`,
      ]);
      expect(lines.filter((line) => !line.includes('waits for')).slice(6)).to.deep.equal([
        'hh:mm:ss  extract  started',
        'hh:mm:ss  extract  complete after Ns',
        'hh:mm:ss  load     started, after a wait of Ns',
        'hh:mm:ss  load     complete after Ns',
        'hh:mm:ss  report   started, after a wait of Ns',
        'hh:mm:ss  report   complete after Ns',
        'hh:mm:ss  3 Jobs: 3 complete; Ns.',
      ]);
      expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 });
      await waitUntil(
        'the Jobs to be gone',
        async () => (await place.kubectl('get', 'jobs', '-o', 'name')) === '',
      );
    });

    it('is what jobflow import makes of it', async () => {
      const path = await written('imported.yaml', graph({ extract: '', load: 'extract' }));
      const imported = await place.user.jobflow(['import', path]);
      const { stdout, code } = await place.user.jobflow(['run', '-f', '-'], { input: imported.stdout });
      expect(masked(stdout).at(-1)).to.equal('hh:mm:ss  2 Jobs: 2 complete; Ns.');
      expect(code).to.equal(0);
    });

    it('is read from the folder where a pod has it, and nobody has to name it', async () => {
      const mounted = join(place.folder, 'config');
      await mkdir(mounted);
      await writeFile(
        join(mounted, 'jobs.yaml'),
        'image: busybox:1.36\njobs:\n  only:\n    depends_on: []\n',
      );
      await writeFile(join(mounted, 'only.yaml'), 'command: ["true"]\n');
      const { stdout, code } = await place.user.jobflow(['run'], { env: { JOBFLOW_PIPELINE: mounted } });
      expect(masked(stdout)).to.deep.include('hh:mm:ss  only  complete after Ns');
      expect(code).to.equal(0);
    });

    it('is not begun when something is wrong with it', async () => {
      const path = await written('wrong.yaml', graph({ load: 'extrakt', extract: '' }));
      const { stdout, stderr, code } = await place.user.jobflow(['run', '-f', path]);
      expect({ stdout, code }).to.deep.equal({ stdout: '', code: 1 });
      expect(stderr).to.match(
        /^.*wrong\.yaml:\d+:\d+: error: .*"extrakt" is not allowed.*\nNothing has been applied\.\n$/,
      );
    });
  });

  it('JobFlows and DaemonJobs, which it follows to their own end', async () => {
    const objects = [
      flow('build').runs(job('compile')).runs(job('test'), 'compile'),
      {
        apiVersion: 'api.practice.com/v1alpha1',
        kind: 'DaemonJob',
        metadata: { name: 'clean' },
        spec: job('x').fails().asJobTemplate().spec,
      },
      job('ship').dependsOn('jobflow/build'),
      job('sweep').dependsOn('daemonjob/clean'),
    ];
    const { stdout, code } = await place.user.jobflow(['run', '-f', '-'], { input: file(...objects) });
    const lines = masked(stdout).map((line) =>
      line.replace(/ {2,}/g, '  ').replace(/clean-node-\d-\w{5}/, 'clean-node-x'),
    );
    expect(lines).to.include.members([
      'hh:mm:ss  Applied 1 JobFlow, 1 DaemonJob and 2 Jobs.',
      'hh:mm:ss  build-compile  complete after Ns',
      'hh:mm:ss  build-test  complete after Ns',
      'hh:mm:ss  jobflow/build  complete after Ns',
      'hh:mm:ss  ship  complete after Ns',
      'hh:mm:ss  The end of the log of container "main" of pod "clean-node-x":',
      'hh:mm:ss  5 Jobs: 3 complete, 2 failed; Ns.',
    ]);
    expect(lines.some((line) => /daemonjob\/clean {2}failed/.test(line))).to.equal(true);
    expect(lines.some((line) => /sweep {2}failed: .*DependencyFailed/.test(line))).to.equal(true);
    expect(code).to.equal(1);
  });

  it('other kinds, as they are; the Jobs of CronJobs are not followed', async () => {
    const cronJob = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly' },
      spec: { schedule: '0 0 1 1 *', jobTemplate: job('x').asJobTemplate() },
    };
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: '1' } };
    const made = { ...job('made-').toJSON(), metadata: { generateName: 'made-' } };
    // As an editor on Windows writes it.
    const path = await written('windows.yaml', file(config, cronJob, made).replaceAll('\n', '\r\n'));
    const { stdout, stderr, code } = await place.user.jobflow(['run', '-f', path, '--set-env', 'DAY=1']);
    expect(masked(stdout).map((line) => line.replace(/made-\w{5}/, 'made-xxxxx'))).to.deep.equal([
      'hh:mm:ss  Applied 1 ConfigMap, 1 CronJob and 1 Job.',
      'hh:mm:ss  CronJob "nightly": the Jobs that it will make are not followed.',
      'hh:mm:ss  made-xxxxx  started',
      'hh:mm:ss  made-xxxxx  complete after Ns',
      'hh:mm:ss  1 Job: 1 complete; Ns.',
    ]);
    expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 });
    const env = '{.spec.jobTemplate.spec.template.spec.containers[0].env[0].value}';
    expect(await place.kubectl('get', 'cronjob', 'nightly', '-o', `jsonpath=${env}`)).to.equal('1');
  });

  it('what kubectl has applied before; the fields of others are theirs', async () => {
    const config = (value: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c' },
      data: { a: value },
    });
    const valueNow = () => place.kubectl('get', 'configmap', 'c', '-o', 'jsonpath={.data.a}');
    const run = (value: string, ...words: string[]) =>
      place.user.jobflow(['run', '-f', '-', '--detach', ...words], { input: file(config(value)) });
    await place.cluster.apply(config('1'), { namespace: place.user.namespace });
    expect(await run('2')).to.deep.equal({ stdout: 'configmap/c serverside-applied\n', stderr: '', code: 0 });
    expect(await valueNow()).to.equal('2');
    await place.cluster.apply(config('3'), { namespace: place.user.namespace });
    expect(await valueNow()).to.equal('3');
    await place.kubectl(
      'patch',
      'configmap',
      'c',
      '--field-manager',
      'controller',
      '-p',
      '{"data":{"a":"4"}}',
    );
    const refused = await run('5');
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.match(
      /^ConfigMap "c": Apply failed with 1 conflict: conflict with "controller" .*; leave these fields out, or write --force-conflicts\.\nNothing has been applied\.\nNot applied: ConfigMap "c"\.\n$/,
    );
    expect((await run('5', '--force-conflicts')).code).to.equal(0);
    expect(await valueNow()).to.equal('5');
  });

  it('nothing on a dry run', async () => {
    const input = file(job('a'), job('b').dependsOn('a'));
    const onServer = await place.user.jobflow(['run', '-f', '-', '--dry-run=server'], { input });
    expect(onServer).to.deep.equal({
      stdout:
        'job.batch/a serverside-applied (server dry run)\njob.batch/b serverside-applied (server dry run)\n',
      stderr: '',
      code: 0,
    });
    const shown = await place.user.jobflow(['run', '-f', '-', '--dry-run=server', '-o', 'json'], { input });
    const { kind, items } = JSON.parse(shown.stdout) as {
      kind: string;
      items: { spec: { suspend?: boolean } }[];
    };
    expect([kind, items.map(({ spec }) => spec.suspend)]).to.deep.equal(['List', [false, true]]);
    const here = await place.user.jobflow(['run', '-f', '-', '--dry-run=client', '-o', 'name'], {
      input,
      kubeconfig: '/nowhere',
    });
    expect(here).to.deep.equal({ stdout: 'job.batch/a\njob.batch/b\n', stderr: '', code: 0 });
    expect(await place.kubectl('get', 'jobs', '-o', 'name')).to.equal('');
  });

  it('nothing that lint refuses, and says where', async () => {
    const path = await written('cycle.yaml', file(job('a').dependsOn('b'), job('b').dependsOn('a')));
    const { stdout, stderr, code } = await place.user.jobflow(['run', '-f', path]);
    expect({ stdout, code }).to.deep.equal({ stdout: '', code: 1 });
    expect(stderr).to.match(
      /cycle\.yaml:1:\d+: error: Job "a": .* a → b → a.*\nNothing has been applied\.\n$/,
    );
    expect(await place.kubectl('get', 'jobs', '-o', 'name')).to.equal('');
  });
});
