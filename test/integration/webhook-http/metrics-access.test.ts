import { expect } from 'chai';
import type { Cluster } from '../../support/cluster/cluster.ts';
import {
  freshNamespace,
  sharedCluster,
  sharedJobflow,
  STARTING_LIMIT_MS,
} from '../../support/cluster/fixture.ts';
import { waitUntil } from '../../support/cluster/wait-until.ts';

describe('the metrics of the installed programs', function () {
  this.timeout(STARTING_LIMIT_MS);
  let cluster: Cluster;
  let namespace: string;
  let urls: string[];

  before(async () => {
    cluster = await sharedCluster();
    const jobflow = await sharedJobflow();
    urls = [...jobflow.webhooks, ...jobflow.controllers].map(({ healthUrl }) => `${healthUrl}/metrics`);
    namespace = await freshNamespace(cluster, 'metrics');
  });

  const tokenOf = async (account: string): Promise<string> => {
    const { stdout } = await cluster.kubectl(['create', 'token', account, '-n', namespace]);
    return stdout.trim();
  };
  const statusesWith = (headers: Record<string, string>): Promise<number[]> =>
    Promise.all(urls.map(async (url) => (await fetch(url, { headers })).status));

  it('are shown to nobody without a valid token', async () => {
    expect(urls).to.have.length(2);
    expect(await statusesWith({})).to.deep.equal([401, 401]);
    expect(await statusesWith({ authorization: 'Bearer not.a.token' })).to.deep.equal([401, 401]);
    expect(await statusesWith({ authorization: 'Basic YTpi' })).to.deep.equal([401, 401]);
  });

  it('are shown to an account from the moment that it may get /metrics', async () => {
    const authorization = `Bearer ${await tokenOf('default')}`;
    expect(await statusesWith({ authorization })).to.deep.equal([403, 403]);
    const role = ['--clusterrole=jobflow-metrics-reader', `--serviceaccount=${namespace}:default`];
    await cluster.kubectl(['create', 'clusterrolebinding', namespace, ...role]);
    await waitUntil('the right to take effect', async () =>
      (await statusesWith({ authorization })).every((status) => status === 200),
    );
    const [webhook = '', controller = ''] = await Promise.all(
      urls.map(async (url) => (await fetch(url, { headers: { authorization } })).text()),
    );
    expect(webhook).to.contain('# TYPE jobflow_webhook_request_duration_seconds histogram');
    const expiry = /^jobflow_webhook_certificate_expiry_timestamp_seconds\{[^}]*\} (?<at>\S+)$/m.exec(
      webhook,
    );
    expect(Number(expiry?.groups?.at)).to.be.greaterThan(Date.now() / 1_000);
    expect(controller).to.contain('process_resident_memory_bytes');
  });
});
