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
type Order = { readonly first: Way; readonly again: readonly Way[] };

const ORDERS: readonly Order[] = [
  { first: 'client-side', again: ['client-side', 'server-side', 'replace', 'client-side'] },
  { first: 'server-side', again: ['server-side', 'client-side', 'server-side', 'replace'] },
];

const OTHER_MANAGER: Order = { first: 'by another manager', again: ['by another manager', 'replace'] };

const EVERY_SHAPE = everyShape();

/** All examples but the one that is refused. */
const FILES = [...(await exampleFiles()).filter(({ name }) => name !== 'cycle.yaml'), EVERY_SHAPE];

/** kubectl says so of any object that it has not created by client-side apply. */
const KUBECTL_WARNING = 'missing the kubectl.kubernetes.io/last-applied-configuration annotation';

describe('a file that is applied again, at every stage of its Jobs', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
  });

  for (const file of FILES) {
    it(`changes nothing: ${file.name}`, async function () {
      this.timeout(240_000);
      const endless = file.withEndlessPods();
      // Another manager only has another name, so one file tells.
      const orders = file.name === EVERY_SHAPE.name ? [...ORDERS, OTHER_MANAGER] : ORDERS;
      const lives = orders.flatMap((order) => [
        liveThrough(cluster, endless, order, ''),
        liveThrough(cluster, endless.statingSuspend(), order, ', stating suspend'),
      ]);
      expect((await Promise.all(lives)).flat().join('\n\n')).to.equal('');
    });
  }
});

/** Applies a file and goes through its Jobs' lives; returns all that was not as it should be. */
async function liveThrough(
  cluster: Cluster,
  file: ManifestFile,
  { first, again }: Order,
  variant: string,
): Promise<string[]> {
  const namespace = await freshNamespace(cluster, 'reapply');
  const observer = await observeNamespace(cluster, namespace);
  const complaints: string[] = [];
  const complain = (what: string): void => {
    complaints.push(`${file.name}${variant}, first ${first}: ${what}`);
  };
  try {
    const created = await applyOnce(cluster, namespace, file, first);
    if (created.code !== 0) complain(`is refused: ${created.stderr}`);
    for (let stage = 1; ; stage += 1) {
      const jobs = await untilStill(cluster, namespace);
      for (const [index, way] of again.entries()) {
        const whole = stage === 1 && index === 0;
        const problems = await applyAgain(cluster, namespace, whole ? file : file.onlyJobs(), way);
        for (const problem of problems) complain(`at stage ${stage} ${way} ${problem}`);
        if (whole) await changeWhatJobsName(cluster, namespace, file);
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

/** Applies a file to a namespace where nothing else happens; returns what was said and what has changed. */
async function applyAgain(
  cluster: Cluster,
  namespace: string,
  file: ManifestFile,
  way: Way,
): Promise<string[]> {
  const part = way === 'replace' ? file.onlyAnnotatedJobs() : file;
  if (part.text === '') return [];
  const before = await stillLife(cluster, namespace);
  const { code, stderr } = await applyOnce(cluster, namespace, part, way);
  const said = stderr.split('\n').filter((line) => line !== '' && !line.includes(KUBECTL_WARNING));
  const after = await stillLife(cluster, namespace);
  return [
    ...(code !== 0 || said.length > 0 ? [`says: ${said.join(' | ')}`] : []),
    ...changesIn(before, after).map((change) => `changes ${change}`),
  ];
}

/** What Jobs were created with stays theirs, whatever becomes of the flow and the template that they name. */
async function changeWhatJobsName(cluster: Cluster, namespace: string, file: ManifestFile): Promise<void> {
  const group = `/apis/${API_GROUP}/${API_VERSION}/namespaces/${namespace}`;
  for (const name of file.namesOf('JobFlow')) {
    const path = `${group}/jobflows/${name}`;
    const env = readPath(await cluster.api.demand('GET', path), 'spec', 'globalParams', 'env', 0, 'name');
    const globalParams = {
      env: [{ name: env, value: 'changed' }],
      labels: { team: 'changed', added: 'later' },
    };
    await cluster.api.demand('PATCH', path, { spec: { globalParams } });
  }
  for (const name of file.namesOf('JobTemplate')) {
    await cluster.api.demand('PATCH', `${group}/jobtemplates/${name}`, {
      spec: { jobTemplate: { backoffLimit: 5, template: { metadata: { labels: { added: 'later' } } } } },
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
