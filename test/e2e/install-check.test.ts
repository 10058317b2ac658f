import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseAllDocuments } from 'yaml';
import { renderChart } from '../../scripts/generate-manifests/render-chart.ts';
import { ROOT } from '../../scripts/run-tool.ts';
import { readPath, type Cluster, type Jobflow } from '../support/cluster.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';

describe('the program that helm test runs', () => {
  let cluster: Cluster;
  let jobflow: Jobflow;
  let kubeconfig: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    jobflow = await sharedJobflow();
    cluster = await sharedCluster();
    const template = ['-s', 'templates/tests/check-install.yaml'];
    const rendered = await renderChart({ release: 'jobflow', namespace: 'jobflow-system', args: template });
    const access = parseAllDocuments(rendered)
      .flatMap((document): object[] => {
        const object: unknown = document.toJS();
        return typeof object === 'object' && object !== null ? [object] : [];
      })
      .filter((object) => readPath(object, 'kind') !== 'Pod');
    await cluster.apply(access);
    kubeconfig = await cluster.serviceAccountKubeconfig('jobflow-system', 'jobflow-test');
  });

  const check = async (urls: {
    webhook?: string | undefined;
    controller?: string | undefined;
    timeout?: string;
  }): Promise<{ code: number; lines: readonly string[] }> => {
    const child = spawn(
      process.execPath,
      [
        join(ROOT, 'src/cli/check-install.ts'),
        `--webhook-health-url=${urls.webhook ?? jobflow.webhooks[0]?.healthUrl ?? ''}`,
        `--controller-health-url=${urls.controller ?? jobflow.controllers[0]?.healthUrl ?? ''}`,
        `--timeout=${urls.timeout ?? '20s'}`,
      ],
      { env: { PATH: process.env.PATH, KUBECONFIG: kubeconfig }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = new Promise<number>((resolve) => {
      child.once('close', (code) => {
        resolve(code ?? 1);
      });
    });
    const [output, code] = await Promise.all([text(child.stdout), ended]);
    return { code, lines: output.trim().split('\n') };
  };

  it('says that an installed jobflow works, with the rights that the chart gives it', async () => {
    expect(await check({})).to.deep.equal({
      code: 0,
      lines: [
        'ok: the webhook is ready',
        'ok: the controller is ready',
        'ok: a Job that depends on another is made to wait',
        'ok: a Job that claims to be released is refused',
        'ok: a JobFlow with a cycle is refused',
      ],
    });
  });

  it('leaves nothing behind', async () => {
    await check({});
    const { stdout } = await cluster.kubectl(['get', 'jobs,jobflows', '-n', 'default', '-o', 'name']);
    expect(stdout).not.to.include('jobflow-install-check');
  });

  it('says what is wrong when a program does not answer', async () => {
    const { code, lines } = await check({ controller: 'http://127.0.0.1:1', timeout: '0s' });
    expect(code).to.equal(1);
    expect(lines[1]).to.include('FAILED: the controller is ready: http://127.0.0.1:1/readyz does not answer');
    expect(lines.filter((line) => line.startsWith('ok: '))).to.have.length(4);
  });
});
