import { expect } from 'chai';
import { setTimeout as delay } from 'node:timers/promises';
import { USER_ANNOTATIONS } from '../../../src/api/names.ts';
import { installJobflow, readPath, startCluster, type Cluster, type Jobflow } from '../../support/cluster.ts';
import { STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { jobSpec } from '../support/daemon-place.ts';
import { flow } from '../support/flow-manifest.ts';
import { job } from '../support/job-manifest.ts';
import { cliUser, type CliOptions, type CliUser } from './cli-fixture.ts';
import { prepareSituations, untilCondition } from './why-situations.ts';

/** After so long a gate that is open should have let its Job go, in milliseconds. */
const LATE_MS = 6_000;

/** What `jobflow why -o json` says, in the fields that are looked at. */
interface Answer {
  readonly state: string;
  readonly answer: string;
  readonly roots: readonly {
    readonly name: string;
    readonly cause: { readonly kind: string };
    readonly says: string;
    readonly toDo: readonly { readonly say: string; readonly command?: string }[];
  }[];
  readonly remarks: readonly { readonly kind: string; readonly says: string }[];
  readonly notSeen: readonly string[];
}

describe('jobflow why', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let jobflow: Jobflow;
  let user: CliUser;
  let poor: CliUser;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster();
    await cluster.addNode('gpu-1', { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] });
    jobflow = await installJobflow(cluster, { webhookFailurePolicy: 'Ignore' });
    [user, poor] = await Promise.all([cliUser(cluster), cliUser(cluster)]);
    await prepareSituations({ user, poor, jobflow });
  });

  after(async function () {
    this.timeout(60_000);
    await cluster.stop();
  });

  const kubectl = (words: readonly string[]) => cluster.kubectl([...words, '-n', user.namespace]);
  const apply = (manifests: readonly object[]) => cluster.apply(manifests, { namespace: user.namespace });

  async function ask(subject: string, options: CliOptions = {}, asker = user): Promise<Answer> {
    const { code, stdout, stderr } = await asker.jobflow(['why', subject, '-o', 'json'], options);
    expect({ code, stderr }, subject).to.deep.equal({ code: 0, stderr: '' });
    return JSON.parse(stdout) as Answer;
  }

  /** What is asked about, the object that really holds it, why, and what the answer says. */
  const SITUATIONS: readonly (readonly [subject: string, root: string, cause: string, says: RegExp])[] = [
    [
      'after-busy',
      'busy',
      'running',
      /"busy", for which it waits, has been running for \d+s \(pod busy-\w+ on node "node-\d"\)/,
    ],
    [
      'after-unschedulable',
      'unschedulable',
      'unschedulable',
      /cannot be scheduled: 0\/4 nodes are available/,
    ],
    [
      'third',
      'unschedulable',
      'unschedulable',
      /by way of Job "after-unschedulable", .*; 1 more has still to end\.$/,
    ],
    [
      'no-image',
      'no-image',
      'imageUnavailable',
      /does not run: its pod .* "registry.example\/etl:v9" \(ImagePullBackOff\)/,
    ],
    ['crashing', 'crashing', 'crashLoop', /\(4 restarts\), last with exit code 137 \(OOMKilled\)/],
    ['no-config', 'no-config', 'containerNotCreated', /configmap "settings" not found/],
    ['no-volume', 'no-volume', 'volumeUnavailable', /MountVolume.SetUp failed for volume "data"/],
    ['patient', 'broken', 'failed', /has not started: Job "broken", .* ended with exit code 3 \(Error\)/],
    [
      'second-victim',
      'broken',
      'failed',
      /failed before it could start: .* by way of Job "victim", failed \(BackoffLimitExceeded\)/,
    ],
    [
      'after-branch',
      'other-branch',
      'closed',
      /was skipped: Job "done" completed, but .* asks for "done=Failed"/,
    ],
    [
      'late',
      'late',
      'timedOut',
      /failed before it could start: it has not started in time: the gate has not opened within 1 s/,
    ],
    [
      'flaky',
      'flaky',
      'retrying',
      /failed \(backoffLimit is 6\) and the next comes after a pause; the last ended with exit code 1/,
    ],
    ['held', 'held', 'held', /it is held until somebody approves it/],
    ['typo', 'unschedulabel', 'missing', /does not exist \(did you mean "unschedulable"\?\)/],
    ['missing', 'nothing-like-it', 'missing', /"nothing-like-it", for which it waits, does not exist\.$/],
    [
      'after-vanished',
      'vanished',
      'gone',
      /is gone, and how it ended was not kept; the last Event of it says Completed/,
    ],
    ['today', 'yesterday', 'otherRun', /belongs to run "yesterday", and not to run "today"/],
    [
      'after-leftover',
      'leftover',
      'leftOver',
      /left over from before .* kept by the finalizer example.com\/stay/,
    ],
    [
      'after-leaving',
      'leaving',
      'beingDeleted',
      /has been in deletion for \d+s, kept by the finalizer example.com\/stay/,
    ],
    ['behind-ring', 'ring-a', 'cycle', /on a cycle, ring-a → ring-c → ring-b → ring-a/],
    ['by-user', 'by-user', 'suspended', /suspended by "kubectl-patch" after it had been started/],
    [
      'not-gated',
      'not-gated',
      'suspended',
      /suspended by "kubectl-client-side-apply" \(spec.suspend\); jobflow has no part in that/,
    ],
    ['queued', 'queued', 'kueue', /Kueue has not admitted it from queue "team-a"/],
    ['foreign', 'foreign', 'leftAlone', /spec.managedBy is "example.com\/other"/],
    ['too-late', 'too-late', 'running', /has been running/],
    ['nodes-wait', 'tidy-node-2', 'running', /by way of DaemonJob "tidy"/],
    ['stopped-b', 'stopped-a', 'flowSuspended', /JobFlow "stopped" is suspended/],
    ['jobflow/narrow', 'narrow-[ab]', 'flowFull', /runs one Job at a time \(maxConcurrentJobs\)/],
    [
      'taken',
      'jobflow/taken',
      'stalled',
      /stalled \(JobNameTaken\): Job "taken-a" exists and does not belong/,
    ],
    [
      'daemonjob/nowhere',
      'daemonjob/nowhere',
      'noNode',
      /completed without any Job: .*node "node-1" \(does not match nodeSelector\)/,
    ],
    ['daemonjob/tidy', 'tidy-node-2', 'running', /its Job "tidy-node-2" has been running/],
    ['done', 'done', 'finished', /^Job "done" completed \d+s ago, after \d+s\.$/],
  ];

  const answers = new Map<string, Answer>();

  it('is asked about everything at once', async () => {
    const subjects = [...SITUATIONS.map(([subject]) => subject), 'unrecorded'];
    const waiting = subjects.values();
    const askOn = async (): Promise<void> => {
      for (const subject of waiting) answers.set(subject, await ask(subject));
    };
    await Promise.all([askOn(), askOn(), askOn()]);
  });

  for (const [subject, root, cause, says] of SITUATIONS) {
    it(`tells of ${subject}: ${cause}`, () => {
      const answer = answers.get(subject);
      expect(answer?.roots.map((one) => one.cause.kind)).to.include(cause);
      const found = answer?.roots.find((one) => one.cause.kind === cause);
      expect(found?.name).to.match(new RegExp(`^${root}$`));
      expect(`${answer?.answer}\n${found?.says}`).to.match(new RegExp(says, 'm'));
      expect(answer?.notSeen).to.deep.equal([]);
    });
  }

  it('gives commands to copy that reach the same namespace', async () => {
    const commands = (subject: string) =>
      answers.get(subject)?.roots.flatMap(({ toDo }) => toDo.flatMap(({ command }) => command ?? [])) ?? [];
    const there = ` -n ${user.namespace}`;
    expect(commands('typo')[0]).to.equal(
      `kubectl annotate job typo ${USER_ANNOTATIONS.dependsOn}='unschedulable, done' --overwrite${there}`,
    );
    expect(commands('held')).to.deep.equal([`jobflow approve held${there}`]);
    expect(commands('stopped-b')).to.deep.equal([`jobflow resume jobflow/stopped${there}`]);
    expect(commands('behind-ring')).to.deep.equal([
      `kubectl annotate job ring-a ${USER_ANNOTATIONS.dependsOn}-${there}`,
    ]);
    // The mend of a typing mistake, as it is written.
    const [, ...words] = (commands('typo')[0] ?? '')
      .replaceAll("'", '')
      .replace('unschedulable, done', 'done')
      .split(' ');
    await cluster.kubectl(words);
    await untilCondition(user, 'typo', 'Complete');
  });

  it('says beside it what is wrong with the node, the webhook or the start', () => {
    const remarks = (subject: string) =>
      answers
        .get(subject)
        ?.remarks.map(({ says }) => says)
        .join(' ');
    expect(remarks('daemonjob/tidy')).to.equal(
      'It has no Job on node "gpu-1" (has the taint gpu=yes:NoSchedule), node "node-1" (is in excludeNodeList).',
    );
    expect(remarks('unrecorded')).to.match(
      /created without the webhook being asked.*failurePolicy is Ignore/,
    );
    expect(remarks('too-late')).to.match(/^It did not wait: its annotations came after its start/);
    expect(remarks('after-busy')).to.equal('');
  });

  it('is a sentence, the chain, and what to do', async () => {
    const { stdout, stderr, code } = await user.jobflow(['why', 'second-victim']);
    const there = ` -n ${user.namespace}`;
    expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 });
    expect(
      stdout
        .replace(/\d+s ago/g, '9s ago')
        .replace(/broken-\w+/g, 'broken-x')
        .split('\n'),
    ).to.deep.equal([
      'Job "second-victim" failed before it could start: Job "broken", for which it waited by way of Job "victim", failed (BackoffLimitExceeded): container "main" of pod broken-x ended with exit code 3 (Error).',
      '',
      'Job "second-victim"  failed 9s ago',
      '└─ Job "victim"      failed 9s ago',
      '   └─ Job "broken"   failed 9s ago (BackoffLimitExceeded, exit code 3)',
      '',
      'What to do:',
      '  Read what it said:',
      `    jobflow logs broken${there}`,
      '  Once that is mended, run it again, and what follows from it:',
      `    jobflow retry broken${there}`,
      '',
    ]);
  });

  it('tells of a quota', async () => {
    const { roots, answer } = await ask('refused', {}, poor);
    expect(roots[0]?.cause.kind).to.equal('podsRefused');
    expect(answer).to.include('exceeded quota: none');
    expect(roots[0]?.toDo[0]?.command).to.equal(`kubectl describe resourcequota -n ${poor.namespace}`);
  });

  it('says what may not be read, and answers by what is left', async () => {
    const kubeconfig = await cluster.serviceAccountKubeconfig(user.namespace, 'reader');
    const { roots, answer, notSeen } = await ask('after-unschedulable', { kubeconfig });
    expect(roots.map(({ name, cause }) => [name, cause.kind])).to.deep.equal([['unschedulable', 'active']]);
    expect(answer).to.match(
      /"unschedulable", for which it waits, has been running for \d+s \(1 pod, none ready\)/,
    );
    expect(notSeen).to.deep.equal([
      'You may not list jobflows here, so nothing is said of them; ask for the right to list jobflows.',
      'You may not list daemonjobs here, so nothing is said of them; ask for the right to list daemonjobs.',
      `You may not list pods in namespace "${user.namespace}"; with that right there is more to tell.`,
    ]);
    const nodes = await ask('nodes-wait', { kubeconfig });
    expect(nodes.answer).to.include(
      'DaemonJob "tidy", for which it waits, cannot be judged, since you may not list',
    );
  });

  it('names what was meant by a name that nothing has, and refuses words that name nothing', async () => {
    const wrong = await user.jobflow(['why', 'bussy']);
    expect(wrong).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: `Job "bussy" does not exist in namespace "${user.namespace}"; did you mean "busy"?\n`,
    });
    const awaited = await user.jobflow(['why', 'nothing-like-it']);
    expect(awaited.stderr)
      .to.include('"nothing-like-it" does not exist')
      .and.include('though Job "missing" waits for it');
    expect((await user.jobflow(['why', 'pod/busy'])).code).to.equal(2);
  });

  it('tells that no controller runs, as it is seen', async () => {
    const lease = '/apis/coordination.k8s.io/v1/namespaces/jobflow-system/leases/jobflow-controller';
    const template = {
      apiVersion: 'api.practice.com/v1alpha1',
      kind: 'JobTemplate',
      metadata: { name: 'base' },
    };
    await Promise.all(jobflow.controllers.map((controller) => controller.kill()));
    await apply([{ ...template, spec: { jobTemplate: jobSpec() } }, job('orphan').dependsOn('done')]);
    await apply([flow('unseen').entry({ name: 'a', jobTemplateRef: 'base' })]);
    await kubectl(['delete', 'jobtemplate', 'base']);
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString().replace('Z', '000Z');
    await cluster.api.demand('PATCH', lease, { spec: { renewTime: hourAgo } });
    const kubeconfig = await cluster.serviceAccountKubeconfig(user.namespace, 'reader');
    // Nobody is late before that.
    await delay(LATE_MS);
    const [silent, beside, unread] = await Promise.all([
      ask('orphan'),
      ask('after-busy'),
      ask('orphan', { kubeconfig }),
    ]);
    expect(silent.answer).to.match(
      /has been free to start for \d+s, but no controller runs \("jobflow-controller-1" last renewed the Lease 60m ago/,
    );
    expect(silent.roots[0]?.toDo[0]?.command).to.equal(
      'kubectl get deployments,pods -l app.kubernetes.io/name=jobflow -n jobflow-system',
    );
    expect(beside.roots[0]?.cause.kind).to.equal('running');
    expect(beside.remarks[0]?.says).to.match(/^Beside that no controller runs/);
    expect(unread.answer).to.include('most likely no controller runs (which is not for you to see)');
    expect(unread.notSeen).to.include(
      'You may not get leases in namespace "jobflow-system"; with that right there is more to tell.',
    );
    await cluster.api.demand('PATCH', lease, { spec: { holderIdentity: '' } });
    expect((await ask('orphan')).answer).to.include('the last one stepped down');
    await cluster.api.demand('DELETE', lease);
    const [none, unseen] = await Promise.all([ask('orphan'), ask('jobflow/unseen')]);
    expect(none.answer).to.include('there is no Lease "jobflow-controller"');
    expect(unseen.roots[0]?.cause.kind).to.equal('notObserved');
    await Promise.all(jobflow.controllers.map((controller) => controller.restart()));
    await untilCondition(user, 'orphan', 'Complete');
    const stalled = await ask('jobflow/unseen');
    expect(stalled.roots[0]?.cause.kind).to.equal('stalled');
    expect(stalled.answer).to.include('base');
  });

  it('tells whoever misses a Job that the webhook does not answer', async () => {
    const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/jobflow';
    const configuration = await cluster.api.demand('GET', path);
    const webhooks = readPath(configuration, 'webhooks') as readonly object[];
    const service = { namespace: 'jobflow-system', name: 'jobflow-webhook', path: '/admission/jobs' };
    await cluster.api.demand('PATCH', path, {
      webhooks: webhooks.map((webhook) => ({ ...webhook, failurePolicy: 'Fail', clientConfig: { service } })),
    });
    const { stderr, code } = await user.jobflow(['why', 'never-created']);
    expect(code).to.equal(1);
    expect(stderr).to.include(
      "jobflow's webhook does not answer (Service jobflow-system/jobflow-webhook has no pod that is ready), so that the creation of annotated Jobs is refused",
    );
  });
});
