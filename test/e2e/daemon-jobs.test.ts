import { expect } from 'chai';
import type { JobObject, JsonObject } from '../../src/api/job.ts';
import { OWN_ANNOTATIONS, RETRY_ANNOTATION } from '../../src/api/names.ts';
import { resourcePath } from '../../src/kube/flow-requests.ts';
import { readPath, waitUntil, type Cluster, type Jobflow } from '../support/cluster.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { whileControllerIsDown } from './support/controller-down.ts';
import {
  daemonEnd,
  daemonJob,
  jobFlow,
  jobSpec,
  statesIn,
  untilWhole,
  wholeOf,
} from './support/daemon-place.ts';
import { job } from './support/job-manifest.ts';
import { observedNamespace, type ObservedNamespace } from './support/observed-namespace.ts';

/** The nodes of the shared cluster. */
const ON_ALL = { 'tidy-node-1': 'Succeed', 'tidy-node-2': 'Succeed', 'tidy-node-3': 'Succeed' };

describe('DaemonJobs', () => {
  let cluster: Cluster;
  let jobflow: Jobflow;
  let place: ObservedNamespace;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    jobflow = await sharedJobflow();
    cluster = await sharedCluster();
  });

  beforeEach(async () => {
    place = await observedNamespace(cluster);
  });

  it('has a Job on every node, and tells of each in its status', async () => {
    await place.apply(daemonJob('tidy', jobSpec({ lasts: '1s' })));
    const { counts, startTime, completionTime } = await daemonEnd(place, 'tidy');
    const { status } = await untilWhole(place, 'daemonjobs', 'tidy', 'to tell of all', () => true);
    expect(statesIn(status)).to.deep.equal(ON_ALL);
    expect(counts).to.deep.include({ total: 3, succeeded: 3, running: 0, failed: 0 });
    expect(Date.parse(completionTime ?? '')).to.be.at.least(Date.parse(startTime ?? ''));
    const complete = status.conditions?.find(({ type }) => type === 'Complete');
    expect(complete?.status).to.equal('True');
    for (const node of ['node-1', 'node-2', 'node-3']) {
      expect(await nodesOfPods(place, `tidy-${node}`), node).to.deep.equal([node]);
    }
    const { stdout } = await place.kubectl(['get', 'dj']);
    expect(stdout.split('\n')[0]?.trim().split(/\s+/)).to.deep.equal(['NAME', 'STATUS', 'AGE']);
    expect(stdout.split('\n')[1]?.split(/\s+/).slice(0, 2)).to.deep.equal(['tidy', 'Succeed']);
  });

  it('runs on the nodes that its nodeSelector names, and not on excluded ones', async () => {
    const pod = { nodeSelector: { 'kubernetes.io/os': 'linux' } };
    await place.apply([
      daemonJob('tidy', jobSpec({ pod }, { excludeNodeList: 'node-1, node-3' })),
      daemonJob('one', jobSpec({ pod: { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } } })),
      daemonJob('none', jobSpec({ pod: { nodeSelector: { 'kubernetes.io/os': 'plan9' } } })),
    ]);
    expect(statesIn(await daemonEnd(place, 'tidy'))).to.deep.equal({ 'tidy-node-2': 'Succeed' });
    expect(statesIn(await daemonEnd(place, 'one'))).to.deep.equal({ 'one-node-2': 'Succeed' });
    const { state, message } = await daemonEnd(place, 'none');
    expect({ state, message }).to.deep.equal({ state: 'Succeed', message: 'no eligible node' });
  });

  it('restartPolicy OnFailure becomes Never, and globalParams reach every Job, pod and container', async () => {
    const pod = {
      restartPolicy: 'OnFailure',
      initContainers: [{ name: 'before', image: 'busybox:1.36' }],
      containers: [{ name: 'main', image: 'busybox:1.36', env: [{ name: 'OWN', value: '1' }] }],
    };
    const globalParams = {
      env: [{ name: 'SHARED', value: 'yes' }],
      labels: { team: 'data' },
      annotations: { note: 'shared' },
    };
    const { stderr } = await place.apply(daemonJob('tidy', jobSpec({ pod }, { globalParams })));
    expect(stderr).to.contain('restartPolicy');
    await daemonEnd(place, 'tidy');
    const made = place.life('tidy-node-1').now;
    expect(readPath(made, 'spec', 'template', 'spec', 'restartPolicy')).to.equal('Never');
    expect(readPath(made, 'metadata', 'labels', 'team')).to.equal('data');
    expect(readPath(made, 'spec', 'template', 'metadata', 'labels', 'team')).to.equal('data');
    expect(readPath(made, 'spec', 'template', 'metadata', 'annotations', 'note')).to.equal('shared');
    expect(variablesOf(made, 'containers')).to.deep.equal(['SHARED', 'OWN']);
    expect(variablesOf(made, 'initContainers')).to.deep.equal(['SHARED']);
  });

  it('a failed node fails the whole, and a retry runs that node again and no other', async () => {
    await place.apply(daemonJob('tidy', jobSpec({ fails: true }, { excludeNodeList: 'node-3' })));
    await daemonEnd(place, 'tidy');
    const mended = daemonJob('tidy', jobSpec({}, { excludeNodeList: 'node-3' }));
    const first = place.life('tidy-node-1').uid;
    await place.apply(mended);
    await place.kubectl(['annotate', 'dj', 'tidy', `${RETRY_ANNOTATION}=1`]);
    const retried = await untilWhole(
      place,
      'daemonjobs',
      'tidy',
      'to be retried',
      ({ status }) => status.observedRetry === '1' && status.state === 'Succeed',
    );
    expect(statesIn(retried.status)).to.deep.equal({ 'tidy-node-1': 'Succeed', 'tidy-node-2': 'Succeed' });
    const second = place.life('tidy-node-1').uid;
    expect(second).not.to.equal(first);
    await place.kubectl(['annotate', 'dj', 'tidy', '--overwrite', `${RETRY_ANNOTATION}=2`]);
    await untilWhole(
      place,
      'daemonjobs',
      'tidy',
      'to have nothing to retry',
      ({ status }) => status.observedRetry === '2' && status.state === 'Succeed',
    );
    expect(place.life('tidy-node-1').uid).to.equal(second);
    expect(place.lives('tidy-node-1')).to.have.length(2);
  });

  it('suspend holds it before the start and in the middle, and what runs goes on', async () => {
    const spec = { maxConcurrentNodes: 1 };
    await place.apply(daemonJob('tidy', jobSpec({ lasts: '1s' }, { ...spec, suspend: true })));
    const held = await untilWhole(place, 'daemonjobs', 'tidy', 'to be suspended', ({ status }) =>
      isTrue(status.conditions, 'Suspended'),
    );
    expect(held.status.state).to.equal('Pending');
    expect(place.observer.jobs()).to.deep.equal([]);
    await place.kubectl(['patch', 'dj', 'tidy', '--type=merge', '-p', '{"spec":{"suspend":false}}']);
    await place.untilStarted('tidy-node-1');
    await place.kubectl(['patch', 'dj', 'tidy', '--type=merge', '-p', '{"spec":{"suspend":true}}']);
    await place.outcomes(['tidy-node-1']);
    const paused = await untilWhole(place, 'daemonjobs', 'tidy', 'to be suspended again', ({ status }) =>
      isTrue(status.conditions, 'Suspended'),
    );
    expect(paused.status.counts?.running ?? 0).to.be.lessThan(2);
    await place.kubectl(['patch', 'dj', 'tidy', '--type=merge', '-p', '{"spec":{"suspend":false}}']);
    expect(statesIn(await daemonEnd(place, 'tidy'))).to.deep.equal(ON_ALL);
  });

  it('waits at its own gate for a Job, and a Job waits for it as a whole', async () => {
    await place.apply([
      job('after').dependsOn('daemonjob/tidy'),
      daemonJob('tidy', jobSpec({ lasts: '500ms' }), { 'depends-on': 'first' }),
      job('never').dependsOn('daemonjob/tidy=Failed'),
    ]);
    await untilWhole(place, 'daemonjobs', 'tidy', 'to wait', ({ status }) => status.state === 'Pending');
    expect(place.observer.jobs().map(({ metadata }) => metadata.name)).to.have.members(['after', 'never']);
    await place.apply(job('first').lasts('500ms'));
    expect(await place.outcomes(['first', 'after', 'never'])).to.deep.equal({
      first: 'Complete',
      after: 'Complete',
      never: 'Skipped',
    });
    const { endedAt } = place.life('first');
    for (const name of Object.keys(ON_ALL)) {
      const node = place.life(name);
      expect(node.createdAt, `${name} after first`).to.be.greaterThan(endedAt);
      expect(place.life('after').releasedAt, `after ${name}`).to.be.greaterThan(node.endedAt);
    }
  });

  it('fails at its gate like a Job, without a Job of its own, and its dependents with it', async () => {
    await place.apply([
      job('broken').fails(),
      daemonJob('tidy', jobSpec(), { 'depends-on': 'broken' }),
      job('after').dependsOn('daemonjob/tidy'),
      daemonJob('not-taken', jobSpec(), { 'depends-on': 'broken=Complete', hold: 'true' }),
      daemonJob('cleanup', jobSpec(), { 'depends-on': 'broken=Failed' }),
    ]);
    const { state, conditions } = await daemonEnd(place, 'tidy');
    expect(state).to.equal('Failed');
    expect(conditions?.find(({ type }) => type === 'Failed')?.reason).to.equal('DependencyFailed');
    expect(await place.outcomes(['after'])).to.deep.equal({ after: 'Failed' });
    expect((await daemonEnd(place, 'not-taken')).state).to.equal('Failed');
    expect((await daemonEnd(place, 'cleanup')).state).to.equal('Succeed');
    expect(place.lives('tidy-node-1')).to.deep.equal([]);
  });

  it('knows how its upstream ended although that vanishes by its TTL at once', async () => {
    await place.apply([
      job('first').annotated('run', 'r1').spec({ ttlSecondsAfterFinished: 0 }),
      daemonJob('tidy', jobSpec(), { 'depends-on': 'first', run: 'r1', hold: 'true' }),
    ]);
    await place.untilGone('first');
    const held = await untilWhole(
      place,
      'daemonjobs',
      'tidy',
      'to be held only',
      ({ status }) => (status.counts?.held ?? 0) === 3,
    );
    expect(held.status.state).to.equal('Pending');
    await place.kubectl(['annotate', 'dj', 'tidy', 'api.practice.com/approved=me']);
    expect(statesIn(await daemonEnd(place, 'tidy'))).to.deep.equal(ON_ALL);
  });

  it('keeps what jobflow has written on it when its file replaces it', async () => {
    const file = JSON.stringify(daemonJob('tidy', jobSpec(), { 'depends-on': 'load, never' }));
    await place.kubectl(['create', '-f', '-'], { input: file });
    await place.apply(job('load').spec({ ttlSecondsAfterFinished: 0 }));
    await place.untilGone('load');
    const outcomes = async (): Promise<unknown> => {
      const path = resourcePath('daemonjobs', { namespace: place.name, name: 'tidy' });
      const dj = await cluster.api.demand('GET', path);
      return readPath(dj, 'metadata', 'annotations', OWN_ANNOTATIONS.outcomes);
    };
    const written = await waitUntil('the outcome to be written', outcomes);
    await place.kubectl(['replace', '-f', '-'], { input: file });
    expect(await outcomes()).to.equal(written);
  });

  it('Jobs with a TTL are run once, whatever vanishes, and counted', async () => {
    await place.apply(
      daemonJob('tidy', jobSpec({ lasts: '300ms' }, { ttlSecondsAfterFinished: 0, maxConcurrentNodes: 1 })),
    );
    const status = await daemonEnd(place, 'tidy');
    expect(statesIn(status)).to.deep.equal(ON_ALL);
    for (const name of Object.keys(ON_ALL)) {
      await place.untilGone(name);
      expect(place.lives(name), name).to.have.length(1);
    }
  });

  it('goes on where it was when the controller is killed in the middle', async () => {
    await place.apply(daemonJob('tidy', jobSpec({ lasts: '1500ms' }, { maxConcurrentNodes: 1 })));
    await place.untilStarted('tidy-node-1');
    const [controller] = jobflow.controllers;
    await controller?.kill();
    await controller?.restart();
    await place.untilStarted('tidy-node-2');
    await whileControllerIsDown(jobflow, () => place.outcomes(['tidy-node-2']));
    expect(statesIn(await daemonEnd(place, 'tidy'))).to.deep.equal(ON_ALL);
    for (const name of Object.keys(ON_ALL)) expect(place.lives(name), name).to.have.length(1);
  });

  it('takes its Jobs and pods with it when it is deleted', async () => {
    await place.apply(daemonJob('tidy', jobSpec({ lasts: '10m' })));
    for (const name of Object.keys(ON_ALL)) await place.untilStarted(name);
    await place.kubectl(['delete', 'dj', 'tidy']);
    for (const name of Object.keys(ON_ALL)) await place.untilGone(name);
    await waitUntil('the pods to be gone', async () => {
      const pods = await cluster.api.demand('GET', `/api/v1/namespaces/${place.name}/pods`);
      const items = readPath(pods, 'items');
      return Array.isArray(items) && items.length === 0;
    });
    expect(await wholeOf(place, 'daemonjobs', 'tidy')).to.equal(undefined);
  });

  it('an edit is followed by Jobs that have not been made, and by no other', async () => {
    const spec = { maxConcurrentNodes: 1 };
    await place.apply(daemonJob('tidy', jobSpec({ lasts: '1500ms' }, spec)));
    await place.untilStarted('tidy-node-1');
    await place.apply(
      daemonJob('tidy', jobSpec({}, { ...spec, globalParams: { env: [{ name: 'EDITED', value: '1' }] } })),
    );
    await daemonEnd(place, 'tidy');
    expect(variablesOf(place.life('tidy-node-1').now, 'containers')).to.deep.equal([]);
    expect(variablesOf(place.life('tidy-node-3').now, 'containers')).to.deep.equal(['EDITED']);
    expect(place.lives('tidy-node-1')).to.have.length(1);
  });

  it('an edit right after the creation leaves the Jobs alone: never two pods on a node', async () => {
    await place.apply(daemonJob('tidy', jobSpec({ lasts: '2s' })));
    // As soon as they are there, and before any of them has started.
    await Promise.all(Object.keys(ON_ALL).map((name) => place.untilJob(name, 'to be made', () => true)));
    await place.apply(daemonJob('tidy', jobSpec({ lasts: '2s' }, { backoffLimit: 3 })));
    await daemonEnd(place, 'tidy');
    for (const name of Object.keys(ON_ALL)) {
      expect(place.lives(name), name).to.have.length(1);
      expect(place.life(name).pods, name).to.have.length(1);
    }
  });

  it('a Job that is deleted right after its end is not run again', async () => {
    await place.apply(daemonJob('tidy', jobSpec({ lasts: '1s' }, { maxConcurrentNodes: 1 })));
    await place.outcomes(['tidy-node-1']);
    await place.kubectl(['delete', 'job', 'tidy-node-1', '--wait=false']);
    expect(statesIn(await daemonEnd(place, 'tidy'))).to.deep.equal(ON_ALL);
    expect(place.lives('tidy-node-1')).to.have.length(1);
  });

  describe('as entries of a JobFlow', () => {
    it('run between two Jobs, with the parameters of the flow', async () => {
      await place.apply(
        jobFlow('etl', {
          globalParams: { env: [{ name: 'FROM_FLOW', value: '1' }], labels: { team: 'data' } },
          flows: [
            { name: 'load', jobTemplate: jobSpec({ lasts: '500ms' }) },
            {
              name: 'tidy',
              dependencies: ['load'],
              daemonJob: jobSpec(
                {},
                { excludeNodeList: 'node-3', globalParams: { labels: { team: 'own' } } },
              ),
            },
            { name: 'report', dependencies: ['tidy'], jobTemplate: jobSpec() },
          ],
        }),
      );
      const { status } = await untilWhole(
        place,
        'jobflows',
        'etl',
        'to succeed',
        (seen) => seen.status.state === 'Succeed',
      );
      expect(statesIn(status)).to.deep.equal({
        'etl-load': 'Succeed',
        'daemonjob/etl-tidy': 'Succeed',
        'etl-report': 'Succeed',
      });
      expect(statesIn(await daemonEnd(place, 'etl-tidy'))).to.deep.equal({
        'etl-tidy-node-1': 'Succeed',
        'etl-tidy-node-2': 'Succeed',
      });
      for (const name of ['etl-tidy-node-1', 'etl-tidy-node-2']) {
        const node = place.life(name);
        expect(node.createdAt).to.be.greaterThan(place.life('etl-load').endedAt);
        expect(place.life('etl-report').releasedAt).to.be.greaterThan(node.endedAt);
        expect(variablesOf(node.now, 'containers')).to.deep.equal(['FROM_FLOW']);
        expect(node.now.metadata.labels?.team).to.equal('own');
        expect(node.now.metadata.labels?.['api.practice.com/flow']).to.equal('etl');
      }
    });

    it('are made anew when the entry is edited while it waits, and go when it is removed', async () => {
      const entry = (daemonJobSpec: JsonObject): JsonObject => ({
        name: 'tidy',
        dependencies: ['load'],
        daemonJob: daemonJobSpec,
      });
      const load = { name: 'load', jobTemplate: jobSpec(), hold: true };
      const flow = (...flows: JsonObject[]): JsonObject => jobFlow('etl', { flows });
      const late = { name: 'late', hold: true, daemonJob: jobSpec() };
      await place.apply(flow(load, entry(jobSpec()), late));
      const made = async (): Promise<string | undefined> =>
        (await wholeOf(place, 'daemonjobs', 'etl-tidy'))?.uid;
      const first = await waitUntil('the DaemonJob to be made', made);
      await untilWhole(
        place,
        'jobflows',
        'etl',
        'to have one that is held',
        ({ status }) => statesIn(status)['daemonjob/etl-late'] === 'Held',
      );
      await place.apply(flow(load, entry(jobSpec({}, { excludeNodeList: 'node-1, node-2' }))));
      await waitUntil('another DaemonJob in its place', async () => {
        const uid = await made();
        return uid !== undefined && uid !== first;
      });
      await waitUntil(
        'the DaemonJob of the removed entry to be gone',
        async () => (await wholeOf(place, 'daemonjobs', 'etl-late')) === undefined,
      );
      await place.kubectl(['annotate', 'job', 'etl-load', 'api.practice.com/approved=me']);
      expect(statesIn(await daemonEnd(place, 'etl-tidy'))).to.deep.equal({ 'etl-tidy-node-3': 'Succeed' });
    });

    it('a failed one fails what follows, and a retry of the flow runs it again', async () => {
      const flow = (tidy: JsonObject): JsonObject =>
        jobFlow('etl', {
          flows: [
            { name: 'load', jobTemplate: jobSpec() },
            { name: 'tidy', dependencies: ['load'], daemonJob: tidy },
            { name: 'report', dependencies: ['tidy'], jobTemplate: jobSpec() },
          ],
        });
      await place.apply(flow(jobSpec({ fails: true })));
      await untilWhole(place, 'jobflows', 'etl', 'to fail', ({ status }) => status.state === 'Failed');
      expect(await place.outcomes(['etl-load', 'etl-report'])).to.deep.equal({
        'etl-load': 'Complete',
        'etl-report': 'Failed',
      });
      await place.apply(flow(jobSpec()));
      await place.kubectl(['annotate', 'jf', 'etl', `${RETRY_ANNOTATION}=1`]);
      const { status } = await untilWhole(
        place,
        'jobflows',
        'etl',
        'to succeed',
        (seen) => seen.status.state === 'Succeed',
      );
      expect(Object.values(statesIn(status))).to.deep.equal(['Succeed', 'Succeed', 'Succeed']);
      expect(place.lives('etl-load')).to.have.length(1);
      expect(place.lives('etl-report')).to.have.length(2);
    });

    it('a deadline ends one that runs, and its Jobs with it', async () => {
      await place.apply(
        jobFlow('etl', {
          activeDeadlineSeconds: 3,
          flows: [{ name: 'tidy', daemonJob: jobSpec({ lasts: '10m' }) }],
        }),
      );
      await place.untilStarted('etl-tidy-node-1');
      const { status } = await untilWhole(
        place,
        'jobflows',
        'etl',
        'to fail',
        (seen) => seen.status.state === 'Failed',
      );
      expect(statesIn(status)).to.deep.equal({ 'daemonjob/etl-tidy': 'Failed' });
      expect(status.conditions?.find(({ type }) => type === 'Failed')?.reason).to.equal('DeadlineExceeded');
      for (const node of ['node-1', 'node-2', 'node-3']) await place.untilGone(`etl-tidy-${node}`);
    });

    it('maxConcurrentJobs counts one that runs as one', async () => {
      await place.apply(
        jobFlow('etl', {
          maxConcurrentJobs: 1,
          flows: [
            { name: 'a', daemonJob: jobSpec({ lasts: '1s' }) },
            { name: 'b', jobTemplate: jobSpec({ lasts: '1s' }) },
            { name: 'c', daemonJob: jobSpec({ lasts: '1s' }) },
          ],
        }),
      );
      await untilWhole(place, 'jobflows', 'etl', 'to succeed', ({ status }) => status.state === 'Succeed');
      const spans = [
        [`etl-a-node-1`, 'etl-a-node-2', 'etl-a-node-3'],
        ['etl-b'],
        [`etl-c-node-1`, 'etl-c-node-2', 'etl-c-node-3'],
      ].map((names) => ({
        from: Math.min(...names.map((name) => place.life(name).pods[0]?.createdAt ?? Infinity)),
        to: Math.max(...names.map((name) => place.life(name).endedAt)),
      }));
      spans.sort((a, b) => a.from - b.from);
      for (const [index, span] of spans.entries()) {
        const before = spans[index - 1];
        if (before !== undefined) expect(span.from).to.be.greaterThan(before.to);
      }
    });
  });
});

function isTrue(conditions: readonly { type: string; status: string }[] | undefined, type: string): boolean {
  return conditions?.some((one) => one.type === type && one.status === 'True') === true;
}

function variablesOf(made: JobObject, list: 'containers' | 'initContainers'): unknown[] {
  const env = readPath(made, 'spec', 'template', 'spec', list, 0, 'env');
  return Array.isArray(env) ? env.map((variable: unknown) => readPath(variable, 'name')) : [];
}

async function nodesOfPods(place: ObservedNamespace, jobName: string): Promise<unknown[]> {
  const path = `/api/v1/namespaces/${place.name}/pods?labelSelector=job-name=${jobName}`;
  const items = readPath(await place.cluster.api.demand('GET', path), 'items');
  return Array.isArray(items) ? items.map((pod: unknown) => readPath(pod, 'spec', 'nodeName')) : [];
}
