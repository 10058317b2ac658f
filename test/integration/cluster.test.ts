import { expect } from 'chai';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readPath, startCluster, waitUntil } from '../support/cluster.ts';
import type { Cluster } from '../support/cluster.ts';
import type { OwnedThings } from '../support/cluster/abandoned-owner.ts';
import { STARTING_LIMIT_MS, freshNamespace, sharedCluster } from '../support/cluster/fixture.ts';
import { identifyProcess, isRunning } from '../support/cluster/process-identity.ts';
import type { ProcessIdentity } from '../support/cluster/process-identity.ts';
import { DURATION_ANNOTATION, EXIT_CODE_ANNOTATION, FAIL_ANNOTATION } from '../support/cluster/stages.ts';

const ENDS_WITHIN_MS = 30_000;

describe('the local cluster', () => {
  let cluster: Cluster;
  let namespace: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    namespace = await freshNamespace(cluster);
  });

  it('completes a Job at once when nothing else is stated', async function () {
    this.timeout(30_000);
    await cluster.apply(job('quick', {}), { namespace });
    await untilCondition(cluster, namespace, 'quick', 'Complete');
  });

  it('runs a pod as long as its annotation says', async function () {
    this.timeout(30_000);
    await cluster.apply(job('lasting', { [DURATION_ANNOTATION]: '1500ms' }), { namespace });
    const pod = await untilCondition(cluster, namespace, 'lasting', 'Complete').then(() =>
      podOf(cluster, namespace, 'lasting'),
    );
    const terminated = readPath(pod, 'status', 'containerStatuses', 0, 'state', 'terminated');
    const ranMs = time(readPath(terminated, 'finishedAt')) - time(readPath(terminated, 'startedAt'));
    // Kubernetes keeps whole seconds, so a run of 1.5 s is shown as one of 1 or 2.
    expect(ranMs).to.be.within(1_000, 3_000);
    expect(readPath(terminated, 'exitCode')).to.equal(0);
    expect(readPath(pod, 'status', 'podIP')).to.be.a('string');
  });

  it('fails a pod with the exit code that a podFailurePolicy looks for', async function () {
    this.timeout(30_000);
    const policy = {
      backoffLimit: 3,
      podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }] },
    };
    await cluster.apply(job('failing', { [FAIL_ANNOTATION]: 'true', [EXIT_CODE_ANNOTATION]: '42' }, policy), {
      namespace,
    });
    const failed = await untilCondition(cluster, namespace, 'failing', 'Failed');
    expect(readPath(failed, 'reason')).to.equal('PodFailurePolicy');
  });

  it('runs every index of an Indexed Job', async function () {
    this.timeout(30_000);
    const spec = { completions: 5, parallelism: 5, completionMode: 'Indexed' };
    await cluster.apply(job('indexed', { [DURATION_ANNOTATION]: '200ms' }, spec), { namespace });
    await untilCondition(cluster, namespace, 'indexed', 'Complete');
    const { body } = await cluster.api.request('GET', jobPath(namespace, 'indexed'));
    expect(readPath(body, 'status', 'completedIndexes')).to.equal('0-4');
  });

  it('ends the pods of a running Job that is deleted or suspended', async function () {
    this.timeout(30_000);
    await cluster.apply(
      [job('deleted', { [DURATION_ANNOTATION]: '10m' }), job('paused', { [DURATION_ANNOTATION]: '10m' })],
      {
        namespace,
      },
    );
    for (const name of ['deleted', 'paused']) {
      await waitUntil(
        `a running pod of ${name}`,
        async () => readPath(await podOf(cluster, namespace, name), 'status', 'phase') === 'Running',
      );
    }
    await cluster.kubectl([
      'delete',
      'job',
      'deleted',
      '-n',
      namespace,
      '--cascade=foreground',
      '--timeout=20s',
    ]);
    await cluster.api.demand('PATCH', jobPath(namespace, 'paused'), { spec: { suspend: true } });
    await waitUntil(
      'no pod to be left',
      async () => (await podOf(cluster, namespace, 'paused')) === undefined,
    );
    expect(await podOf(cluster, namespace, 'deleted')).to.equal(undefined);
  });

  it('deletes a namespace with everything that runs in it', async function () {
    this.timeout(60_000);
    const doomed = await freshNamespace(cluster);
    await cluster.apply(job('running', { [DURATION_ANNOTATION]: '10m' }), { namespace: doomed });
    await cluster.kubectl(['delete', 'namespace', doomed, '--timeout=50s']);
  });

  it('adds a node that takes pods, and removes it', async function () {
    this.timeout(30_000);
    await cluster.addNode('extra', {
      labels: { purpose: 'extra' },
      taints: [{ key: 'purpose', value: 'extra', effect: 'NoSchedule' }],
    });
    const pinned = { nodeSelector: { purpose: 'extra' }, tolerations: [{ operator: 'Exists' }] };
    await cluster.apply(job('pinned', {}, {}, pinned), { namespace });
    await untilCondition(cluster, namespace, 'pinned', 'Complete');
    await cluster.removeNode('extra');
    expect((await cluster.api.request('GET', '/api/v1/nodes/extra')).status).to.equal(404);
  });

  it('lets a program be a service account by a token, with its rights only', async () => {
    const kubeconfig = await cluster.serviceAccountKubeconfig(namespace, 'default');
    const who = await cluster.kubectl(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'], {
      kubeconfig,
    });
    expect(who.stdout).to.equal(`system:serviceaccount:${namespace}:default`);
    const refused = await cluster.kubectl(['get', 'jobs', '-n', namespace], {
      kubeconfig,
      allowFailure: true,
    });
    expect(refused.stderr).to.contain('forbidden');
  });

  it('stops, resumes, kills and restarts a further program', async () => {
    const program = await cluster.startProgram({ name: 'sleeper', command: '/bin/sleep', args: ['600'] });
    await program.signal('SIGSTOP');
    await program.stop();
    expect(program.end?.signal).to.equal('SIGTERM');
    await program.restart();
    expect(program.running).to.equal(true);
    expect(await program.kill()).to.deep.equal({ code: null, signal: 'SIGKILL' });
  });

  it('shows the log of an API server that does not start, and leaves nothing', async function () {
    this.timeout(STARTING_LIMIT_MS);
    const refused = await startCluster({ apiServerArgs: ['--no-such-flag'] }).then(
      async (unexpected) => {
        await unexpected.stop();
        return '';
      },
      (error: unknown) => String(error),
    );
    expect(refused).to.contain('unknown flag: --no-such-flag');
  });

  for (const [ending, how] of [
    ['is killed by SIGKILL', 'SIGKILL'],
    ['is interrupted by SIGINT', 'SIGINT'],
    ['throws', 'throw'],
  ] as const) {
    it(`leaves no process and no folder when its owner ${ending}`, async function () {
      this.timeout(STARTING_LIMIT_MS);
      const script = fileURLToPath(new URL('../support/cluster/abandoned-owner.ts', import.meta.url));
      const owner = fork(script, [how === 'throw' ? 'throw' : 'hang'], {
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        execArgv: [],
      });
      const ended = once(owner, 'exit');
      const [{ directory, pids }] = (await once(owner, 'message')) as [OwnedThings];
      const processes = await Promise.all(pids.map((pid) => identifyProcess(pid)));
      expect(pids).to.have.lengthOf(6);
      if (how !== 'throw') owner.kill(how);
      await ended;
      await untilEnded(processes.filter((one) => one !== undefined));
      expect(existsSync(directory)).to.equal(false);
    });
  }
});

