import { expect } from 'chai';
import type { Cluster } from '../support/cluster.ts';
import { STARTING_LIMIT_MS, sharedCluster, sharedJobflow } from '../support/cluster/fixture.ts';
import { allowManyLeases } from '../support/crash/crashing-program.ts';
import { conditionsOf, livesOf, type EndState } from '../support/crash/end-state.ts';
import { atEveryWrite, type Place } from '../support/crash/every-write.ts';
import { whileControllerIsDown } from '../e2e/support/controller-down.ts';
import { flow, type FlowManifest } from '../e2e/support/flow-manifest.ts';
import { flowPlace, type FlowPlace } from '../e2e/support/flow-place.ts';
import { job } from '../e2e/support/job-manifest.ts';

const ALL_LIMIT_MS = 1_200_000;

describe('the controller is killed at each write of the life of a JobFlow', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    cluster = await sharedCluster();
    await allowManyLeases(cluster);
  });

  it('and started again: the end is the same, and no Job is made or run twice', async function () {
    this.timeout(ALL_LIMIT_MS);
    await whileControllerIsDown(await sharedJobflow(), async () => {
      const { end, points } = await atEveryWrite(cluster, { place: () => placeOf(cluster), live });
      expect(end.states).to.deep.equal({
        'life-a': 'Succeed',
        'life-b': 'Succeed',
        'life-c': 'Succeed',
      });
      expect(end.lives).to.deep.equal({
        // Made while the flow was suspended, edited, and run.
        'life-a': ['none, 0 pods', 'Complete, 1 pods'],
        // And both once more for the retry.
        'life-b': ['none, 0 pods', 'Failed, 1 pods', 'Complete, 1 pods'],
        'life-c': ['none, 0 pods', 'Failed, 0 pods', 'Complete, 1 pods'],
        after: ['Complete, 1 pods'],
      });
      // Before and after each: three Jobs made, deleted for the edit, made again and released, two deleted for the
      // retry, made and released, one failed natively, a finalizer, an outcome, a deletion, and a status now and then.
      expect(points).to.be.greaterThan(50);
    });
  });
});

async function placeOf(cluster: Cluster): Promise<FlowPlace & Place> {
  const place = await flowPlace(cluster);
  return { ...place, namespace: place.jobs.name };
}

/** Made while it is suspended, edited, run to a failure, mended and retried, waited for, and deleted by its TTL. */
async function live({ jobs, flows }: FlowPlace): Promise<EndState<unknown>> {
  await jobs.apply([
    lifeOf(true, 5, false),
    job('after').dependsOn('jobflow/life').annotated('onUnmetDependency', 'Wait'),
  ]);
  for (const name of lifeOf(true, 5, false).jobNames()) await jobs.untilJob(name, 'to be made', () => true);
  await jobs.apply(lifeOf(false, 0, true));
  await flows.untilState('life', 'Failed');
  const retried = lifeOf(false, 0, false).retry('1').spec({ ttlSecondsAfterFinished: 0 });
  await jobs.apply(retried);
  await flows.until('life', 'to succeed', ({ state }) => state === 'Succeed');
  await flows.untilGone('life');
  for (const name of retried.jobNames()) await jobs.untilGone(name);
  await jobs.outcomes(['after']);
  const status = flows.status('life');
  return {
    states: status.jobStatusList,
    conditions: conditionsOf(status),
    lives: Object.fromEntries([...retried.jobNames(), 'after'].map((name) => [name, livesOf(jobs, name)])),
  };
}

function lifeOf(suspend: boolean, backoffLimit: number, fails: boolean): FlowManifest {
  const b = fails ? job('b').fails() : job('b');
  return flow('life')
    .spec({ suspend, maxConcurrentJobs: 1 })
    .runs(job('a').spec({ backoffLimit, ttlSecondsAfterFinished: 0 }))
    .runs(b.spec({ backoffLimit }), 'a')
    .runs(job('c').spec({ backoffLimit }), 'b');
}
