import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import type { JobObject } from '../../src/api/job.ts';
import { KEEP_OUTCOME_FINALIZER } from '../../src/api/names.ts';
import { connect } from '../../src/kube/connection.ts';
import { cleanUp } from '../../controller/cleanup/object-cleaner.ts';
import { installJobflow, startCluster, waitUntil, type Cluster, type Jobflow } from '../support/cluster.ts';
import { freshNamespace, STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { installCleanupAccount, runCleanup } from './support/clean-up.ts';
import { flow } from './support/flow-manifest.ts';
import { job } from './support/job-manifest.ts';
import { observedNamespace } from './support/observed-namespace.ts';
import { endPods } from './support/stages-of-life.ts';

const MANIFESTS = fileURLToPath(new URL('../../manifests', import.meta.url));
const WAITING = 100;
const TTL = { ttlSecondsAfterFinished: 3_600 };

describe('uninstalling', function () {
  this.timeout(180_000);
  let cluster: Cluster;
  let jobflow: Jobflow;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster();
    jobflow = await installJobflow(cluster);
    await installCleanupAccount(cluster);
  });

  after(async function () {
    this.timeout(60_000);
    await cluster.stop();
  });

  const jobsOf = async (namespace: string): Promise<JobObject[]> => {
    const path = `/apis/batch/v1/namespaces/${namespace}/jobs`;
    return ((await cluster.api.demand('GET', path)) as { items: JobObject[] }).items;
  };
  const keptBy = async (namespace: string): Promise<number> =>
    (await jobsOf(namespace)).filter(({ metadata }) => metadata.finalizers?.includes(KEEP_OUTCOME_FINALIZER))
      .length;
  const withWaitingJobs = async (namespace: string): Promise<void> => {
    const waiting = Array.from({ length: WAITING }, (_, index) =>
      job(`waiting-${index}`).dependsOn('up').spec(TTL),
    );
    await cluster.apply([job('up').lasts('24h').annotated('run', 'today').spec(TTL)], { namespace });
    await cluster.apply(
      waiting.map((one) => one.annotated('run', 'today')),
      { namespace },
    );
    expect(await keptBy(namespace)).to.equal(WAITING + 1);
  };
  const untilGone = async (namespace: string): Promise<void> => {
    await cluster.kubectl(['wait', '--for=delete', `namespace/${namespace}`, '--timeout=90s']);
  };
  const killAll = async (): Promise<void> => {
    await Promise.all([...jobflow.controllers, ...jobflow.webhooks].map((program) => program.kill()));
  };
  const restartAll = async (): Promise<void> => {
    for (const program of [...jobflow.controllers, ...jobflow.webhooks]) await program.restart();
  };
  /** Deletes a namespace while nothing of jobflow runs, and waits until only finalizers are in its way. */
  const deleteInVain = async (namespace: string): Promise<void> => {
    await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    await waitUntil('every Job to be in deletion', async () =>
      (await jobsOf(namespace)).every(({ metadata }) => typeof metadata.deletionTimestamp === 'string'),
    );
    expect(await keptBy(namespace)).to.equal(WAITING + 1);
  };

  it('a namespace deleted while jobflow is down is gone once jobflow is back', async () => {
    const namespace = await freshNamespace(cluster);
    await withWaitingJobs(namespace);
    await killAll();
    await deleteInVain(namespace);
    await restartAll();
    await untilGone(namespace);
  });

  it('a namespace deleted while jobflow is down is gone once the clean-up has run, with everything else in force', async () => {
    const namespace = await freshNamespace(cluster);
    await withWaitingJobs(namespace);
    await killAll();
    await deleteInVain(namespace);
    const { code, lines } = await runCleanup(cluster, ['--timeout', '60s']);
    expect(lines.at(-1)).to.deep.include({ level: 'info', finalizersRemoved: WAITING + 1, problems: [] });
    expect(code).to.equal(0);
    await untilGone(namespace);
    await restartAll();
  });

  it('the clean-up looks only where it is told to, page by page, and takes no other finalizer', async () => {
    const [here, elsewhere] = [await freshNamespace(cluster), await freshNamespace(cluster)];
    await Promise.all([withWaitingJobs(here), withWaitingJobs(elsewhere)]);
    const mine = { metadata: { finalizers: ['example.com/mine', KEEP_OUTCOME_FINALIZER] } };
    await cluster.api.demand('PATCH', `/apis/batch/v1/namespaces/${here}/jobs/waiting-7`, mine);
    await killAll();
    const connection = await connect({
      kubeconfigPath: await cluster.serviceAccountKubeconfig('jobflow-system', 'jobflow-cleanup'),
      connections: 8,
      userAgent: 'jobflow-test',
    });
    const report = await cleanUp({
      connection,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
      policy: { jobs: 'keep', flows: 'keep' },
      namespaces: [here],
      signal: AbortSignal.timeout(60_000),
      pageSize: 7,
      random: Math.random,
    });
    await connection.close();
    expect(report).to.deep.equal({
      finalizersRemoved: WAITING + 1,
      deleted: 0,
      passes: 2,
      problems: [],
    });
    expect([await keptBy(here), await keptBy(elsewhere)]).to.deep.equal([0, WAITING + 1]);
    const kept = (await jobsOf(here)).find(({ metadata }) => metadata.name === 'waiting-7');
    expect(kept?.metadata.finalizers).to.deep.equal(['example.com/mine']);
    await restartAll();
    await cluster.api.demand('PATCH', `/apis/batch/v1/namespaces/${here}/jobs/waiting-7`, {
      metadata: { finalizers: null },
    });
  });

  it('the clean-up that lacks its rights ends in time, and says what it could not do', async () => {
    const { code, lines } = await runCleanup(cluster, ['--timeout', '2s'], 'default');
    expect(code).to.equal(1);
    expect(lines.at(-1)).to.deep.include({
      level: 'error',
      msg: 'not cleaned up: what is left is named under problems; run it again',
    });
    expect(JSON.stringify(lines.at(-1)?.problems)).to.include('cannot list resource \\"jobs\\"');
  });

  describe('with the controller running until then', () => {
    let kept: string;

    it('leaves every Job that waits as it is, suspended and without a finalizer, and its namespace can be deleted', async () => {
      kept = await freshNamespace(cluster);
      const doomed = await freshNamespace(cluster);
      await Promise.all([withWaitingJobs(kept), withWaitingJobs(doomed)]);
      for (const part of ['webhook', 'policy']) {
        await cluster.kubectl(['delete', '-k', `${MANIFESTS}/${part}`, '--ignore-not-found']);
      }
      await Promise.all([...jobflow.controllers, ...jobflow.webhooks].map((program) => program.stop()));
      const { code, lines } = await runCleanup(cluster, ['--timeout', '60s']);
      expect(code, JSON.stringify(lines.at(-1))).to.equal(0);
      for (const namespace of [kept, doomed]) {
        const waiting = (await jobsOf(namespace)).filter(({ spec }) => spec?.suspend === true);
        expect([waiting.length, await keptBy(namespace)]).to.deep.equal([WAITING, 0]);
      }
      await cluster.kubectl(['delete', 'namespace', doomed, '--timeout=90s']);
    });

    it('the next installation goes on with what stayed', async () => {
      jobflow = await installJobflow(cluster);
      await endPods(cluster, kept);
      await waitUntil(
        'every Job to run or have ended',
        async () => (await jobsOf(kept)).every(({ spec }) => spec?.suspend === false),
        { limitMs: 60_000 },
      );
    });

    it('deletes Jobs that wait, and flows with all their Jobs, when it is told to', async () => {
      const namespace = await observedNamespace(cluster);
      await namespace.apply([
        job('up').lasts('24h').annotated('run', 'today').spec(TTL),
        job('waiting').dependsOn('up').annotated('run', 'today').spec(TTL),
        flow('etl').runs(job('a').lasts('24h').spec(TTL)).runs(job('b').spec(TTL), 'a'),
      ]);
      await namespace.untilStarted('etl-a');
      await killAll();
      const { code, lines } = await runCleanup(cluster, [
        '--jobs',
        'delete',
        '--flows',
        'delete',
        '--timeout',
        '60s',
      ]);
      expect(code, JSON.stringify(lines.at(-1))).to.equal(0);
      for (const name of ['waiting', 'etl-a', 'etl-b']) await namespace.untilGone(name);
      const { stdout } = await namespace.kubectl(['get', 'jobs,jobflows', '-o', 'name']);
      expect(stdout.trim()).to.equal('job.batch/up');
    });
  });
});