function job(
  name: string,
  annotations: Readonly<Record<string, string>>,
  spec: object = {},
  podSpec: object = {},
): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      ...spec,
      template: {
        metadata: { annotations },
        spec: { restartPolicy: 'Never', containers: [{ name: 'work', image: 'none' }], ...podSpec },
      },
    },
  };
}

function jobPath(namespace: string, name: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`;
}

async function podOf(cluster: Cluster, namespace: string, jobName: string): Promise<unknown> {
  const { body } = await cluster.api.request(
    'GET',
    `/api/v1/namespaces/${namespace}/pods?labelSelector=job-name%3D${jobName}`,
  );
  return readPath(body, 'items', 0);
}

async function untilCondition(
  cluster: Cluster,
  namespace: string,
  name: string,
  type: string,
): Promise<unknown> {
  return waitUntil(
    `Job ${name} to be ${type}`,
    async () => {
      const { body } = await cluster.api.request('GET', jobPath(namespace, name));
      const conditions = readPath(body, 'status', 'conditions');
      if (!Array.isArray(conditions)) return undefined;
      const found: unknown = conditions.find((one) => readPath(one, 'type') === type);
      return found;
    },
    { limitMs: 25_000 },
  );
}

async function untilEnded(processes: readonly ProcessIdentity[]): Promise<void> {
  await waitUntil(
    'all processes to end',
    async () => (await Promise.all(processes.map((one) => isRunning(one)))).every((running) => !running),
    { limitMs: ENDS_WITHIN_MS },
  );
}

function time(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : Number.NaN;
}
