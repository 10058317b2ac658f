import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { Json } from '../../src/api/job.ts';
import { readPath, waitUntil, type Cluster } from '../support/cluster.ts';
import {
  freshNamespace,
  sharedCluster,
  sharedJobflow,
  STARTING_LIMIT_MS,
} from '../support/cluster/fixture.ts';
import { runHealth, type Health } from '../support/lua/run-health.ts';
import { flow } from './support/flow-manifest.ts';
import { job } from './support/job-manifest.ts';

const CONFIG_MAP = new URL('../../docs/argo-cd/argocd-cm.yaml', import.meta.url);
const CHECKS: Readonly<Record<string, string>> = {
  job: 'batch_Job',
  jobflow: 'api.practice.com_JobFlow',
  daemonjob: 'api.practice.com_DaemonJob',
  jobtemplate: 'api.practice.com_JobTemplate',
};

describe('the health checks for Argo CD', () => {
  let cluster: Cluster;
  let scripts: unknown;
  let namespace: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    cluster = await sharedCluster();
    scripts = readPath(parse(await readFile(CONFIG_MAP, 'utf8')), 'data');
  });

  beforeEach(async () => {
    namespace = await freshNamespace(cluster, 'argo');
  });

  const health = async (kind: string, name: string): Promise<Health> => {
    const script = readPath(scripts, `resource.customizations.health.${CHECKS[kind] ?? kind}`);
    const { stdout } = await cluster.kubectl(['get', kind, name, '-n', namespace, '-o', 'json']);
    return runHealth(String(script), JSON.parse(stdout) as Json);
  };
  const becomes = async (kind: string, name: string, status: string): Promise<Health> => {
    let last: Health | undefined;
    await waitUntil(
      `${kind} ${name} to be ${status}`,
      async () => {
        last = await health(kind, name);
        return last.status === status;
      },
      { limitMs: 60_000, intervalMs: 500, explain: () => JSON.stringify(last) },
    );
    return last ?? { status, message: '' };
  };

  it('see a Job that waits as progressing, also while it runs, and as healthy at its end', async () => {
    await cluster.apply([job('a').lasts('4s'), job('b').dependsOn('a').lasts('4s')], { namespace });
    expect(await health('job', 'b')).to.deep.equal({ status: 'Progressing', message: 'waits for a' });
    await waitUntil('b to run', async () => (await health('job', 'b')).message === 'runs', {
      limitMs: 60_000,
      intervalMs: 500,
    });
    expect(await health('job', 'b')).to.deep.equal({ status: 'Progressing', message: 'runs' });
    await becomes('job', 'b', 'Healthy');
  });

  it('see a Job that waits for a person as suspended', async () => {
    await cluster.apply(job('a').annotated('hold', 'true'), { namespace });
    const { status, message } = await health('job', 'a');
    expect(status).to.equal('Suspended');
    expect(message).to.include('api.practice.com/approved');
  });

  it('see a failed Job and what depends on it as degraded, and the branch not taken as healthy', async () => {
    await cluster.apply(
      [job('a').fails(), job('b').dependsOn('a'), job('c').dependsOn('d=Failed'), job('d')],
      { namespace },
    );
    expect((await becomes('job', 'b', 'Degraded')).message).to.include('DependencyFailed');
    await becomes('job', 'c', 'Healthy');
  });

  it('see a JobFlow from its start to its end', async () => {
    await cluster.apply(
      [
        flow('good').runs(job('a').lasts('3s')).runs(job('b'), 'a'),
        flow('bad').runs(job('a').fails()),
        flow('paused').spec({ suspend: true }).runs(job('a')),
        { ...header('JobFlow', 'shared'), spec: { globalParams: { env: [{ name: 'A', value: 'b' }] } } },
      ],
      { namespace },
    );
    await becomes('jobflow', 'good', 'Progressing');
    await becomes('jobflow', 'paused', 'Suspended');
    await becomes('jobflow', 'shared', 'Healthy');
    await becomes('jobflow', 'bad', 'Degraded');
    await becomes('jobflow', 'good', 'Healthy');
  });

  it('see a DaemonJob and a JobTemplate', async () => {
    const { template } = job('a').asJobTemplate().spec;
    await cluster.apply(
      [
        { ...header('DaemonJob', 'tidy'), spec: { template } },
        { ...header('JobTemplate', 'base'), spec: { jobTemplate: { template } } },
      ],
      { namespace },
    );
    await becomes('daemonjob', 'tidy', 'Healthy');
    await becomes('jobtemplate', 'base', 'Healthy');
  });
});

function header(kind: string, name: string): object {
  return { apiVersion: 'api.practice.com/v1alpha1', kind, metadata: { name } };
}
