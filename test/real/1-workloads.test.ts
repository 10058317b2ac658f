import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { readPath } from '../support/cluster/api-client.ts';
import { STARTING_LIMIT_MS, sharedRealCluster } from '../support/real-cluster/fixture.ts';
import { NODE_NAME } from '../support/real-cluster/node-layout.ts';
import { RealNamespace } from '../support/real-cluster/observations.ts';
import type { RealCluster } from '../support/real-cluster/real-cluster.ts';
import { SYSTEM_NAMESPACE, ensureRelease } from '../support/real-cluster/release.ts';
import { shellJob, shellPod } from '../support/real-cluster/shell-job.ts';

/*
 * The first part of the life of an installation, whose parts run in the order of their numbers: the image and the chart
 * of this checkout, on a real node, and what users do with them.
 */
describe('jobflow installed with Helm on a real node', () => {
  let cluster: RealCluster;
  let place: RealNamespace;

  before('start the cluster and install', async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedRealCluster();
    await ensureRelease(cluster);
    place = await RealNamespace.create(cluster, 'work');
  });

  it('runs as nobody in particular, on a file system that it cannot write to, under restricted Pod Security', async () => {
    const { stdout } = await cluster.kubectl(['get', 'pods', '-n', SYSTEM_NAMESPACE, '-o', 'json']);
    const pods = readPath(JSON.parse(stdout), 'items');
    expect(pods).to.be.an('array').with.length(4);
    for (const pod of Array.isArray(pods) ? pods : []) {
      expect(readPath(pod, 'spec', 'securityContext', 'runAsUser')).to.equal(65_532);
      expect(readPath(pod, 'spec', 'containers', 0, 'securityContext', 'readOnlyRootFilesystem')).to.equal(
        true,
      );
      expect(readPath(pod, 'status', 'containerStatuses', 0, 'restartCount')).to.equal(0);
    }
  });

  it('runs Jobs one after the other, however they were applied, and their logs are there', async () => {
    await place.apply([
      shellJob('load', 'echo load', { dependsOn: 'transform' }),
      shellJob('transform', 'echo transform', { dependsOn: 'extract' }),
      shellJob('extract', 'sleep 2; echo extract'),
    ]);
    expect(await place.jobsWithPods()).to.not.include.members(['load', 'transform']);
    await place.waitFor('condition=complete', 'job/load');
    for (const name of ['extract', 'transform', 'load']) expect(await place.logs(name)).to.equal(`${name}\n`);
    const [extract, transform, load] = await Promise.all(
      ['extract', 'transform', 'load'].map((name) => place.get('job', name)),
    );
    const time = (job: unknown, field: string) => Date.parse(String(readPath(job, 'status', field)));
    expect(time(transform, 'startTime')).to.be.at.least(time(extract, 'completionTime'));
    expect(time(load, 'startTime')).to.be.at.least(time(transform, 'completionTime'));
  });

  it('fails what depends on a container that failed, without a pod, and runs what was to run then', async () => {
    await place.apply([
      shellJob('import', 'echo the disk is full >&2; exit 3'),
      shellJob('report', 'echo report', { dependsOn: 'import' }),
      shellJob('alarm', 'echo alarm', { dependsOn: 'import=Failed' }),
      shellJob('tidy', 'echo tidy', { dependsOn: 'import=Finished' }),
    ]);
    await place.waitFor('condition=failed', 'job/report');
    await place.waitFor('condition=complete', 'job/alarm');
    await place.waitFor('condition=complete', 'job/tidy');
    expect(await place.conditions('report')).to.include('Failed: DependencyFailed');
    expect(await place.jobsWithPods()).to.not.include('report');
    expect(await place.logs('import')).to.equal('the disk is full\n');
    const [pod] = (await place.list('pods')).filter(
      (one) => readPath(one, 'metadata', 'labels', 'batch.kubernetes.io/job-name') === 'import',
    );
    expect(readPath(pod, 'status', 'containerStatuses', 0, 'state', 'terminated', 'exitCode')).to.equal(3);
  });

  it('runs the example of a JobFlow as it is printed, with its parameters in every container', async () => {
    await place.apply(await readFile(new URL('../../examples/jobflow.yaml', import.meta.url), 'utf8'));
    await place.waitFor('condition=Complete', 'jobflow/build', 90);
    expect(await place.logs('build-compile')).to.equal('building 1.4.2\n');
    expect(await place.logs('build-publish')).to.equal('publishing 1.4.2\n');
    expect(readPath(await place.get('jobflow', 'build'), 'status', 'state')).to.equal('Succeed');
  });

  it('fails a JobFlow whose container fails, with what depends on it', async () => {
    const entry = (name: string, script: string, dependencies: readonly string[] = []) => ({
      name,
      dependencies,
      jobTemplate: { backoffLimit: 0, template: shellPod(script) },
    });
    await place.apply({
      apiVersion: 'api.practice.com/v1alpha1',
      kind: 'JobFlow',
      metadata: { name: 'broken' },
      spec: { flows: [entry('first', 'echo no; exit 1'), entry('second', 'echo never', ['first'])] },
    });
    await place.waitFor('condition=Failed', 'jobflow/broken');
    const status = readPath(await place.get('jobflow', 'broken'), 'status');
    expect(readPath(status, 'jobStatusList')).to.deep.include({
      'broken-first': 'Failed',
      'broken-second': 'Failed',
    });
    expect(await place.logs('broken-first')).to.equal('no\n');
    expect(await place.jobsWithPods()).to.not.include('broken-second');
  });

  it('runs a DaemonJob on the node', async () => {
    await place.apply({
      apiVersion: 'api.practice.com/v1alpha1',
      kind: 'DaemonJob',
      metadata: { name: 'prepare' },
      spec: { template: shellPod('echo "on $NODE_NAME"') },
    });
    await place.waitFor('condition=Complete', 'daemonjob/prepare');
    expect(await place.logs(`prepare-${NODE_NAME}`)).to.equal(`on ${NODE_NAME}\n`);
  });

  it('shows what real containers say, to their end, with jobflow logs', async () => {
    const restarting = {
      restartPolicy: 'OnFailure',
      terminationGracePeriodSeconds: 1,
      volumes: [{ name: 'kept', emptyDir: {} }],
      initContainers: [container('init', 'echo prepared')],
      containers: [
        {
          ...container(
            'main',
            // Long enough for a busy machine to begin to follow: of what runs again, only the latest run can be.
            'test -e /kept/once && echo second && exit 0; echo first; touch /kept/once; sleep 15; exit 1',
          ),
          volumeMounts: [{ name: 'kept', mountPath: '/kept' }],
        },
      ],
    };
    await place.apply([
      shellJob('speaks', 'for i in 1 2 3 4 5 6; do echo "line $i"; sleep 0.5; done; printf "no end"'),
      shellJob('odd', String.raw`head -c 100000 /dev/zero | tr "\0" x; echo; printf "\001\377\n"`, {
        dependsOn: 'speaks',
      }),
      shellJob('breaks', 'echo said; sleep 0.2; echo to nobody >&2; exit 3', { dependsOn: 'odd' }),
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'again' },
        spec: { template: { spec: restarting } },
      },
    ]);
    const follow = (...names: string[]) => cluster.jobflow(['logs', ...names, '-f', '-n', place.name]);
    const [chain, again] = await Promise.all([follow('breaks', 'odd', 'speaks'), follow('again')]);
    const lines = chain.stdout.replaceAll(/^(\w+)\/\w{5} main /gm, '$1 ').split('\n');
    expect(lines.slice(0, 7)).to.deep.equal([
      ...[1, 2, 3, 4, 5, 6].map((number) => `speaks | line ${number}`),
      'speaks | no end',
    ]);
    expect(lines[7]).to.equal(`odd | ${'x'.repeat(100_000)}`);
    expect(lines.slice(9)).to.deep.equal(['breaks | said', 'breaks | to nobody', '']);
    expect({ stderr: chain.stderr, code: chain.code }).to.deep.equal({ stderr: '', code: 0 });
    expect(again.stdout.replaceAll(/^again\/\w{5} /gm, '')).to.equal(
      'init | prepared\nmain | first\nmain | second\n',
    );
    const show = async (...words: string[]) =>
      (await cluster.jobflow(['logs', ...words, '--prefix=false', '-n', place.name])).stdout;
    expect(await show('speaks', 'breaks', '--failed', '--tail=1')).to.equal('to nobody\n');
    // The kubelet may have removed it by now, and then says so in place of the log.
    expect(['first\n', '']).to.include(await show('again', '--previous'));
    expect(await show('again', '-c', 'main')).to.equal('second\n');
  });

  it('runs a pipeline in the older form from within a pod, by its service account', async () => {
    const files = {
      'jobs.yaml': `image: busybox:1.36
namespace: ${place.name}
runmode: in-cluster
cleanuptime: 1
restartPolicy: Never
jobs:
  fetch: {}
  store: { depends_on: [fetch] }
`,
      'fetch.yaml': "command: [sh, -c, 'echo fetched']\n",
      'store.yaml': "command: [sh, -c, 'echo stored']\n",
    };
    await place.apply([
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'pipeline' }, data: files },
      ...pipelineAccount(place.name),
      await pipelineJob(cluster),
    ]);
    await place.waitFor('condition=complete', 'job/pipeline');
    const told = (await place.logs('pipeline')).replaceAll(/^\d\d:\d\d:\d\d {2}/gm, '').split('\n');
    expect(told.slice(0, 3)).to.deep.equal([
      'The order of /work/config:',
      '1. fetch',
      '2. store after fetch',
    ]);
    expect(told.at(-2)).to.match(/^2 Jobs: 2 complete; \d+s\.$/);
    expect(await place.logs('store')).to.equal('stored\n');
    expect(readPath(await place.get('job', 'store'), 'spec', 'ttlSecondsAfterFinished')).to.equal(60);
  });
});

