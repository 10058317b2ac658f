import { expect } from 'chai';
import type { ContainerState, PodObject } from '../../../../src/cli/cluster/pods.ts';
import { adviceFor } from '../../../../src/cli/why/advice.ts';
import { CREATED_MS, job, type JobBuilder } from '../../../support/job-builder.ts';
import { causesOf, evidenceOf, events, explained, podOf, pods, type Known } from './evidence-builder.ts';

/** Explains a Job called `a` by its pods and their Events. */
function withPods(
  read: readonly PodObject[],
  further: Known['found'] = {},
  seen: JobBuilder = job('a').started(),
) {
  return explained('a', [seen], { found: { 'pods/a': pods(...read), ...further } });
}

function container(state: ContainerState, rest: { lastState?: ContainerState; restartCount?: number } = {}) {
  return { containerStatuses: [{ name: 'main', state, ...rest }] };
}

describe('why a Job that may run does not', () => {
  it('is what the scheduler says of its pod', () => {
    const message = '0/1 nodes are available: 1 Insufficient cpu.';
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
    const seen = withPods([{ ...podOf('a', { status: { phase: 'Pending', conditions } }), spec: {} }]);
    expect(causesOf(seen)).to.deep.equal(['a: unschedulable']);
    expect(seen.answer).to.equal(
      'Job "a" does not run: its pod a-x7k2p cannot be scheduled: 0/1 nodes are available: 1 Insufficient cpu.',
    );
  });

  it('is what the kubelet says of a container: its image, its settings, that it ends again and again', () => {
    const waiting = (reason: string, message = 'it says so') =>
      withPods([
        podOf('a', { status: { phase: 'Pending', ...container({ waiting: { reason, message } }) } }),
      ]);
    for (const reason of ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'])
      expect(causesOf(waiting(reason)), reason).to.deep.equal(['a: imageUnavailable']);
    expect(waiting('ErrImagePull').answer).to.include('image "busybox:1.36" (ErrImagePull): it says so');
    for (const reason of ['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'])
      expect(causesOf(waiting(reason)), reason).to.deep.equal(['a: containerNotCreated']);
    expect(causesOf(waiting('ContainerCreating'))).to.deep.equal(['a: creating']);
    const crash = container(
      { waiting: { reason: 'CrashLoopBackOff' } },
      { restartCount: 5, lastState: { terminated: { exitCode: 1, reason: 'Error' } } },
    );
    expect(withPods([podOf('a', { status: { phase: 'Running', ...crash } })]).answer).to.equal(
      'Job "a" has not ended: container "main" in its pod a-x7k2p ends again and again (5 restarts), last with exit code 1 (Error).',
    );
  });

  it('is what an Event says of a pod that is being made: its volumes, its sandbox', () => {
    const creating = podOf('a', { status: { phase: 'Pending' } });
    const told = (reason: string) =>
      causesOf(
        withPods([creating], { 'events/Pod/a-x7k2p': events({ type: 'Warning', reason, message: 'no' }) }),
      );
    expect(told('FailedMount')).to.deep.equal(['a: volumeUnavailable']);
    expect(told('FailedAttachVolume')).to.deep.equal(['a: volumeUnavailable']);
    expect(told('FailedCreatePodSandBox')).to.deep.equal(['a: containerNotCreated']);
    expect(withPods([creating]).needs).to.deep.include({ kind: 'events', of: 'Pod', name: 'a-x7k2p' });
  });

  it('is a pod that cannot go, on a node that may not answer', () => {
    const seen = withPods([podOf('a', { deletedMs: CREATED_MS + 30_000, status: { phase: 'Running' } })]);
    expect(seen.answer).to.equal(
      'Job "a" has not ended: its pod a-x7k2p has been in deletion for 30s on node "node-1".',
    );
  });

  it('is the pod that somebody has to see to, though others run', () => {
    const running = podOf('a', { status: { phase: 'Running' } });
    const stuck = podOf('a', {
      status: { phase: 'Pending', ...container({ waiting: { reason: 'ErrImagePull' } }) },
    });
    expect(causesOf(withPods([running, stuck]))).to.deep.equal(['a: imageUnavailable']);
  });

  it('passes over the pods of an earlier Job of its name', () => {
    const earlier = podOf('a', { status: { phase: 'Running' } });
    const seen = withPods([earlier], {}, job('a').uid('a-2').started());
    expect(causesOf(seen)).to.deep.equal(['a: active']);
  });

  it('is a pod that failed, also before the Job has counted it', () => {
    const seen = withPods([podOf('a', { status: { phase: 'Failed' } })], { 'events/Job/a': events() });
    expect(causesOf(seen)).to.deep.equal(['a: retrying']);
  });

  it('is what refuses its pods, such as a quota', () => {
    const message = 'Error creating: pods "a-x" is forbidden: exceeded quota: small, requested: pods=1';
    const refused = { type: 'Warning', reason: 'FailedCreate', message, involvedObject: { uid: 'a-1' } };
    const released = job('a')
      .dependsOn('b')
      .annotated('releasedAt', '2026-01-01T00:00:00Z')
      .spec({ suspend: false });
    const seen = withPods([], { 'events/Job/a': events(refused) }, released);
    expect(causesOf(seen)).to.deep.equal(['a: podsRefused']);
    const [root] = seen.roots;
    const input = {
      view: evidenceOf([]).view,
      same: ' -n test',
      elsewhere: () => '',
      system: 'jobflow-system',
    };
    expect(root && adviceFor(root, input)[0]?.command).to.equal('kubectl describe resourcequota -n test');
  });

  it('is nothing but a moment after its release, and later that it has no pods', () => {
    const released = job('a')
      .dependsOn('b')
      .annotated('releasedAt', '2026-01-01T00:00:00Z')
      .spec({ suspend: false });
    const found = { 'pods/a': pods(), 'events/Job/a': events() };
    const at = (ms: number) => causesOf(explained('a', [released], { found, nowMs: CREATED_MS + ms }));
    expect(at(1_000)).to.deep.equal(['a: aboutToStart']);
    expect(at(30_000)).to.deep.equal(['a: noPods']);
  });

  it('is that it is being ended, as its condition says', () => {
    const target = { type: 'FailureTarget', status: 'True', reason: 'DeadlineExceeded' };
    expect(causesOf(withPods([], {}, job('a').condition(target)))).to.deep.equal(['a: ending']);
  });

  it('is Kueue, in its own words if they may be read', () => {
    const queued = job('a').spec({ suspend: true }).object();
    queued.metadata.labels = { 'kueue.x-k8s.io/queue-name': 'team-a' };
    const builder = Object.assign(job('a'), { object: () => queued });
    const message =
      "couldn't assign flavors to pod set main: insufficient unused quota for cpu in flavor default";
    const conditions = [{ type: 'QuotaReserved', status: 'False', reason: 'Pending', message }];
    const workload = { metadata: {}, status: { conditions } };
    const found = {
      'workload/a': { kind: 'workload', workload: { kind: 'read', value: workload } },
    } as const;
    expect(explained('a', [builder], { found }).answer).to.equal(
      `Job "a" does not run: Kueue has not admitted it from queue "team-a": ${message}.`,
    );
    expect(explained('a', [builder]).answer).to.include('Kueue has not admitted it from queue "team-a"');
  });

  it('is somebody who suspended it: before it ran, or after', () => {
    const paused = job('a').spec({ suspend: true });
    const made = { reason: 'SuccessfulCreate', involvedObject: { uid: 'a-1' } };
    expect(explained('a', [paused]).answer).to.equal(
      'Job "a" does not run: it was suspended (spec.suspend); jobflow has no part in that.',
    );
    expect(explained('a', [paused], { found: { 'events/Job/a': events(made) } }).answer).to.include(
      'it was suspended after it had been started',
    );
  });

  it('is jobflow suspend, which is not called a stranger', () => {
    const paused = job('a').spec({ suspend: true }).object();
    const manager = 'jobflow-cli-suspend';
    paused.metadata.managedFields = [
      { manager, operation: 'Update', fieldsV1: { 'f:spec': { 'f:suspend': {} } } },
    ];
    expect(explained('a', [Object.assign(job('a'), { object: () => paused })]).answer).to.equal(
      'Job "a" does not run: it was suspended by `jobflow suspend` (spec.suspend).',
    );
  });

  it('is another controller, to which jobflow leaves it', () => {
    const owned = job('a').dependsOn('b').ownedBy({ apiVersion: 'example.com/v1', kind: 'Runner' });
    expect(explained('a', [owned]).answer).to.include(
      'jobflow leaves it alone, because it is controlled by Runner "owner"',
    );
  });

  it('tells how its last pod ended that failed: by its container, or by what was done to the pod', () => {
    const failed = job('a')
      .started()
      .condition({ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' });
    const ended = { phase: 'Failed', ...container({ terminated: { exitCode: 137, reason: 'OOMKilled' } }) };
    expect(withPods([podOf('a', { status: ended })], {}, failed).answer).to.equal(
      'Job "a" failed (BackoffLimitExceeded): container "main" of pod a-x7k2p ended with exit code 137 (OOMKilled).',
    );
    const evicted = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' };
    expect(withPods([podOf('a', { status: evicted })], {}, failed).answer).to.equal(
      'Job "a" failed (BackoffLimitExceeded): pod a-x7k2p ended as Evicted: The node was low on resource: memory.',
    );
  });
});
