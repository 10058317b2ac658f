import { expect } from 'chai';
import { FLOW_LABEL, USER_ANNOTATIONS } from '../../src/api/names.ts';
import { readPath, waitUntil, type Cluster } from '../support/cluster.ts';
import { STARTING_LIMIT_MS, sharedCluster, sharedJobflow } from '../support/cluster/fixture.ts';
import { fiveJobs, flow, template } from './support/flow-manifest.ts';
import { flowPlace } from './support/flow-place.ts';
import { job } from './support/job-manifest.ts';

describe('JobFlows run', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    cluster = await sharedCluster();
  });

  it('a flow of five Jobs runs them in order and succeeds', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(fiveJobs('five'));
    const status = await flows.untilState('five', 'Succeed');
    jobs.expectStartedAfter('five-job2', 'five-job1');
    jobs.expectStartedAfter('five-job3', 'five-job1', 'five-job2');
    jobs.expectStartedAfter('five-job5', 'five-job2', 'five-job4');
    expect(jobs.life('five-job4').pods[0]?.createdAt).to.be.lessThan(jobs.life('five-job1').endedAt);
    expect(status.counts).to.include({ total: 5, succeeded: 5, failed: 0, skipped: 0 });
    expect(flows.states('five')).to.deep.equal({
      job1: 'Succeed',
      job2: 'Succeed',
      job3: 'Succeed',
      job4: 'Succeed',
      job5: 'Succeed',
    });
    expect(status.observedGeneration).to.equal(1);
    expect(Date.parse(status.completionTime ?? '')).to.be.at.least(Date.parse(status.startTime ?? ''));
    expect(flows.reason('five', 'Complete')).to.equal('JobsEnded');
    for (const type of ['Failed', 'Stalled', 'Reconciling', 'Suspended']) {
      expect(flows.reason('five', type), type).to.equal(undefined);
    }
    await jobs.kubectl(['wait', '--for=condition=Complete', 'jf/five', '--timeout=5s']);
    const table = (await jobs.kubectl(['get', 'jf'])).stdout.trim().split('\n');
    expect(table[0]?.split(/\s+/)).to.deep.equal(['NAME', 'STATUS', 'AGE']);
    expect(table[1]?.split(/\s+/).slice(0, 2)).to.deep.equal(['five', 'Succeed']);
    const listed = await jobs.kubectl(['get', 'jobs', '-l', `${FLOW_LABEL}=five`, '-o', 'name']);
    expect(listed.stdout.trim().split('\n')).to.have.length(5);
  });

  it('a failing Job fails what follows natively, the others complete, and the flow is Failed', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(fiveJobs('five', job('job2').fails()));
    const status = await flows.untilState('five', 'Failed');
    expect(flows.states('five')).to.deep.equal({
      job1: 'Succeed',
      job2: 'Failed',
      job3: 'Failed',
      job4: 'Succeed',
      job5: 'Failed',
    });
    expect(status.counts).to.include({ total: 5, succeeded: 2, failed: 3 });
    for (const name of ['five-job3', 'five-job5']) {
      jobs.expectNeverStarted(name);
      expect(jobs.life(name).ending?.reason).to.equal('DependencyFailed');
    }
    expect(flows.reason('five', 'Failed')).to.equal('JobsFailed');
    expect(flows.reason('five', 'Stalled')).to.equal('JobsFailed');
    await jobs.kubectl(['wait', '--for=condition=Failed', 'jf/five', '--timeout=5s']);
    expect(await jobs.untilEvent('five', 'Failed')).to.contain('5 of 5 ended, 3 failed');
  });

  it('outcomes of entries are those of annotations: a branch not taken is skipped, and the flow succeeds', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(
      flow('branch')
        .runs(job('try'))
        .runs(job('mend'), 'try=Failed')
        .runs(job('join'), 'try', 'mend=Finished'),
    );
    await flows.untilState('branch', 'Succeed');
    expect(flows.states('branch')).to.deep.equal({ try: 'Succeed', mend: 'Skipped', join: 'Succeed' });
    jobs.expectNeverStarted('branch-mend');
  });

  it('entries by jobTemplateRef take the spec of the template, which tells what uses it', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    const path = `/apis/api.practice.com/v1alpha1/namespaces/${jobs.name}/jobtemplates/step`;
    const dependencyList = async (): Promise<unknown> =>
      readPath(await cluster.api.demand('GET', path), 'status', 'dependencyList');
    await jobs.apply([
      template('step', job('step').lasts('3s').spec({ backoffLimit: 3 })),
      flow('ref')
        .entry({ name: 'a', jobTemplateRef: 'step' })
        .entry({ name: 'b', jobTemplateRef: 'step', dependencies: ['a'] }),
      job('alone').withoutPod().annotated('template', 'step'),
    ]);
    await jobs.observer.until('the template to be in use', () => jobs.observer.job('ref-a') !== undefined);
    await waitUntil('the list of users', async () => {
      const list = await dependencyList();
      return JSON.stringify(list) === '["Job/alone","JobFlow/ref"]';
    });
    await flows.untilState('ref', 'Succeed');
    jobs.expectStartedAfter('ref-b', 'ref-a');
    expect(jobs.life('ref-b').now.spec?.backoffLimit).to.equal(3);
    await waitUntil('nobody to use it', async () => JSON.stringify(await dependencyList()) === '[]');
  });

  it('globalParams reach every Job, pod and container, and restartPolicy becomes Never', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(
      flow('shared')
        .spec({
          globalParams: {
            nodeName: 'node-2',
            env: [{ name: 'REGION', value: 'north' }],
            labels: { team: 'data' },
            annotations: { 'example.com/contact': 'data@example.com' },
          },
        })
        .runs(
          job('one').pod({
            restartPolicy: 'OnFailure',
            initContainers: [{ name: 'prepare', image: 'busybox', command: ['true'] }],
          }),
        )
        .runs(
          job('two').pod({
            containers: [
              { name: 'main', image: 'busybox', env: [{ name: 'REGION', value: 'south' }] },
              { name: 'side', image: 'busybox' },
            ],
          }),
          'one',
        ),
    );
    await flows.untilState('shared', 'Succeed');
    const path = `/api/v1/namespaces/${jobs.name}/pods?labelSelector=batch.kubernetes.io/job-name`;
    const pods = readPath(await cluster.api.demand('GET', path), 'items');
    expect(pods).to.have.length(2);
    for (const pod of Array.isArray(pods) ? pods : []) {
      expect(readPath(pod, 'spec', 'nodeName')).to.equal('node-2');
      expect(readPath(pod, 'spec', 'restartPolicy')).to.equal('Never');
      expect(readPath(pod, 'metadata', 'labels', 'team')).to.equal('data');
      expect(readPath(pod, 'metadata', 'annotations', 'example.com/contact')).to.equal('data@example.com');
      const lists = [readPath(pod, 'spec', 'containers'), readPath(pod, 'spec', 'initContainers') ?? []];
      for (const container of lists.flat()) {
        const name = readPath(container, 'name');
        const region = name === 'main' && lists[0] !== undefined && hasSide(pod) ? 'south' : 'north';
        expect(readPath(container, 'env', 0), String(name)).to.deep.equal({ name: 'REGION', value: region });
      }
    }
    for (const name of ['shared-one', 'shared-two']) {
      const { metadata } = jobs.life(name).now;
      expect(metadata.labels).to.include({ team: 'data', [FLOW_LABEL]: 'shared' });
      expect(metadata.annotations).to.include({ 'example.com/contact': 'data@example.com' });
    }
  });

  it('shared volumes are mounted where an entry asks for them', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    const mount = { name: 'work', mountPath: '/work' };
    await jobs.apply(
      flow('volumes')
        .spec({ shareVolumes: [{ name: 'work', emptyDir: {} }] })
        .runs(job('with'))
        .having({ shareVolumeMounts: [mount] })
        .runs(job('without')),
    );
    await flows.untilState('volumes', 'Succeed');
    const podOf = (name: string): unknown => readPath(jobs.life(name).now, 'spec', 'template', 'spec');
    expect(readPath(podOf('volumes-with'), 'volumes', 0, 'name')).to.equal('work');
    expect(readPath(podOf('volumes-with'), 'containers', 0, 'volumeMounts', 0)).to.include(mount);
    expect(readPath(podOf('volumes-without'), 'volumes')).to.equal(undefined);
  });

  it('an entry that is held waits for its approval, and says Held', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply(flow('held').runs(job('build')).runs(job('deploy'), 'build').having({ hold: true }));
    await flows.until('held', 'to hold the deployment', () => flows.states('held').deploy === 'Held');
    expect(flows.status('held')).to.include({ state: 'Running' });
    jobs.expectNeverStarted('held-deploy');
    await jobs.kubectl(['annotate', 'job', 'held-deploy', `${USER_ANNOTATIONS.approved}=yes`]);
    await flows.untilState('held', 'Succeed');
  });

  it('a Job that joins by annotation takes the parameters and counts in the status', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply([
      flow('joined')
        .spec({ globalParams: { labels: { team: 'data' } } })
        .runs(job('own')),
      job('guest').annotated('flow', 'joined').dependsOn('joined-own').fails(),
    ]);
    const status = await flows.untilState('joined', 'Failed');
    expect(status.jobStatusList).to.deep.equal({ 'joined-own': 'Succeed', guest: 'Failed' });
    expect(jobs.life('guest').now.metadata.labels).to.include({ team: 'data' });
    jobs.expectStartedAfter('guest', 'joined-own');
  });

  it('a Job and another flow wait for a flow as a whole', async () => {
    const { jobs, flows } = await flowPlace(cluster);
    await jobs.apply([
      job('after').dependsOn('jobflow/first'),
      flow('second').runs(job('a'), 'jobflow/first').runs(job('b'), 'a'),
      job('never').dependsOn('jobflow/first=Failed'),
      flow('first').runs(job('a').lasts('1s')).runs(job('b').lasts('1s')),
    ]);
    await flows.untilState('second', 'Succeed');
    expect(await jobs.outcomes(['after', 'never'])).to.deep.equal({ after: 'Complete', never: 'Skipped' });
    for (const name of ['after', 'second-a']) jobs.expectStartedAfter(name, 'first-a', 'first-b');
  });
});

function hasSide(pod: unknown): boolean {
  return readPath(pod, 'spec', 'containers', 1) !== undefined;
}