/** A container that runs a script. */
function container(name: string, script: string): object {
  return { name, image: 'busybox:1.36', command: ['sh', '-c', script] };
}

/** Who may run pipelines, with the rights that docs/cli.md names. */
function pipelineAccount(namespace: string): object[] {
  const metadata = { name: 'pipeline' };
  const rule = (apiGroup: string, resource: string, verbs: readonly string[]) => ({
    apiGroups: [apiGroup],
    resources: [resource],
    verbs,
  });
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [
        rule('batch', 'jobs', ['get', 'list', 'watch', 'create', 'patch']),
        rule('', 'pods', ['list']),
        rule('', 'pods/log', ['get']),
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'pipeline' },
      subjects: [{ kind: 'ServiceAccount', name: 'pipeline', namespace }],
    },
  ];
}

/** A Job that runs the pipeline that is mounted in it, by the image that is installed. */
async function pipelineJob(cluster: RealCluster): Promise<object> {
  const controller = await cluster.get('deployment', 'jobflow-controller', '-n', SYSTEM_NAMESPACE);
  const container = {
    name: 'run',
    image: readPath(controller, 'spec', 'template', 'spec', 'containers', 0, 'image'),
    imagePullPolicy: 'Never',
    command: ['node', 'dist/src/cli/main.js', 'run'],
    volumeMounts: [{ name: 'config', mountPath: '/work/config' }],
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'pipeline' },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          serviceAccountName: 'pipeline',
          containers: [container],
          volumes: [{ name: 'config', configMap: { name: 'pipeline' } }],
        },
      },
    },
  };
}
