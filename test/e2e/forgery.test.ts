import { expect } from 'chai';
import { KEEP_OUTCOME_FINALIZER, OWN_ANNOTATIONS } from '../../src/api/names.ts';
import type { Cluster, KubectlResult } from '../support/cluster.ts';
import {
  freshNamespace,
  sharedCluster,
  sharedJobflow,
  STARTING_LIMIT_MS,
} from '../support/cluster/fixture.ts';
import { job } from './support/job-manifest.ts';
import { observeNamespace, type NamespaceObserver } from './support/namespace-observer.ts';
import { approveAll, stillLife } from './support/stages-of-life.ts';

const { releasedAt, outcomes, gated } = OWN_ANNOTATIONS;
const FORGED_RELEASE = '2026-01-01T00:00:00Z';
const FORGED_OUTCOMES = '{"up":["0","Complete"]}';

/** A waiting Job and one that was released: what is forged on them must not stick. */
const JOBS = ['waiting', 'released'] as const;

/** Every verb with which a user could write an annotation of jobflow's; `KEY` and `VALUE` are replaced. */
const WAYS: readonly (readonly [what: string, args: readonly string[], input?: object])[] = [
  ['kubectl annotate', ['annotate', '--overwrite', 'job/JOB', 'KEY=VALUE']],
  ['a merge patch', ['patch', 'job/JOB', '--type=merge', '-p', annotations()]],
  ['a strategic merge patch', ['patch', 'job/JOB', '-p', annotations()]],
  [
    'a JSON patch',
    [
      'patch',
      'job/JOB',
      '--type=json',
      '-p',
      '[{"op": "add", "path": "/metadata/annotations/POINTER", "value": "VALUE"}]',
    ],
  ],
  [
    'a merge patch of the status',
    ['patch', 'job/JOB', '--subresource=status', '--type=merge', '-p', annotations()],
  ],
  [
    'a JSON patch of the status',
    [
      'patch',
      'job/JOB',
      '--subresource=status',
      '--type=json',
      '-p',
      '[{"op": "add", "path": "/metadata/annotations/POINTER", "value": "VALUE"}]',
    ],
  ],
  ['server-side apply', ['apply', '--server-side', '--force-conflicts', '-f', '-'], partial()],
  [
    'server-side apply of the status',
    ['apply', '--server-side', '--subresource=status', '--force-conflicts', '-f', '-'],
    partial(),
  ],
];

