import { expect } from 'chai';
import {
  installJobflow,
  readPath,
  startCluster,
  waitUntil,
  type Cluster,
  type Jobflow,
} from '../../support/cluster.ts';
import { createCertificateAuthority } from '../../support/cluster/certificates.ts';
import { STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { AdmissionLoad } from '../../support/admission-load.ts';
import {
  CONFIGURATION_PATH,
  isTrusted,
  readBundles,
  readSecret,
  SECRET_PATH,
  untilSettled,
} from './stored-objects.ts';

/** Short enough for a rotation within seconds. */
const QUICK = { JOBFLOW_AUTHORITY_SETTLE: '1s', JOBFLOW_AUTHORITY_OVERLAP: '4s' };
const REPLICAS = 3;

describe('self-signed certificates', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let jobflow: Jobflow;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster({ nodes: 1, auditLog: true });
    // The shipped configuration has the failurePolicy Fail and no caBundle, and nobody is there to write one.
    jobflow = await installJobflow(cluster, {
      webhooks: REPLICAS,
      certificates: 'self-signed',
      webhookEnv: QUICK,
    });
  });

  after(async () => {
    await cluster.stop();
  });

  it('are agreed upon by replicas that start at once, with failurePolicy Fail and nobody to help', async () => {
    const secret = await untilSettled(cluster, jobflow);
    expect(secret.authorities).to.have.length(1);
    expect(await readBundles(cluster.api)).to.deep.equal(Array.from({ length: 3 }, () => secret.authorities));
    expect(Object.keys(secret.data).sort()).to.deep.equal(['ca.crt', 'ca.key', 'tls.crt', 'tls.key']);
  });

  it('need the rights to one Secret and one configuration, and to no other', async () => {
    const may = async (attributes: Record<string, string>): Promise<boolean> => {
      const answer = await cluster.api.demand('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: 'system:serviceaccount:jobflow-system:jobflow-webhook',
          groups: ['system:serviceaccounts', 'system:authenticated'],
          resourceAttributes: attributes,
        },
      });
      return readPath(answer, 'status', 'allowed') === true;
    };
    const secret = { resource: 'secrets', namespace: 'jobflow-system', name: 'jobflow-webhook-tls' };
    const configuration = {
      group: 'admissionregistration.k8s.io',
      resource: 'mutatingwebhookconfigurations',
      name: 'jobflow',
    };
    for (const verb of ['get', 'list', 'watch', 'patch']) {
      expect(await may({ ...secret, verb }), `${verb} its Secret`).to.equal(true);
      expect(await may({ ...configuration, verb }), `${verb} its configuration`).to.equal(true);
      expect(await may({ ...secret, name: 'another', verb }), `${verb} another Secret`).to.equal(false);
      expect(await may({ ...secret, name: '', verb }), `${verb} all Secrets`).to.equal(false);
      expect(await may({ ...secret, namespace: 'default', verb }), `${verb} elsewhere`).to.equal(false);
      expect(await may({ ...configuration, name: 'another', verb }), `${verb} another`).to.equal(false);
    }
    expect(await may({ ...secret, verb: 'delete' })).to.equal(false);
    expect(await may({ ...configuration, verb: 'delete' })).to.equal(false);
  });

  it('leave every field of the configuration but the caBundle to its owner', async () => {
    const { metadata } = (await readConfiguration(cluster, '--show-managed-fields')) as {
      metadata: { managedFields: { manager: string; fieldsV1: object }[] };
    };
    const own = metadata.managedFields.find(({ manager }) => manager === 'jobflow-webhook');
    const names = ['deletions', 'jobs', 'resources'].map((one) => `k:{"name":"${one}.api.practice.com"}`);
    expect(own?.fieldsV1).to.deep.equal({
      'f:webhooks': Object.fromEntries(
        names.map((name) => [name, { 'f:clientConfig': { 'f:caBundle': {} } }]),
      ),
    });
  });

  it('survive that the configuration is applied again without a caBundle, in either way', async () => {
    const before = await readBundles(cluster.api);
    const live = (await readConfiguration(cluster)) as {
      metadata: { name: string };
      webhooks: { clientConfig: Record<string, unknown> }[];
    };
    const shipped = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: live.metadata.name },
      webhooks: live.webhooks.map((webhook) => ({
        ...webhook,
        clientConfig: { ...webhook.clientConfig, caBundle: undefined },
      })),
    };
    await cluster.apply(shipped);
    expect(await readBundles(cluster.api)).to.deep.equal(before);
    await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
      input: JSON.stringify(shipped),
    });
    expect(await readBundles(cluster.api)).to.deep.equal(before);
  });

  it('are written again into a caBundle that was blanked, or overwritten with something else', async () => {
    const secret = await untilSettled(cluster, jobflow);
    for (const value of ['', Buffer.from('no certificate').toString('base64')]) {
      const path = '/webhooks/0/clientConfig/caBundle';
      const { status } = await cluster.api.request(
        'PATCH',
        CONFIGURATION_PATH,
        [{ op: 'replace', path, value }],
        'application/json-patch+json',
      );
      // An API server may refuse what is no certificate.
      if (status !== 200) continue;
      await waitUntil('the caBundle', () => isTrusted(cluster.api, secret.authorities[0]));
    }
    await expectAdmission(cluster);
  });

  it('replace an authority, with the old one trusted until nothing serves by it', async () => {
    const before = await untilSettled(cluster, jobflow);
    await cluster.api.demand('DELETE', SECRET_PATH);
    const between = await waitUntil('the Secret', () => readSecret(cluster.api));
    expect(between.uid).not.to.equal(before.uid);
    // The new authority is there, and what is served is still of the old one.
    expect(between.serving).to.equal(before.serving);
    expect(between.authorities).to.have.length(2);
    expect(between.authorities[1]).to.equal(before.authorities[0]);
    const after = await untilSettled(cluster, jobflow, before.serving);
    expect(after.authorities).to.deep.equal([between.authorities[0]]);
    expect(await isTrusted(cluster.api, before.authorities[0])).to.equal(true);
    await waitUntil('the old authority to be dropped', async () =>
      (await readBundles(cluster.api)).every((bundle) => bundle.length === 1),
    );
    await expectAdmission(cluster);
  });

  const foreign: [what: string, data: () => Promise<Record<string, string>>][] = [
    ['nonsense', () => Promise.resolve({ 'tls.crt': 'a', 'tls.key': 'b', 'ca.crt': 'c', 'ca.key': 'd' })],
    ['nothing', () => Promise.resolve({ 'tls.crt': '', 'tls.key': '', 'ca.crt': '', 'ca.key': '' })],
    [
      'the certificate of another authority',
      async () => {
        const authority = await createCertificateAuthority('somebody else');
        const { cert, key } = await authority.issue({ commonName: 'x', dnsNames: ['localhost'] });
        return { 'tls.crt': cert, 'tls.key': key, 'ca.crt': authority.cert, 'ca.key': '' };
      },
    ],
  ];
  for (const [what, data] of foreign) {
    it(`are mended in a Secret that holds ${what}, without an interruption`, async () => {
      const before = await untilSettled(cluster, jobflow);
      const content = await data();
      await cluster.api.demand('PATCH', SECRET_PATH, { stringData: content });
      const load = await AdmissionLoad.start(cluster, { clients: 4 });
      const after = await untilSettled(cluster, jobflow, before.serving);
      expect(await load.end()).to.deep.equal([]);
      expect(after.serving).not.to.equal(before.serving);
      const logs = await Promise.all(jobflow.webhooks.map((one) => one.logText()));
      expect(logs.join('\n')).to.contain('the Secret cannot be used as it is, mending it');
      expect(jobflow.webhooks.every(({ running }) => running)).to.equal(true);
    });
  }

  it('are not served by a replica that is not ready while the configuration is missing', async () => {
    const [webhook] = jobflow.webhooks;
    const ready = async () => {
      const answer = await fetch(`${webhook?.healthUrl ?? ''}/readyz`);
      return { ok: answer.ok, text: await answer.text() };
    };
    const stored = await readConfiguration(cluster);
    await cluster.kubectl(['delete', 'mutatingwebhookconfiguration', 'jobflow']);
    const problem = await waitUntil('not ready', async () => {
      const seen = await ready();
      return seen.ok ? undefined : seen.text;
    });
    expect(problem).to.contain('certificate: there is no MutatingWebhookConfiguration jobflow');
    const { webhooks, metadata, ...rest } = stored as {
      metadata: { name: string; labels: object };
      webhooks: { clientConfig: object }[];
    };
    await cluster.kubectl(['create', '-f', '-'], {
      input: JSON.stringify({
        ...rest,
        metadata: { name: metadata.name, labels: metadata.labels },
        webhooks: webhooks.map((one) => ({
          ...one,
          clientConfig: { ...one.clientConfig, caBundle: undefined },
        })),
      }),
    });
    await waitUntil('ready', async () => (await ready()).ok);
    await expectAdmission(cluster);
  });
});

/** A Job that has to be changed by the webhook is. */
async function expectAdmission(cluster: Cluster): Promise<void> {
  const load = await AdmissionLoad.start(cluster, { clients: 2 });
  await load.untilMore(4);
  expect(await load.end()).to.deep.equal([]);
}

/** As `kubectl get` shows it. */
async function readConfiguration(cluster: Cluster, ...flags: readonly string[]): Promise<unknown> {
  const { stdout } = await cluster.kubectl([
    ...['get', 'mutatingwebhookconfiguration', 'jobflow', '-o', 'json', ...flags],
  ]);
  return JSON.parse(stdout);
}
