import { expect } from 'chai';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPath, type Cluster } from '../support/cluster.ts';
import {
  freshNamespace,
  sharedCluster,
  sharedJobflow,
  STARTING_LIMIT_MS,
} from '../support/cluster/fixture.ts';
import { runHelm, type HelmResult } from '../support/helm.ts';
import { flow } from './support/flow-manifest.ts';
import { job } from './support/job-manifest.ts';

/** For a run of helm, which looks at the objects again and again until its own limit. */
const LIMIT_MS = 120_000;

/**
 * Helm 4 waits by kstatus, in the form of https://github.com/fluxcd/cli-utils: a Job is current once it has started, and
 * one that waits has not; a custom resource is current once its status tells of its generation and its conditions say
 * neither Reconciling nor Stalled. `--wait-for-jobs` waits for Jobs to end.
 */
describe("a user's chart with Jobs that wait for each other", function () {
  this.timeout(LIMIT_MS);
  let cluster: Cluster;
  let folder: string;
  let namespace: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    cluster = await sharedCluster();
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jobflow-user-chart-'));
    namespace = await freshNamespace(cluster, 'helm');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const install = async (
    objects: readonly object[],
    args: readonly string[],
  ): Promise<HelmResult & { seconds: number }> => {
    await mkdir(join(folder, 'templates'), { recursive: true });
    await writeFile(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: night\nversion: 1.0.0\n');
    const text = objects.map((one) => JSON.stringify(one)).join('\n---\n');
    await writeFile(join(folder, 'templates', 'objects.yaml'), text);
    const from = performance.now();
    const result = await runHelm(cluster, ['install', 'night', folder, '-n', namespace, ...args], {
      allowFailure: true,
    });
    return { ...result, seconds: (performance.now() - from) / 1_000 };
  };
  const conditions = async (resource: string): Promise<string> => {
    const { stdout } = await cluster.kubectl(['get', resource, '-n', namespace, '-o', 'json']);
    const all: unknown = readPath(JSON.parse(stdout), 'status', 'conditions');
    return Array.isArray(all)
      ? all
          .filter((one: unknown) => readPath(one, 'status') === 'True')
          .map((one: unknown) => String(readPath(one, 'type')))
          .join(' ')
      : '';
  };

  it('is installed by --wait once the last Job of the chain has started', async () => {
    const { code, stderr, seconds } = await install(
      [job('a').lasts('5s'), job('b').dependsOn('a').lasts('60s')],
      ['--wait', '--timeout=90s'],
    );
    expect(stderr).not.to.include('Error');
    expect(code).to.equal(0);
    expect(seconds).to.be.above(5).and.below(60);
    expect(await conditions('job/a')).to.include('Complete');
    expect(await conditions('job/b')).to.equal('');
  });

  it('is never installed by --wait while one of its Jobs is held', async () => {
    const { code, stderr } = await install([job('a').annotated('hold', 'true')], ['--wait', '--timeout=5s']);
    expect(code).to.equal(1);
    expect(stderr).to.include(`resource Job/${namespace}/a not ready`);
    expect(await conditions('job/a')).to.equal('Suspended');
  });

  it('is installed by --wait --wait-for-jobs once the whole chain has ended', async () => {
    const { code, stderr } = await install(
      [job('a').lasts('3s'), job('b').dependsOn('a').lasts('2s'), job('c').dependsOn('b')],
      ['--wait', '--wait-for-jobs', '--timeout=90s'],
    );
    expect(stderr).not.to.include('Error');
    expect(code).to.equal(0);
    for (const name of ['a', 'b', 'c']) expect(await conditions(`job/${name}`)).to.include('Complete');
  });

  it('fails by --wait-for-jobs once a Job of the chain has failed, those behind it included', async () => {
    const { code, stderr } = await install(
      [job('a').fails(), job('b').dependsOn('a')],
      ['--wait', '--wait-for-jobs', '--timeout=60s'],
    );
    expect(code).to.equal(1);
    expect(stderr).to.include('Error');
    expect(await conditions('job/b')).to.include('Failed');
  });

  it('waits by --wait for a JobFlow until the flow has ended', async () => {
    const { code, stderr } = await install(
      [flow('etl').runs(job('extract').lasts('3s')).runs(job('load'), 'extract')],
      ['--wait', '--timeout=90s'],
    );
    expect(stderr).not.to.include('Error');
    expect(code).to.equal(0);
    expect(await conditions('jobflow/etl')).to.include('Complete');
  });

  it('fails by --wait at once for a JobFlow that has failed', async () => {
    const { code, seconds } = await install(
      [flow('etl').runs(job('extract').fails()).runs(job('load'), 'extract')],
      ['--wait', '--timeout=60s'],
    );
    expect(code).to.equal(1);
    expect(await conditions('jobflow/etl')).to.include('Failed');
    expect(seconds).to.be.below(50);
  });
});
