import { expect } from 'chai';
import type { PodObject } from '../../../../src/cli/cluster/pods.ts';
import { containersOf, failedContainers } from '../../../../src/cli/logs/pod-containers.ts';

type Status = NonNullable<PodObject['status']>;

function pod(status: Status): PodObject {
  return {
    metadata: { name: 'a-x' },
    spec: { initContainers: [{ name: 'fetch' }], containers: [{ name: 'main' }, { name: 'proxy' }] },
    status,
  };
}

const ended = (name: string, exitCode: number) => ({ name, state: { terminated: { exitCode } } });

describe('the containers of a pod', () => {
  it('come in the order in which they start, each with how far it is', () => {
    const seen = containersOf(
      pod({
        phase: 'Running',
        initContainerStatuses: [ended('fetch', 0)],
        containerStatuses: [
          { name: 'proxy', state: { waiting: { reason: 'ImagePullBackOff' } } },
          { name: 'main', restartCount: 2, state: { running: {} } },
        ],
      }),
    );
    expect(seen).to.deep.equal([
      { name: 'fetch', phase: 'ended', failed: false, restarts: 0, waitingFor: undefined },
      { name: 'main', phase: 'running', failed: false, restarts: 2, waitingFor: undefined },
      { name: 'proxy', phase: 'notStarted', failed: false, restarts: 0, waitingFor: 'ImagePullBackOff' },
    ]);
  });

  it('that failed are those with another exit code than 0', () => {
    const status = {
      phase: 'Failed',
      initContainerStatuses: [ended('fetch', 0)],
      containerStatuses: [ended('main', 3), ended('proxy', 0)],
    };
    expect(failedContainers(pod(status)).map(({ name }) => name)).to.deep.equal(['main']);
  });

  it('are all that ran, if the pod failed and none of them did', () => {
    const status = {
      phase: 'Failed',
      reason: 'DeadlineExceeded',
      initContainerStatuses: [ended('fetch', 0)],
      containerStatuses: [ended('main', 0)],
    };
    expect(failedContainers(pod(status)).map(({ name }) => name)).to.deep.equal(['fetch', 'main']);
  });

  it('that failed are none of a pod without a word of them', () => {
    expect(failedContainers(pod({ phase: 'Failed', reason: 'Evicted' }))).to.deep.equal([]);
  });
});
