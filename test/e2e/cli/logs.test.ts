import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import type { PodObject } from '../../../src/cli/cluster/pods.ts';
import { listAll } from '../../../src/cli/cluster/read-objects.ts';
import { lastLinesOfFailed } from '../../../src/cli/logs/last-lines.ts';
import { connect, type Connection } from '../../../src/kube/connection.ts';
import { TcpProxy } from '../../integration/kube/support/tcp-proxy.ts';
import { STARTING_LIMIT_MS, sharedCluster, sharedJobflow } from '../../support/cluster/fixture.ts';
import { SIMULATED, addToLog, logEntry } from '../../support/cluster/pod-logs.ts';
import { waitUntil, type Cluster } from '../../support/cluster.ts';
import { openTerminal } from '../../support/terminal/pseudo-terminal.ts';
import { flow } from '../support/flow-manifest.ts';
import { job, type JobManifest } from '../support/job-manifest.ts';
import { cliUser, type CliUser } from './cli-fixture.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');

describe('jobflow logs', function () {
  this.timeout(30_000);
  let cluster: Cluster;
  let connection: Connection;
  let user: CliUser;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
    const { kubeconfigPath } = cluster;
    connection = await connect({ kubeconfigPath, connections: 4, userAgent: 'jobflow-test' });
  });

  beforeEach(async () => {
    user = await cliUser(cluster);
  });

  after(async () => {
    await connection.close();
  });

  const podsOf = (name: string): Promise<PodObject[]> =>
    listAll(connection, `/api/v1/namespaces/${user.namespace}/pods`, {
      labelSelector: `batch.kubernetes.io/job-name=${name}`,
    });

  const apply = (...manifests: object[]) => cluster.apply(manifests, { namespace: user.namespace });
  const until = (what: string, condition: string) =>
    cluster.kubectl(['wait', what, `--for=condition=${condition}`, '-n', user.namespace, '--timeout=20s']);
  /** A Job whose containers have these names. */
  const saying = (name: string, ...containers: readonly string[]): JobManifest =>
    job(name).pod({ containers: containers.map((each) => ({ name: each, image: 'busybox:1.36' })) });
  /** Output with the generated part of the names of pods left out. */
  const unnamed = (output: string): string =>
    output.replaceAll(/-\w{5}\b|\/\w{5}\b/g, (found) => `${found.slice(0, 1)}*`);

  /** Runs a command as a user does, with its output as bytes. */
  function begin(words: readonly string[], kubeconfig = cluster.kubeconfigPath) {
    const [command, ...args] = user.command(words);
    const child = spawn(command, args, { env: { ...user.env, KUBECONFIG: kubeconfig } });
    const code = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { child, result: Promise.all([buffer(child.stdout), text(child.stderr), code]) };
  }

  it('shows all logs of a JobFlow in the order of its Jobs, those of init containers too', async () => {
    await addToLog(
      cluster.podLogs,
      'log-2',
      ...['one', 'two', 'three'].map((each) => logEntry(START_MS, each)),
    );
    const containers = { initContainers: [{ name: 'fetch', image: 'busybox:1.36' }] };
    const etl = flow('etl')
      .runs(saying('report', 'main'), 'load')
      .runs(saying('load', 'log-2').pod(containers))
      .runs(saying('never', 'main'), 'load=Failed');
    await apply(etl);
    await until('jobflow/etl', 'Complete');
    const { stdout, stderr, code } = await user.jobflow(['logs', 'etl', '--tail=2']);
    expect({ lines: unnamed(stdout).split('\n'), stderr, code }).to.deep.equal({
      lines: [
        `etl-load/* fetch | ${SIMULATED}`,
        'etl-load/* log-2 | two',
        'etl-load/* log-2 | three',
        `etl-report/* main | ${SIMULATED}`,
        '',
      ],
      stderr: 'Never ran, and so without logs: etl-never.\n',
      code: 0,
    });
    const one = await user.jobflow([
      'logs',
      'etl',
      '-c',
      'log-2',
      '--prefix=false',
      '--timestamps',
      '--tail=1',
    ]);
    expect(one.stdout).to.equal('2026-01-01T00:00:00.000000001Z three\n');
    const recent = await user.jobflow(['logs', 'etl', '--since=5m', '-c', 'log-2']);
    expect(recent).to.include({ stdout: '', code: 0 });
    const none = await user.jobflow(['logs', 'etl', '-c', 'man']);
    expect(none.stderr).to.equal(
      'Never ran, and so without logs: etl-never.\nNo pod has a container "man"; there are "fetch", "log-2", "main".\n',
    );
    expect((await user.jobflow(['logs', 'etl2'])).stderr).to.include('did you mean "etl"?');
  });

  it('passes on long lines and any bytes as they are', async () => {
    const odd = Buffer.from([0, 1, 27, 128, 255, 13]);
    const long = Buffer.alloc(300_000, 'x');
    await addToLog(
      cluster.podLogs,
      'log-3',
      logEntry(START_MS, long.subarray(0, 16_384), true),
      logEntry(START_MS, long.subarray(16_384)),
      logEntry(START_MS + 1, odd),
      logEntry(START_MS + 2, ''),
    );
    await apply(saying('odd', 'log-3'));
    await until('job/odd', 'complete');
    const [output, , code] = await begin(['logs', 'odd', '--prefix=false']).result;
    expect(code).to.equal(0);
    expect(output.equals(Buffer.concat([long, Buffer.from('\n'), odd, Buffer.from('\n\n')]))).to.equal(true);
  });

  it('follows pods as they appear until all have ended, over connections that break', async () => {
    const proxy = await TcpProxy.start(Number(new URL(cluster.server).port));
    const kubeconfig = join(cluster.directory, 'proxied.kubeconfig');
    const config = await readFile(cluster.kubeconfigPath, 'utf8');
    await writeFile(kubeconfig, config.replaceAll(cluster.server, `https://127.0.0.1:${proxy.port}`));
    try {
      await apply(flow('shared'));
      await apply(
        saying('first', 'log-4').annotated('flow', 'shared').lasts('5s'),
        saying('second', 'log-5').annotated('flow', 'shared').dependsOn('first'),
      );
      await addToLog(cluster.podLogs, 'log-5', logEntry(START_MS, 'after'));
      const say = (said: string) => addToLog(cluster.podLogs, 'log-4', logEntry(Date.now(), said));
      await say('1');
      const { child, result } = begin(['logs', 'jobflow/shared', '-f'], kubeconfig);
      const waits = begin(['logs', 'second', '-f']).result;
      let seen = '';
      child.stdout.on('data', (piece: Buffer) => (seen += piece.toString()));
      const hasSaid = (said: string) =>
        waitUntil(`"${said}" to be shown`, () => seen.includes(`| ${said}\n`));
      await hasSaid('1');
      await say('2');
      await hasSaid('2');
      proxy.reset();
      await say('3');
      await hasSaid('3');
      proxy.refuse();
      await say('4');
      proxy.accept();
      await hasSaid('4');
      const [output, errors, code] = await result;
      expect({ lines: unnamed(output.toString()).split('\n'), code }, errors).to.deep.equal({
        lines: [
          ...['1', '2', '3', '4'].map((each) => `first/* log-4 | ${each}`),
          'second/* log-5 | after',
          '',
        ],
        code: 0,
      });
      const [after, said] = await waits;
      expect(unnamed(after.toString())).to.equal('second/* log-5 | after\n');
      expect(said).to.equal('There is no pod so far; waiting for the first.\n');
    } finally {
      await proxy.stop();
    }
  });

  it('says in a sentence which logs cannot be had, and shows the others', async () => {
    const stuck = saying('stuck', 'main').pod({ nodeSelector: { nowhere: 'yes' } });
    await apply(
      saying('fails', 'log-9').fails(),
      saying('works', 'main').dependsOn('fails=Failed'),
      stuck,
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'reader' } },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'reader' },
        rules: [{ apiGroups: ['', 'batch'], resources: ['jobs', 'pods'], verbs: ['get', 'list', 'watch'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'reader' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'reader' }],
      },
    );
    await until('job/works', 'complete');
    await waitUntil('the pod to be there', async () => (await podsOf('stuck')).length > 0);
    const words = ['logs', 'works', 'fails', 'stuck'];
    const { stdout, stderr, code } = await user.jobflow(words);
    expect(unnamed(stdout)).to.equal(`works/* main | ${SIMULATED}\n`);
    expect(unnamed(stderr)).to.match(/^The log of container "log-9" of pod "fails-\*" cannot be had: .*\.\n/);
    expect(unnamed(stderr)).to.include(
      'Container "main" of pod "stuck-*" has not started, and so has no log.\n',
    );
    expect(code).to.equal(1);
    expect(await user.jobflow([...words, '--failed', '--previous'])).to.deep.equal({
      stdout: '',
      stderr: 'No container has been restarted, so there is no log of a run before.\n',
      code: 1,
    });
    const kubeconfig = await cluster.serviceAccountKubeconfig(user.namespace, 'reader');
    const denied = await user.jobflow(['logs', 'works'], { kubeconfig });
    expect(unnamed(denied.stderr)).to.equal(
      'The log of container "main" of pod "works-*" cannot be had: you may not read it; ask for the right to get pods/log.\n',
    );
    expect(denied.code).to.equal(1);
    await using terminal = openTerminal(user.command(['logs', 'works', 'fails']), {
      columns: 80,
      rows: 24,
      env: user.env,
    });
    expect(await terminal.exitCode()).to.equal(1);
    expect(terminal.screen({ colours: true }).map(unnamed)).to.include(
      `<cyan>works/* main | </>${SIMULATED}`,
    );
  });

  describe('the last lines of a pod that failed', () => {
    it('are those of its containers that failed', async () => {
      const lines = ['one', '', 'three \u2713', 'four'];
      await addToLog(cluster.podLogs, 'log-1', ...lines.map((text) => logEntry(START_MS, text)));
      const containers = ['log-1', 'other'].map((name) => ({ name, image: 'busybox:1.36' }));
      await cluster.apply(job('broken').pod({ containers }).fails(3), { namespace: user.namespace });
      await cluster.kubectl(['wait', '--for=condition=failed', 'job/broken', '-n', user.namespace]);
      const [pod] = await podsOf('broken');
      expect(pod && (await lastLinesOfFailed(connection, pod, 3))).to.deep.equal([
        { pod: pod?.metadata.name, container: 'log-1', lines: lines.slice(1), problem: undefined },
      ]);
    });

    it('are a sentence where the log cannot be had', async () => {
      const containers = [{ name: 'log-9', image: 'busybox:1.36' }];
      await cluster.apply(job('broken').pod({ containers }).fails(), { namespace: user.namespace });
      await cluster.kubectl(['wait', '--for=condition=failed', 'job/broken', '-n', user.namespace]);
      const [pod] = await podsOf('broken');
      const [last] = pod === undefined ? [] : await lastLinesOfFailed(connection, pod, 3);
      expect(last?.problem).to.match(
        /^The log of container "log-9" of pod "broken-\w+" cannot be had: .*\.$/,
      );
    });
  });
});
