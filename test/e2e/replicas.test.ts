import { expect } from 'chai';
import { OWN_ANNOTATIONS } from '../../src/api/names.ts';
import { installJobflow, startCluster, waitUntil, type Cluster, type Jobflow } from '../support/cluster.ts';
import { AdmissionLoad } from '../support/admission-load.ts';
import { STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { job } from './support/job-manifest.ts';
import { observedNamespace, type ObservedNamespace } from './support/observed-namespace.ts';
import { endPods, untilStill } from './support/stages-of-life.ts';

/** The names of so many Jobs that wait. */
const waitingNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `waiting-${index}`);

/** Short enough that a leader's death is noticed within seconds. */
const LEASE_MS = 4_000;
const RETRY_MS = 500;
const QUICK_LEASE = {
  JOBFLOW_LEASE_DURATION: `${LEASE_MS}ms`,
  JOBFLOW_RENEW_DEADLINE: '3s',
  JOBFLOW_RETRY_PERIOD: `${RETRY_MS}ms`,
};

describe('several replicas', () => {
  let cluster: Cluster;
  let jobflow: Jobflow;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster();
    jobflow = await installJobflow(cluster, { controllers: 2, webhooks: 2, controllerEnv: QUICK_LEASE });
  });

  after(async function () {
    this.timeout(60_000);
    await cluster.stop();
  });

  it('the leader is killed while 200 Jobs wait: the other releases each of them once', async function () {
    this.timeout(240_000);
    const waiting = waitingNames(200);
    const namespace = await withWaitingJobs(waiting);
    const leader = await leaderOf();
    await leader.kill();
    await endPods(cluster, namespace.name);
    await expectReleasedOnce(namespace, waiting);
    expect((await leaderOf()).name).not.to.equal(leader.name);
    await leader.restart();
  });

  it('the leader is killed in the middle of releasing 200 Jobs: the other goes on, none is released twice', async function () {
    this.timeout(240_000);
    const waiting = waitingNames(200);
    const namespace = await withWaitingJobs(waiting);
    const leader = await leaderOf();
    await endPods(cluster, namespace.name);
    await namespace.observer.until('the first release', () => releasesOf(namespace, waiting).length > 0);
    await leader.kill();
    await expectReleasedOnce(namespace, waiting);
    await leader.restart();
  });

  it('a leader that stood still and comes back finds another one, and does no harm', async function () {
    this.timeout(240_000);
    const waiting = waitingNames(50);
    const namespace = await withWaitingJobs(waiting);
    const leader = await leaderOf();
    await leader.signal('SIGSTOP');
    try {
      await endPods(cluster, namespace.name);
      await waitUntil('another leader', async () => (await leaderOf()).name !== leader.name);
    } finally {
      await leader.signal('SIGCONT');
    }
    await expectReleasedOnce(namespace, waiting);
    expect(leader.running).to.equal(true);
    expect((await leaderOf()).name).not.to.equal(leader.name);
  });

  it('a webhook that ends is not missed', async function () {
    this.timeout(120_000);
    const [first, second] = jobflow.webhooks;
    const namespace = await observedNamespace(cluster);
    await first?.kill();
    await namespace.apply([job('a'), job('b').dependsOn('a')]);
    await first?.restart();
    await second?.kill();
    await namespace.apply(job('c').dependsOn('b'));
    await second?.restart();
    expect(await namespace.outcomes(['a', 'b', 'c'])).to.deep.equal({
      a: 'Complete',
      b: 'Complete',
      c: 'Complete',
    });
    namespace.expectStartedAfter('c', 'b');
  });

  it('a leader that is stopped gives up its Lease: the next release comes within a second', async function () {
    this.timeout(240_000);
    const namespace = await withWaitingJobs(['waiting']);
    const leader = await leaderOf();
    const stoppedMs = performance.now();
    const [endedMs, releasedMs] = await Promise.all([
      seenMs(namespace, 'the end of up', (seen) => seen.outcome('up') === 'Complete'),
      seenMs(namespace, 'the release', () => releasesOf(namespace, ['waiting']).length > 0),
      leader.stop(),
      endPods(cluster, namespace.name),
    ]);
    // The Job controller takes a second to see that a Job has ended.
    const gapMs = releasedMs - Math.max(stoppedMs, endedMs);
    console.log(`      released ${Math.round(gapMs)} ms after the end of its upstream`);
    expect(gapMs).to.be.at.most(1_000);
    expect((await leaderOf()).name).not.to.equal(leader.name);
    await leader.restart();
  });

  it('a leader that is killed is replaced when its lease has run out: the next release comes then', async function () {
    this.timeout(240_000);
    const namespace = await withWaitingJobs(['waiting']);
    const leader = await leaderOf();
    const killedMs = performance.now();
    const [releasedMs] = await Promise.all([
      seenMs(namespace, 'the release', () => releasesOf(namespace, ['waiting']).length > 0),
      leader.kill().then(() => endPods(cluster, namespace.name)),
    ]);
    const gapMs = releasedMs - killedMs;
    console.log(`      released ${Math.round(gapMs)} ms after the death, with a lease of ${LEASE_MS} ms`);
    // The last renewal is seen up to a try late, and so is its end; the rest is for the kill and the release.
    expect(gapMs).to.be.at.most(LEASE_MS + 2 * RETRY_MS + 1_500);
    await leader.restart();
  });

  it('webhooks that are restarted one by one while 50 clients create Jobs fail no admission', async function () {
    this.timeout(240_000);
    const load = await AdmissionLoad.start(cluster, { clients: 50 });
    await load.untilMore(100);
    for (const round of [1, 2]) {
      for (const webhook of jobflow.webhooks) {
        await webhook.restart();
        await load.untilMore(100);
        expect(webhook.running, `${webhook.name} in round ${round}`).to.equal(true);
      }
    }
    const failures = await load.end();
    console.log(`      ${load.admitted} Jobs, the slowest create took ${Math.round(load.slowestMs)} ms`);
    expect(failures).to.deep.equal([]);
  });

  /** One Job runs and the others wait for it. */
  async function withWaitingJobs(names: readonly string[]): Promise<ObservedNamespace> {
    const namespace = await observedNamespace(cluster);
    await namespace.apply([job('up').lasts('24h'), ...names.map((name) => job(name).dependsOn('up'))]);
    await untilStill(cluster, namespace.name);
    return namespace;
  }

  async function leaderOf() {
    const holder = await waitUntil('a leader', async () => {
      const { stdout } = await cluster.kubectl([
        'get',
        'lease',
        'jobflow-controller',
        '-n',
        'jobflow-system',
        '-o',
        'jsonpath={.spec.holderIdentity}',
      ]);
      return jobflow.controllers.find(({ name, running }) => name === stdout && running);
    });
    return holder;
  }
});

