import type { JsonObject } from '../../../src/api/job.ts';
import { USER_ANNOTATIONS } from '../../../src/api/names.ts';
import {
  BY_HAND_ANNOTATION,
  readPath,
  waitUntil,
  type Cluster,
  type Jobflow,
} from '../../support/cluster.ts';
import { daemonJob, jobSpec } from '../support/daemon-place.ts';
import { flow } from '../support/flow-manifest.ts';
import { job } from '../support/job-manifest.ts';
import type { CliUser } from './cli-fixture.ts';

/** Longer than any test. */
const LONG = '3600s';

/** Where situations are prepared. */
export interface Place {
  readonly user: CliUser;
  /** Somebody whose namespace has a quota of no pods. */
  readonly poor: CliUser;
  readonly jobflow: Jobflow;
}

/**
 * Makes everything that keeps Jobs from starting, or lets them end as they should not, each once.
 *
 * @returns when all of it stands as it will stay
 */
export async function prepareSituations(place: Place): Promise<void> {
  const { user, poor } = place;
  const { cluster, namespace } = user;
  const kubectl = (words: readonly string[]) => cluster.kubectl([...words, '-n', namespace]);
  const apply = (manifests: readonly object[]) => cluster.apply(manifests, { namespace });
  await apply([
    job('done'),
    job('vanished'),
    job('yesterday').annotated('run', 'yesterday'),
    job('leftover').metadata({ finalizers: ['example.com/stay'] }),
    job('broken').fails(3),
    job('late').dependsOn('never').annotated('waitTimeout', '1s'),
  ]);
  await Promise.all(
    ['done', 'vanished', 'yesterday', 'leftover'].map((name) => untilCondition(user, name, 'Complete')),
  );
  await kubectl(['delete', 'job', 'vanished', 'leftover', '--wait=false']);
  await apply([
    job('busy').lasts(LONG),
    job('after-busy').dependsOn('busy'),
    job('unschedulable').pod({ nodeSelector: { disk: 'ssd' } }),
    job('after-unschedulable').dependsOn('unschedulable'),
    job('third').dependsOn('after-unschedulable, busy'),
    job('no-image')
      .byHand()
      .pod({ containers: [{ name: 'main', image: 'registry.example/etl:v9' }] }),
    job('crashing').byHand(),
    job('no-config').byHand(),
    job('no-volume').byHand(),
    job('patient').dependsOn('broken').annotated('onUnmetDependency', 'Wait'),
    job('victim').dependsOn('broken'),
    job('second-victim').dependsOn('victim'),
    job('other-branch').dependsOn('done=Failed'),
    job('after-branch').dependsOn('other-branch'),
    job('flaky').fails().spec({ backoffLimit: 6 }),
    job('held').dependsOn('done').annotated('hold', 'true'),
    job('typo').dependsOn('unschedulabel, done'),
    job('missing').dependsOn('nothing-like-it'),
    job('after-vanished').dependsOn('vanished'),
    job('today').dependsOn('yesterday').annotated('run', 'today'),
    job('after-leftover').dependsOn('leftover'),
    job('leaving')
      .lasts(LONG)
      .metadata({ finalizers: ['example.com/stay'] }),
    job('after-leaving').dependsOn('leaving'),
    job('by-user').lasts(LONG),
    job('not-gated').spec({ suspend: true }),
    job('queued')
      .metadata({ labels: { 'kueue.x-k8s.io/queue-name': 'team-a' } })
      .spec({ suspend: true }),
    job('foreign').dependsOn('done').spec({ managedBy: 'example.com/other', suspend: true }),
    job('taken-a').lasts(LONG),
    job('too-late').lasts(LONG),
    job('nodes-wait').dependsOn('daemonjob/tidy'),
    flow('stopped').runs(job('a')).runs(job('b'), 'a').spec({ suspend: true }),
    flow('narrow').runs(job('a').lasts(LONG)).runs(job('b').lasts(LONG)).spec({ maxConcurrentJobs: 1 }),
    flow('taken').runs(job('a')).runs(job('b'), 'a'),
    daemonJob('nowhere', jobSpec({ pod: { nodeSelector: { disk: 'ssd' } } })),
    daemonJob('tidy', { ...jobSpec({ lasts: LONG }), excludeNodeList: 'node-1' }),
  ]);
  await cluster.apply(
    { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none' }, spec: { hard: { pods: '0' } } },
    { namespace: poor.namespace },
  );
  await Promise.all([withoutWebhook(place), writePods(user), writeRights(user)]);
  await cluster.apply([job('refused')], { namespace: poor.namespace });
  await Promise.all([
    ...['busy', 'leaving', 'by-user', 'too-late'].map((name) => untilRunning(user, name)),
    untilCondition(user, 'second-victim', 'Failed'),
    untilCondition(user, 'after-branch', 'Complete'),
    untilCondition(user, 'late', 'Failed'),
  ]);
  await kubectl(['delete', 'job', 'leaving', '--wait=false']);
  await kubectl(['patch', 'job', 'by-user', '-p', '{"spec":{"suspend":true}}']);
  await kubectl(['annotate', 'job', 'too-late', `${USER_ANNOTATIONS.dependsOn}=busy`]);
}

/** Waits until a Job has a condition. */
export async function untilCondition(
  { cluster, namespace }: CliUser,
  name: string,
  type: string,
): Promise<void> {
  await waitUntil(`Job ${name} to be ${type}`, async () => {
    const conditions = readPath(
      (await cluster.api.request('GET', jobPath(namespace, name))).body,
      'status',
      'conditions',
    );
    return (
      Array.isArray(conditions) &&
      conditions.some((one) => readPath(one, 'type') === type && readPath(one, 'status') === 'True')
    );
  });
}

/** Cycles that the webhook would refuse, and a Job that it has not seen. */
async function withoutWebhook({ user, jobflow }: Place): Promise<void> {
  await Promise.all(jobflow.webhooks.map((webhook) => webhook.kill()));
  const edges = ['ring-a=ring-c', 'ring-b=ring-a', 'ring-c=ring-b', 'behind-ring=ring-a', 'unrecorded=busy'];
  await user.cluster.apply(
    edges.map((edge) => {
      const [name = '', upstream = ''] = edge.split('=');
      return job(name).dependsOn(upstream).spec({ suspend: true });
    }),
    { namespace: user.namespace },
  );
  await Promise.all(jobflow.webhooks.map((webhook) => webhook.restart()));
}

/** What a kubelet says of pods that cannot run. */
async function writePods({ cluster, namespace }: CliUser): Promise<void> {
  const write = writeContainer.bind(undefined, cluster, namespace);
  await Promise.all([
    write('no-image', 'Pending', {
      state: {
        waiting: {
          reason: 'ImagePullBackOff',
          message: 'Back-off pulling image "registry.example/etl:v9"',
        },
      },
    }),
    write('crashing', 'Running', {
      restartCount: 4,
      state: {
        waiting: { reason: 'CrashLoopBackOff', message: 'back-off 1m20s restarting failed container' },
      },
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', startedAt: null, finishedAt: null } },
    }),
    write('no-config', 'Pending', {
      state: {
        waiting: { reason: 'CreateContainerConfigError', message: 'configmap "settings" not found' },
      },
    }),
    write('no-volume', 'Pending', { state: { waiting: { reason: 'ContainerCreating' } } }),
    writePodEvent(cluster, namespace, 'no-volume', {
      reason: 'FailedMount',
      message: 'MountVolume.SetUp failed for volume "data" : configmap "data" not found',
    }),
  ]);
}

/** Somebody who may read Jobs and nothing else. */
async function writeRights({ cluster, namespace }: CliUser): Promise<void> {
  const meta = { name: 'reader', namespace };
  await cluster.apply(
    [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: meta,
        rules: [{ apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: meta,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', ...meta }],
      },
    ],
    { namespace },
  );
}

async function untilRunning({ cluster, namespace }: CliUser, name: string): Promise<void> {
  await waitUntil(
    `a pod of Job ${name}`,
    async () =>
      Number(
        readPath((await cluster.api.request('GET', jobPath(namespace, name))).body, 'status', 'active'),
      ) > 0,
  );
}

function jobPath(namespace: string, name: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`;
}

/** A pod as a test sees it. */
interface SeenPod {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
}

/** Waits until the pod of a Job that is kept by hand has a node. */
async function untilPodBound(cluster: Cluster, namespace: string, job: string): Promise<SeenPod> {
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=batch.kubernetes.io/job-name=${job}`;
  return waitUntil(`a pod of Job ${job} on a node`, async () => {
    const pod = readPath(await cluster.api.demand('GET', path), 'items', 0);
    const node = readPath(pod, 'spec', 'nodeName');
    if (
      typeof node !== 'string' ||
      readPath(pod, 'metadata', 'annotations', BY_HAND_ANNOTATION) === undefined
    )
      return undefined;
    return {
      name: String(readPath(pod, 'metadata', 'name')),
      uid: String(readPath(pod, 'metadata', 'uid')),
      node,
    };
  });
}

/** Writes the status of the only container of a Job's pod, as a kubelet does. */
async function writeContainer(
  cluster: Cluster,
  namespace: string,
  job: string,
  phase: 'Pending' | 'Running',
  container: JsonObject,
): Promise<void> {
  const { name } = await untilPodBound(cluster, namespace, job);
  const status = {
    phase,
    startTime: new Date().toISOString(),
    containerStatuses: [
      {
        name: 'main',
        image: 'busybox:1.36',
        imageID: '',
        ready: false,
        started: false,
        restartCount: 0,
        ...container,
      },
    ],
  };
  await cluster.api.demand('PATCH', `/api/v1/namespaces/${namespace}/pods/${name}/status`, { status });
}

/** Writes an Event about a Job's pod, as a kubelet does. */
async function writePodEvent(
  cluster: Cluster,
  namespace: string,
  job: string,
  { reason, message }: { readonly reason: string; readonly message: string },
): Promise<void> {
  const { name, uid, node } = await untilPodBound(cluster, namespace, job);
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  await cluster.api.demand('POST', `/api/v1/namespaces/${namespace}/events`, {
    metadata: { generateName: `${name}.`, namespace },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
    type: 'Warning',
    reason,
    message,
    firstTimestamp: now,
    lastTimestamp: now,
    count: 3,
    source: { component: 'kubelet', host: node },
  });
}
