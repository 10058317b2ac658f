import { expect } from 'chai';
import type { ContainerState, ContainerStatus, PodObject } from '../../../../src/cli/cluster/pods.ts';
import { viewPod } from '../../../../src/cli/view/pod-view.ts';

function pod(status: NonNullable<PodObject['status']>, rest: Partial<PodObject> = {}): PodObject {
  return { metadata: { name: 'p' }, spec: { nodeName: 'node-1' }, ...rest, status };
}

function container(state: ContainerState, rest: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name: 'main', restartCount: 0, ...rest, state };
}

const FAILED = { terminated: { exitCode: 3, reason: 'Error' } };
const KILLED = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
const INIT = { nodeName: 'node-1', initContainers: [{ name: 'get' }, { name: 'unpack' }] };

describe('a pod', () => {
  it('that runs or has ended well has nothing to say', () => {
    expect(viewPod(pod({ phase: 'Running', containerStatuses: [container({ running: {} })] }))).to.deep.equal(
      {
        name: 'p',
        state: 'Running',
        looks: 'Running',
        restarts: 0,
        node: 'node-1',
        message: '',
      },
    );
    const done = container({ terminated: { exitCode: 0, reason: 'Completed' } });
    expect(viewPod(pod({ phase: 'Succeeded', containerStatuses: [done] }))).to.include({
      state: 'Completed',
      looks: 'Complete',
      message: '',
    });
  });

  it('that failed says which container, and how', () => {
    expect(viewPod(pod({ phase: 'Failed', containerStatuses: [container(FAILED)] }))).to.include({
      state: 'Error',
      looks: 'Failed',
      message: 'main: exit code 3',
    });
    expect(viewPod(pod({ phase: 'Failed', containerStatuses: [container(KILLED)] })).message).to.equal(
      'main: OOMKilled, exit code 137',
    );
    const signalled = container({ terminated: { exitCode: 139, signal: 11, message: 'core dumped\n' } });
    expect(viewPod(pod({ phase: 'Failed', containerStatuses: [signalled] }))).to.include({
      state: 'Signal:11',
      message: 'main: signal 11: core dumped',
    });
  });

  it('that was evicted says so', () => {
    const evicted = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.' };
    expect(viewPod(pod(evicted))).to.include({
      state: 'Evicted',
      message: 'Evicted: The node was low on memory.',
    });
  });

  it('that finds no node says why', () => {
    const message = '0/3 nodes are available: 3 Insufficient cpu.';
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
    expect(viewPod(pod({ phase: 'Pending', conditions: [condition] }, { spec: {} }))).to.include({
      state: 'Pending',
      looks: 'Waiting',
      node: undefined,
      message: `Unschedulable: ${message}`,
    });
  });

  it('whose image cannot be pulled says why', () => {
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x"' };
    expect(viewPod(pod({ phase: 'Pending', containerStatuses: [container({ waiting })] }))).to.include({
      state: 'ImagePullBackOff',
      looks: 'Failed',
      message: 'main: ImagePullBackOff: Back-off pulling image "x"',
    });
    const creating = container({ waiting: { reason: 'ContainerCreating' } });
    expect(viewPod(pod({ phase: 'Pending', containerStatuses: [creating] }))).to.include({
      state: 'ContainerCreating',
      looks: 'Waiting',
      message: '',
    });
  });

  it('that was restarted says how its container ended before', () => {
    const again = container({ running: {} }, { restartCount: 4, lastState: KILLED, ready: true });
    expect(viewPod(pod({ phase: 'Running', containerStatuses: [again] }))).to.include({
      state: 'Running',
      restarts: 4,
      message: 'main ended before: OOMKilled, exit code 137',
    });
  });

  it('of several containers shows what the first one does', () => {
    const done = container({ terminated: { exitCode: 0, reason: 'Completed' } });
    const runs = container({ running: {} }, { name: 'proxy', ready: true });
    expect(viewPod(pod({ phase: 'Running', containerStatuses: [done, runs] })).state).to.equal('Running');
    expect(viewPod(pod({ phase: 'Failed', containerStatuses: [container(FAILED), done] })).state).to.equal(
      'Error',
    );
  });

  it('counts the init containers that are done', () => {
    const done = container({ terminated: { exitCode: 0 } }, { name: 'get' });
    const waits = container({ waiting: { reason: 'PodInitializing' } });
    const statuses = (state: ContainerState, restartCount = 0) =>
      pod(
        {
          phase: 'Pending',
          initContainerStatuses: [done, { name: 'unpack', restartCount, state }],
          containerStatuses: [waits],
        },
        { spec: INIT },
      );
    expect(viewPod(statuses({ running: {} })).state).to.equal('Init:1/2');
    expect(viewPod(statuses(FAILED, 2))).to.include({
      state: 'Init:Error',
      restarts: 2,
      message: 'unpack: exit code 3',
    });
    const sidecar = { nodeName: 'node-1', initContainers: [{ name: 'log', restartPolicy: 'Always' }] };
    const started = container({ running: {} }, { name: 'log', started: true });
    expect(
      viewPod(pod({ phase: 'Running', initContainerStatuses: [started] }, { spec: sidecar })).state,
    ).to.equal('Running');
  });

  it('that is being deleted is so', () => {
    const metadata = { name: 'p', deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(viewPod(pod({ phase: 'Running' }, { metadata })).state).to.equal('Terminating');
    expect(viewPod(pod({ phase: 'Running', reason: 'NodeLost' }, { metadata })).state).to.equal('Unknown');
    expect(viewPod(pod({ phase: 'Failed' }, { metadata })).state).to.equal('Failed');
  });
});
