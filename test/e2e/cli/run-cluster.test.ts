import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TcpProxy } from '../../integration/kube/support/tcp-proxy.ts';
import { kubeconfigText } from '../../support/cluster/kubeconfig.ts';
import { runCommand } from '../../support/cluster/run-command.ts';
import { waitUntil } from '../../support/cluster/wait-until.ts';
import { job } from '../support/job-manifest.ts';
import { cliUser } from './cli-fixture.ts';
import { runPlace } from './run-place.ts';
import { file, masked } from './run-lines.ts';

describe('jobflow run and its cluster', function () {
  this.timeout(60_000);
  const place = runPlace();

  it('goes on when the cluster comes back, and has missed nothing', async () => {
    const proxy = await TcpProxy.start(Number(new URL(place.cluster.server).port));
    try {
      const kubeconfig = join(place.folder, 'away.kubeconfig');
      const text = await readFile(place.cluster.kubeconfigPath, 'utf8');
      await writeFile(kubeconfig, text.replace(place.cluster.server, `https://127.0.0.1:${proxy.port}`));
      const path = join(place.folder, 'away.yaml');
      await writeFile(
        path,
        file(job('a'), job('b').dependsOn('a').annotated('hold', 'true'), job('c').dependsOn('b').fails()),
      );
      const words = place.user.command(['run', '-f', path]);
      const child = spawn(words[0], words.slice(1), { env: { ...place.user.env, KUBECONFIG: kubeconfig } });
      const ended = once(child, 'exit');
      let stdout = '';
      child.stdout.on('data', (data: Buffer) => {
        stdout += data.toString();
      });
      const until = (words: string) =>
        waitUntil(words, () => Promise.resolve(stdout.includes(words)), { limitMs: 20_000 });
      await until('jobflow approve b');
      proxy.refuse();
      await until('The cluster does not answer');
      await place.kubectl('annotate', 'job', 'b', 'api.practice.com/approved=me');
      await place.kubectl('wait', '--for=condition=failed', 'job/c', '--timeout=30s');
      proxy.accept();
      expect(await ended).to.deep.equal([1, null]);
      const lines = masked(stdout).map((line) =>
        line.replace(/ \(at hh:mm:ss\)$/, '').replace(/\(.*ECONN.*\)/, '(…)'),
      );
      const away = lines.findIndex((line) => line.includes('does not answer'));
      const afterwards = lines.slice(away).filter((line) => !/log of|simulated/.test(line));
      expect(afterwards).to.have.members([
        'hh:mm:ss  The cluster does not answer (…); the Jobs go on, and this waits for it.',
        'hh:mm:ss  The cluster answers again; what happened meanwhile is told now.',
        'hh:mm:ss  b  started, after a wait of Ns',
        'hh:mm:ss  b  complete after Ns',
        'hh:mm:ss  c  started, after a wait of Ns',
        'hh:mm:ss  c  failed after Ns: Job has reached the specified backoff limit (BackoffLimitExceeded)',
        'hh:mm:ss  3 Jobs: 2 complete, 1 failed; Ns.',
      ]);
    } finally {
      await proxy.stop();
    }
  });

  it('says what was applied and what was not, and which right is missing', async () => {
    await place.cluster.apply(
      [
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'jobs-only' } },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'Role',
          metadata: { name: 'jobs-only' },
          rules: [{ apiGroups: ['batch'], resources: ['jobs'], verbs: ['*'] }],
        },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: 'jobs-only' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'jobs-only' },
          subjects: [{ kind: 'ServiceAccount', name: 'jobs-only', namespace: place.user.namespace }],
        },
      ],
      { namespace: place.user.namespace },
    );
    const kubeconfig = await place.cluster.serviceAccountKubeconfig(place.user.namespace, 'jobs-only');
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } };
    const input = file(job('a'), config, job('b'));
    const partly = await place.user.jobflow(['run', '-f', '-'], { input, kubeconfig });
    expect(partly.code).to.equal(1);
    const lines = partly.stderr.split('\n');
    expect(lines[0]).to.match(
      /^configmaps "c" is forbidden: .* cannot patch resource "configmaps" .*; ask for that right, or use another namespace or --context\.$/,
    );
    expect(lines.slice(1)).to.deep.equal([
      'Applied, and going on: job.batch/a.',
      'Not applied: ConfigMap "c", Job "b".',
      '',
    ]);
    // Without the right to read pods there are no logs, and all else is told.
    const failing = await place.user.jobflow(['run', '-f', '-'], {
      input: file(job('d').fails()),
      kubeconfig,
    });
    expect(masked(failing.stdout)).to.include.members([
      'hh:mm:ss  d  failed after Ns: Job has reached the specified backoff limit (BackoffLimitExceeded)',
      'hh:mm:ss  Job "d": its logs cannot be had. You may not list pods here, so nothing is said of them; ask for the right to list pods.',
    ]);
    const flow = {
      apiVersion: 'api.practice.com/v1alpha1',
      kind: 'JobFlow',
      metadata: { name: 'f' },
      spec: { flows: [{ name: 'x', jobTemplate: job('x').asJobTemplate().spec }] },
    };
    const unseen = await place.user.jobflow(['run', '-f', '-'], { input: file(flow), kubeconfig });
    expect(unseen.stderr).to.equal(
      'JobFlow "f" cannot be followed: You may not list jobflows here, so nothing is said of them; ask for the right to list jobflows. Or write --detach. Nothing has been applied.\n',
    );
    expect(unseen.code).to.equal(1);
  });

  it('says in one sentence why nothing can be done', async () => {
    const path = join(place.folder, 'job.yaml');
    await writeFile(path, file(job('a')));
    const [program, main] = place.user.command([]);
    const run = (words: readonly string[], kubeconfig = place.cluster.kubeconfigPath) =>
      runCommand('jobflow', [program, main ?? '', 'run', '-f', path, ...words], {
        allowFailure: true,
        env: { ...place.user.env, KUBECONFIG: kubeconfig },
      });
    const expired = join(place.folder, 'expired.kubeconfig');
    await writeFile(
      expired,
      kubeconfigText(place.cluster.server, place.cluster.caCert, { token: 'no.such.token' }),
    );
    const [nowhere, wrongContext, unauthorized, mismatch] = await Promise.all([
      run(['-n', 'nowhere']),
      run(['--context', 'production']),
      run([], expired),
      place.user.jobflow(['run', '-f', '-'], { input: file(job('a').metadata({ namespace: 'elsewhere' })) }),
    ]);
    expect([nowhere.code, wrongContext.code, unauthorized.code, mismatch.code]).to.deep.equal([1, 1, 1, 1]);
    expect(nowhere.stderr).to.match(
      /^Job "a": Namespace "nowhere" does not exist; create it, or name another with -n\.\nNothing has been applied\.\n/,
    );
    expect(wrongContext.stderr).to.match(/^.*contexts: there is no "production".*\n$/);
    expect(unauthorized.stderr).to.match(/^The cluster at \S+ does not accept your credentials.*\.\n$/);
    expect(mismatch.stderr).to.equal(
      `Job "a" states namespace "elsewhere", but -n says "${place.user.namespace}"; leave one of the two out.\n`,
    );
  });

  it('follows Jobs of several namespaces', async () => {
    const other = await cliUser(place.cluster);
    const [program, main] = place.user.command([]);
    const input = file(
      job('a').metadata({ namespace: place.user.namespace }),
      job('a').metadata({ namespace: other.namespace }),
    );
    const { stdout, code } = await runCommand('jobflow', [program, main ?? '', 'run', '-f', '-'], {
      input,
      env: place.user.env,
    });
    expect(masked(stdout).slice(1)).to.have.members([
      ...[place.user, other].flatMap(({ namespace }) => [
        `hh:mm:ss  ${namespace}/a  started`,
        `hh:mm:ss  ${namespace}/a  complete after Ns`,
      ]),
      'hh:mm:ss  2 Jobs: 2 complete; Ns.',
    ]);
    expect(code).to.equal(0);
  });
});