/** Waits for the end of all that waited, and looks at every version of every Job. */
async function expectReleasedOnce(namespace: ObservedNamespace, names: readonly string[]): Promise<void> {
  await namespace.observer.until(
    'all Jobs to complete',
    (seen) => names.every((name) => seen.outcome(name) === 'Complete'),
    { limitMs: 180_000, intervalMs: 100 },
  );
  expect(releasesOf(namespace, names)).to.have.length(names.length);
  for (const name of names) {
    const versions = namespace.observer.versions(name).map((version) => version.job);
    const times = new Set(
      versions.flatMap(({ metadata }) => metadata.annotations?.[OWN_ANNOTATIONS.releasedAt] ?? []),
    );
    expect([...times], `released-at of ${name}`).to.have.length(1);
    const starts = versions.filter(
      ({ spec }, index) => spec?.suspend !== true && versions[index - 1]?.spec?.suspend === true,
    );
    expect(starts, `starts of ${name}`).to.have.length(1);
    expect(namespace.observer.pods(name), `pods of ${name}`).to.have.length(1);
    namespace.expectStartedAfter(name, 'up');
  }
}

/** When something was first seen, on this process's monotonic clock, in milliseconds. */
async function seenMs(
  namespace: ObservedNamespace,
  what: string,
  fits: (seen: ObservedNamespace['observer']) => boolean,
): Promise<number> {
  await namespace.observer.until(what, fits);
  return performance.now();
}

/** The names of those that have been released. */
function releasesOf(namespace: ObservedNamespace, names: readonly string[]): string[] {
  return names.filter(
    (name) => namespace.observer.job(name)?.metadata.annotations?.[OWN_ANNOTATIONS.releasedAt] !== undefined,
  );
}
