import { expect } from 'chai';
import { OWN_ANNOTATIONS } from '../../src/api/names.ts';
import { installJobflow, startCluster, waitUntil, type Cluster, type Jobflow } from '../support/cluster.ts';
import { STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { checkOut, ROOT } from '../support/older-checkout.ts';
import { flow } from './support/flow-manifest.ts';
import { job } from './support/job-manifest.ts';
import { observedNamespace, type ObservedNamespace } from './support/observed-namespace.ts';

/** The first commit with Jobs, flows and DaemonJobs; from the first release on, the release before this one. */
const OLDER = '7f2e37967551';

const QUICK_LEASE = {
  JOBFLOW_LEASE_DURATION: '4s',
  JOBFLOW_RENEW_DEADLINE: '3s',
  JOBFLOW_RETRY_PERIOD: '500ms',
};

const CHAINS = 20;

describe('an older and a newer version side by side', () => {
  let cluster: Cluster;
  let jobflow: Jobflow;
  let older: { readonly root: string; remove(): Promise<void> } | undefined;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    older = await checkOut(OLDER);
    // A checkout without its history, as CI makes it, has no older version.
    if (older === undefined) this.skip();
    cluster = await startCluster();
    jobflow = await installJobflow(cluster, {
      controllers: 2,
      webhooks: 2,
      roots: [older.root, ROOT],
      controllerEnv: QUICK_LEASE,
    });
  });

  after(async function () {
    this.timeout(60_000);
    await (cluster as Cluster | undefined)?.stop();
    await older?.remove();
  });

  const leads = async (index: number): Promise<boolean> => {
    const { stdout } = await cluster.kubectl([
      ...['get', 'lease', 'jobflow-controller', '-n', 'jobflow-system'],
      ...['-o', 'jsonpath={.spec.holderIdentity}'],
    ]);
    return stdout === jobflow.controllers[index]?.name;
  };

  it('release each Job once and in order while Jobs come in and the lead goes back and forth', async function () {
    this.timeout(240_000);
    const namespace = await observedNamespace(cluster);
    const chains = Array.from({ length: CHAINS }, (_, index) =>
      ['a', 'b', 'c'].map((name) => `${name}-${index}`),
    );
    const create = async (some: readonly string[][]): Promise<void> => {
      await namespace.apply(
        some.flatMap(([a = '', b = '', c = '']) =>
          [
            job(c).dependsOn(b).spec({ ttlSecondsAfterFinished: 3_600 }),
            job(b).dependsOn(a).spec({ ttlSecondsAfterFinished: 3_600 }),
            job(a).lasts('1s').annotated('run', 'today'),
          ].map((one) => one.annotated('run', 'today')),
        ),
      );
    };
    const [old, current] = jobflow.controllers;
    expect(await leads(0), 'the older one leads first').to.equal(true);
    const flows = Array.from({ length: 5 }, (_, index) =>
      flow(`etl-${index}`).runs(job('x').lasts('1s')).runs(job('y'), 'x').runs(job('z'), 'y'),
    );
    await Promise.all([create(chains.slice(0, 10)), namespace.apply(flows)]);
    await old?.stop();
    await waitUntil('the newer one to lead', () => leads(1));
    await create(chains.slice(10));
    await old?.restart();
    await current?.stop();
    await waitUntil('the older one to lead again', () => leads(0));
    await current?.restart();
    const names = [
      ...chains.flat(),
      ...flows.flatMap(({ name }) => ['x', 'y', 'z'].map((part) => `${name}-${part}`)),
    ];
    const outcomes = await namespace.outcomes(names, 120_000);
    expect(new Set(Object.values(outcomes))).to.deep.equal(new Set(['Complete']));
    for (const [a = '', b = '', c = ''] of chains) {
      namespace.expectStartedAfter(b, a);
      namespace.expectStartedAfter(c, b);
    }
    for (const name of names) expectOneStart(namespace, name);
  });

  it('leave a record of a later version as it is, and work by what they know of it', async function () {
    this.timeout(120_000);
    const namespace = await observedNamespace(cluster);
    await namespace.apply([job('up').lasts('24h'), job('dependent').dependsOn('up')]);
    const path = `/apis/batch/v1/namespaces/${namespace.name}/jobs/dependent`;
    const key = OWN_ANNOTATIONS.gated;
    // The policy lets nobody else write it: a version to come is played by the controller's own account.
    const kubeconfig = await cluster.serviceAccountKubeconfig('jobflow-system', 'jobflow-controller');
    const later = '{"gate":true,"v":2,"manager":"kubectl-client-side-apply","later":{"field":[1]}}';
    await cluster.kubectl(
      [
        'patch',
        'job',
        'dependent',
        '-n',
        namespace.name,
        '-p',
        JSON.stringify({ metadata: { annotations: { [key]: later } } }),
      ],
      { kubeconfig },
    );
    for (const serverSide of [false, true]) {
      await namespace.apply(
        job('dependent')
          .dependsOn('up')
          .metadata({ labels: { again: String(serverSide) } }),
        { serverSide },
      );
      const stored = (await cluster.api.demand('GET', path)) as {
        metadata: { annotations: Record<string, string> };
      };
      expect(stored.metadata.annotations[key]).to.equal(later);
    }
    await namespace.apply(job('dependent').dependsOn('nothing-else'));
    await namespace.apply([job('nothing-else')]);
    expect(await namespace.outcomes(['dependent'])).to.deep.equal({ dependent: 'Complete' });
    expect(namespace.life('dependent').now.metadata.annotations?.[key]).to.equal(later);
  });
});

function expectOneStart(namespace: ObservedNamespace, name: string): void {
  const versions = namespace.observer.versions(name).map((version) => version.job);
  const starts = versions.filter(
    ({ spec }, index) => spec?.suspend !== true && versions[index - 1]?.spec?.suspend === true,
  );
  expect(starts.length, `starts of ${name}`).to.be.at.most(1);
  expect(namespace.observer.pods(name), `pods of ${name}`).to.have.length(1);
}
