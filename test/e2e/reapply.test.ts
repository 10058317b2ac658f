import { expect } from 'chai';
import { API_GROUP, API_VERSION } from '../../src/api/names.ts';
import { isWaiting, projectJob } from '../../src/core/job-projection.ts';
import { readPath } from '../support/cluster.ts';
import type { Cluster } from '../support/cluster.ts';
import {
  freshNamespace,
  sharedCluster,
  sharedJobflow,
  STARTING_LIMIT_MS,
} from '../support/cluster/fixture.ts';
import { everyShape } from './support/every-shape.ts';
import { exampleFiles, type ManifestFile } from './support/manifest-file.ts';
import { observeNamespace, type NamespaceObserver } from './support/namespace-observer.ts';
import { approveAll, changesIn, endPods, stillLife, untilStill } from './support/stages-of-life.ts';

/** Ways to apply a file: the arguments of kubectl. */
const WAYS = {
  'client-side': ['apply'],
  'server-side': ['apply', '--server-side'],
  'by another manager': ['apply', '--server-side', '--field-manager=argocd-controller'],
  replace: ['replace'],
} as const;

type Way = keyof typeof WAYS;

/** How a file is applied first, and then again at every stage of its Jobs' lives. */
const ORDERS: readonly { readonly first: Way; readonly again: readonly Way[] }[] = [
  { first: 'client-side', again: ['client-side', 'server-side', 'client-side', 'replace', 'client-side'] },
  { first: 'server-side', again: ['server-side', 'client-side', 'server-side', 'replace', 'server-side'] },
  { first: 'by another manager', again: ['by another manager', 'replace', 'by another manager'] },
];

/** kubectl says so of any object that it has not created by client-side apply. */
const KUBECTL_WARNING = 'missing the kubectl.kubernetes.io/last-applied-configuration annotation';

describe('a file that is applied again, at every stage of its Jobs', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
  });

  for (const name of [
    'chain.yaml',
    'cronjob.yaml',
    'fan-in.yaml',
    'hold-and-approve.yaml',
    'nightly-etl.yaml',
    'on-failure.yaml',
    'shared-parameters.yaml',
    'every shape',
  ]) {
    it(`changes nothing: ${name}`, async function () {
      this.timeout(240_000);
      const file = [...(await exampleFiles()), everyShape()].find((one) => one.name === name);
      if (file === undefined) throw new Error(`there is no example "${name}"`);
      const endless = file.withEndlessPods();
      const lives = [endless, endless.statingSuspend()].flatMap((one, index) =>
        ORDERS.map((order) => liveThrough(cluster, one, order, index === 0 ? '' : ', stating suspend')),
      );
      expect((await Promise.all(lives)).flat().join('\n\n')).to.equal('');
    });
  }

  it('is tried with every example that can be applied', async () => {
    const names = (await exampleFiles()).map((file) => file.name);
    expect(names).to.deep.equal([
      'chain.yaml',
      'cronjob.yaml',
      'cycle.yaml',
      'fan-in.yaml',
      'hold-and-approve.yaml',
      'nightly-etl.yaml',
      'on-failure.yaml',
      'shared-parameters.yaml',
    ]);
  });
});

/** Applies a file and goes through its Jobs' lives; returns all that was not as it should be. */
async function liveThrough(
  cluster: Cluster,
  file: ManifestFile,
  { first, again }: (typeof ORDERS)[number],
  variant: string,
): Promise<string[]> {
  const namespace = await freshNamespace(cluster, 'reapply');
  const observer = await observeNamespace(cluster, namespace);
  const complaints: string[] = [];
  const complain = (what: string): void => {
    complaints.push(`${file.name}${variant}, first ${first}: ${what}`);
  };
  try {
    await applyOnce(cluster, namespace, file, first);
    for (let stage = 1; ; stage += 1) {
      const jobs = await untilStill(cluster, namespace);
      for (const problem of await applyAgain(cluster, namespace, file, again)) {
        complain(`at stage ${stage} ${problem}`);
      }
      const records = jobs.map(projectJob);
      if (records.every(({ outcome }) => outcome !== undefined)) break;
      if (records.every((record) => record.outcome !== undefined || isWaiting(record))) {
        await approveAll(cluster, namespace);
      } else await endPods(cluster, namespace);
    }
    await observer.untilCaughtUp();
    for (const problem of startedWrongly(observer)) complain(problem);
    return complaints;
  } finally {
    await observer.stop();
  }
}

async function applyOnce(
  cluster: Cluster,
  namespace: string,
  file: ManifestFile,
  way: Way,
): Promise<{ code: number; stderr: string }> {
  return cluster.kubectl([...WAYS[way], '-n', namespace, '-f', '-'], {
    input: file.text,
    allowFailure: true,
  });
}

/** Applies the file in every way, the first time whole, then with the flow's parameters changed. */
async function applyAgain(
  cluster: Cluster,
  namespace: string,
  file: ManifestFile,
  ways: readonly Way[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const [index, way] of ways.entries()) {
    if (index === 1) await changeFlows(cluster, namespace, file);
    const part = way === 'replace' ? file.onlyAnnotatedJobs() : index === 0 ? file : file.onlyJobs();
    if (part.text === '') continue;
    const before = await stillLife(cluster, namespace);
    const { code, stderr } = await applyOnce(cluster, namespace, part, way);
    const warnings = stderr.split('\n').filter((line) => line !== '' && !line.includes(KUBECTL_WARNING));
    if (code !== 0 || warnings.length > 0) problems.push(`${way} says: ${warnings.join(' | ')}`);
    const after = await stillLife(cluster, namespace);
    problems.push(...changesIn(before, after).map((change) => `${way} changes ${change}`));
  }
  return problems;
}

async function changeFlows(cluster: Cluster, namespace: string, file: ManifestFile): Promise<void> {
  for (const name of file.namesOf('JobFlow')) {
    const path = `/apis/${API_GROUP}/${API_VERSION}/namespaces/${namespace}/jobflows/${name}`;
    const env = readPath(await cluster.api.demand('GET', path), 'spec', 'globalParams', 'env', 0, 'name');
    await cluster.api.demand('PATCH', path, {
      spec: {
        globalParams: { env: [{ name: env, value: 'changed' }], labels: { team: 'changed', added: 'later' } },
      },
    });
  }
}

/** Every Job has its pods once, and a gated one only after its release. */
function startedWrongly(observer: NamespaceObserver): string[] {
  return observer.jobs().flatMap(({ metadata, spec }) => {
    const name = metadata.name ?? '';
    const problems: string[] = [];
    const most = typeof spec?.completions === 'number' ? spec.completions : 1;
    if (observer.pods(name).length > most) problems.push(`${name} had a pod restarted`);
    const open = observer.versions(name).find(({ job }) => job.spec?.suspend !== true);
    const record = open && projectJob(open.job);
    if (record?.terms?.gated === true && !record.terms.released) problems.push(`${name} was started early`);
    if (open !== undefined && observer.startedAt(name) < open.revision)
      problems.push(`${name} had a pod before its release`);
    return problems;
  });
}
