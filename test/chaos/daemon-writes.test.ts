import { expect } from 'chai';
import type { JsonObject } from '../../src/api/job.ts';
import { resourcePath } from '../../src/kube/flow-requests.ts';
import type { Cluster } from '../support/cluster.ts';
import { STARTING_LIMIT_MS, sharedCluster, sharedJobflow } from '../support/cluster/fixture.ts';
import { allowManyLeases } from '../support/crash/crashing-program.ts';
import { conditionsOf, livesOf, type EndState } from '../support/crash/end-state.ts';
import { atEveryWrite, type Place } from '../support/crash/every-write.ts';
import { whileControllerIsDown } from '../e2e/support/controller-down.ts';
import { daemonJob, jobSpec, untilWhole } from '../e2e/support/daemon-place.ts';
import { job } from '../e2e/support/job-manifest.ts';
import { observedNamespace, type ObservedNamespace } from '../e2e/support/observed-namespace.ts';

const ALL_LIMIT_MS = 1_200_000;
/** The label of the nodes of one life; its value is the namespace. */
const LIFE = 'jobflow.test/life';

/** A namespace, and the nodes that only its DaemonJob runs on. */
type DaemonPlace = Place & {
  readonly jobs: ObservedNamespace;
  readonly join: (letter: string) => Promise<void>;
};

describe('the controller is killed at each write of the life of a DaemonJob', () => {
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
      expect(end.states).to.deep.equal([
        ['a', 'Succeed'],
        ['b', 'Succeed'],
        ['c', 'Succeed'],
      ]);
      expect(end.lives).to.deep.equal({
        a: ['Failed, 1 pods', 'Complete, 1 pods'],
        b: ['Failed, 1 pods', 'Complete, 1 pods'],
        // The node has joined later.
        c: ['Complete, 1 pods'],
        after: ['Complete, 1 pods'],
      });
      // Before and after each: an outcome written, five Jobs made, two deleted for the retry, four finalizers removed, one
      // Job released, and a status now and then.
      expect(points).to.be.greaterThan(30);
    });
  });
});

async function placeOf(cluster: Cluster): Promise<DaemonPlace> {
  const jobs = await observedNamespace(cluster);
  const nodes: string[] = [];
  const join = async (letter: string): Promise<void> => {
    const name = `${jobs.name}-${letter}`;
    nodes.push(name);
    await cluster.addNode(name, { labels: { [LIFE]: jobs.name } });
  };
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((name) => cluster.removeNode(name)));
    await jobs.close();
  };
  return { namespace: jobs.name, jobs, join, close };
}

/**
 * Waits for a Job that vanishes, fails on two nodes one after the other, is mended and retried with Jobs that vanish while a
 * third node joins, is waited for, and deleted.
 */
async function live({ jobs, join }: DaemonPlace): Promise<EndState<readonly (readonly [string, string])[]>> {
  await join('a');
  await join('b');
  await jobs.apply([
    // Annotated, so that it has its finalizer from the start: also while the controller is down its outcome is kept.
    job('first').annotated('run', 'r1').spec({ ttlSecondsAfterFinished: 0 }),
    job('after').dependsOn('daemonjob/life').annotated('onUnmetDependency', 'Wait'),
    lifeOn(jobs.name, { fails: true }),
  ]);
  await untilWhole(jobs, 'daemonjobs', 'life', 'to fail', ({ status }) => status.state === 'Failed');
  await jobs.apply(lifeOn(jobs.name, { lasts: '1s' }, { ttlSecondsAfterFinished: 0 }, { retry: '1' }));
  const jobOf = (letter: string): string => `life-${jobs.name}-${letter}`;
  await jobs.untilJob(
    jobOf('a'),
    'to run again',
    ({ pods, outcome }) => pods.length > 0 && outcome !== 'Failed',
  );
  await join('c');
  const { status } = await untilWhole(
    jobs,
    'daemonjobs',
    'life',
    'to succeed',
    (seen) => seen.status.state === 'Succeed',
  );
  await jobs.outcomes(['after']);
  const letters = ['a', 'b', 'c'];
  for (const letter of letters) await jobs.untilGone(jobOf(letter));
  await jobs.cluster.api.demand('DELETE', resourcePath('daemonjobs', { namespace: jobs.name, name: 'life' }));
  return {
    states: Object.entries(status.jobStatusList ?? {}).map(([name, state]) => [name.slice(-1), state]),
    conditions: conditionsOf(status),
    lives: {
      ...Object.fromEntries(letters.map((letter) => [letter, livesOf(jobs, jobOf(letter))])),
      after: livesOf(jobs, 'after'),
    },
  };
}

function lifeOn(
  namespace: string,
  pods: Parameters<typeof jobSpec>[0],
  fields: JsonObject = {},
  annotations: Readonly<Record<string, string>> = {},
): JsonObject {
  const spec = jobSpec(
    { ...pods, pod: { nodeSelector: { [LIFE]: namespace } } },
    { backoffLimit: 0, maxConcurrentNodes: 1, ...fields },
  );
  return daemonJob('life', spec, { 'depends-on': 'first', run: 'r1', ...annotations });
}