describe('what only jobflow writes', () => {
  let cluster: Cluster;
  let namespace: string;
  let kubeconfig: string;
  let observer: NamespaceObserver;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
    namespace = await freshNamespace(cluster, 'forgery');
    observer = await observeNamespace(cluster, namespace);
    kubeconfig = await userWithAllRightsOnJobs(cluster, namespace);
    await cluster.apply(
      [
        job('up').lasts('24h'),
        job('waiting').dependsOn('up').spec({ ttlSecondsAfterFinished: 3_600 }),
        job('released').lasts('24h').annotated('hold', 'true').spec({ ttlSecondsAfterFinished: 3_600 }),
      ],
      { namespace, kubeconfig },
    );
    await approveAll(cluster, namespace);
    await observer.until('a pod of the released Job', () => observer.startedAt('released') < Infinity);
  });

  after(() => observer.stop());

  for (const [key, value] of [
    [releasedAt, FORGED_RELEASE],
    [outcomes, FORGED_OUTCOMES],
    [gated, '{"gate":false}'],
  ] as const) {
    it(`is refused in a new Job: ${key}`, async () => {
      for (const way of [['create'], ['apply'], ['apply', '--server-side']]) {
        const answer = await asUser(
          [...way, '-f', '-'],
          job('forged').dependsOn('up').withAnnotation(key, value),
        );
        expect(answer.code).not.to.equal(0);
        expect(answer.stderr).to.include(`metadata.annotations["${key}"]`).and.include('only jobflow writes');
        expect(observer.job('forged')).to.equal(undefined);
      }
    });

    for (const [what, args, input] of WAYS) {
      it(`is refused in an edit by ${what}: ${key}`, async () => {
        for (const name of JOBS) {
          const before = await stillLife(cluster, namespace);
          const fill = (text: string): string =>
            text
              .replaceAll('JOB', name)
              .replaceAll('KEY', key)
              .replaceAll('POINTER', key.replace('/', '~1'))
              .replaceAll('VALUE', args.includes('-p') ? value.replaceAll('"', '\\"') : value);
          const text = input && JSON.stringify(input).replaceAll('JOB', name).replaceAll('KEY', key);
          const answer = await asUser(
            args.map(fill),
            text?.replaceAll('VALUE', value.replaceAll('"', '\\"')),
          );
          expect(answer.code, answer.stdout).not.to.equal(0);
          expect(answer.stderr)
            .to.include(`metadata.annotations["${key}"]`)
            .and.include('only jobflow writes');
          expect(await stillLife(cluster, namespace)).to.deep.equal(before);
        }
      });
    }

    it(`comes back, or is not removed at all: ${key}`, async () => {
      const before = await stillLife(cluster, namespace);
      for (const name of JOBS) {
        const nothing = JSON.stringify({ metadata: { annotations: { [key]: null } } });
        await asUser(['annotate', `job/${name}`, `${key}-`]);
        await asUser(['patch', `job/${name}`, '--type=merge', '-p', nothing]);
        await asUser(['patch', `job/${name}`, '--type=merge', '--subresource=status', '-p', nothing]);
        expect(await stillLife(cluster, namespace)).to.deep.equal(before);
      }
    });
  }

  it('is its finalizer too', async () => {
    const before = await stillLife(cluster, namespace);
    for (const subresource of [[], ['--subresource=status']]) {
      const added = JSON.stringify({ metadata: { finalizers: [KEEP_OUTCOME_FINALIZER] } });
      const answer = await asUser(['patch', 'job/up', '--type=merge', ...subresource, '-p', added]);
      // Without our annotations the write never reaches the webhook: it is the policy that refuses.
      expect(answer.code).not.to.equal(0);
      expect(answer.stderr).to.include(KEEP_OUTCOME_FINALIZER).and.include('only jobflow');
      await asUser([
        'patch',
        'job/waiting',
        '--type=merge',
        ...subresource,
        '-p',
        '{"metadata":{"finalizers":null}}',
      ]);
    }
    expect(await stillLife(cluster, namespace)).to.deep.equal(before);
    await observer.untilCaughtUp();
    expect(observer.job('waiting')?.metadata.finalizers).to.include(KEEP_OUTCOME_FINALIZER);
  });

  it('was never stored', async () => {
    await observer.untilCaughtUp();
    const written = JOBS.flatMap((name) => observer.versions(name)).map(
      ({ job: { metadata } }) => metadata.annotations,
    );
    expect(written.map((one) => one?.[outcomes])).not.to.include(FORGED_OUTCOMES);
    expect(written.map((one) => one?.[releasedAt])).not.to.include(FORGED_RELEASE);
    expect(observer.pods('waiting')).to.deep.equal([]);
  });

  async function asUser(args: readonly string[], input?: object | string): Promise<KubectlResult> {
    return cluster.kubectl([...args, '-n', namespace], {
      kubeconfig,
      allowFailure: true,
      ...(input !== undefined && { input: typeof input === 'string' ? input : JSON.stringify(input) }),
    });
  }
});

/** Someone who may do everything with Jobs in the namespace, and nothing with jobflow. */
async function userWithAllRightsOnJobs(cluster: Cluster, namespace: string): Promise<string> {
  await cluster.kubectl(['create', 'serviceaccount', 'user', '-n', namespace]);
  await cluster.kubectl([
    'create',
    'role',
    'jobs',
    '--verb=*',
    '--resource=jobs.batch,jobs.batch/status',
    '-n',
    namespace,
  ]);
  await cluster.kubectl([
    'create',
    'rolebinding',
    'jobs',
    '--role=jobs',
    `--serviceaccount=${namespace}:user`,
    '-n',
    namespace,
  ]);
  return cluster.serviceAccountKubeconfig(namespace, 'user');
}

function annotations(): string {
  return '{"metadata": {"annotations": {"KEY": "VALUE"}}}';
}

function partial(): object {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'JOB', annotations: { KEY: 'VALUE' } } };
}
