import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { JOBS_PATH, RESOURCES_PATH } from '../../../webhook/app.ts';
import { certificateCrds } from '../../support/foreign-crds/foreign-crds.ts';
import { readPath, startCluster } from '../../support/cluster.ts';
import type { Cluster } from '../../support/cluster.ts';
import { STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';

const MANIFESTS = fileURLToPath(new URL('../../../manifests', import.meta.url));
const VERSIONS = 'custom-columns=KIND:.kind,NAME:.metadata.name,VERSION:.metadata.resourceVersion';
const LIMIT_MS = 60_000;

describe('the manifests', function () {
  this.timeout(LIMIT_MS);
  let cluster: Cluster;
  let objects: unknown[];

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    const crds = await certificateCrds();
    cluster = await startCluster({ nodes: 1 });
    // Too large for the annotation of client-side apply.
    await cluster.kubectl(['apply', '--server-side', '-f', crds]);
    await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
    const { stdout } = await cluster.kubectl(['kustomize', MANIFESTS]);
    objects = parseAllDocuments(stdout).map((document) => {
      const object: unknown = document.toJS();
      return object;
    });
  });

  after(async () => {
    await cluster.stop();
  });

  const named = (kind: string, name: string): unknown => {
    const found = objects.find(
      (one: unknown) => readPath(one, 'kind') === kind && readPath(one, 'metadata', 'name') === name,
    );
    expect(found, `${kind} ${name}`).to.be.an('object');
    return found;
  };
  const template = (name: string): unknown => readPath(named('Deployment', name), 'spec', 'template');

  it('apply with one command on a cluster that has cert-manager, without a warning', async () => {
    const { stderr } = await cluster.kubectl(['apply', '-k', MANIFESTS, '--validate=strict']);
    expect(stderr).to.equal('');
  });

  it('apply again without a change', async () => {
    const versions = async () => {
      const { stdout } = await cluster.kubectl(['get', '-k', MANIFESTS, '-o', VERSIONS]);
      return stdout;
    };
    const before = await versions();
    await cluster.kubectl(['apply', '-k', MANIFESTS]);
    expect(await versions()).to.equal(before);
  });

  for (const name of ['jobflow-webhook', 'jobflow-controller']) {
    it(`run ${name} in pods that restricted Pod Security admits`, async () => {
      const metadata = { ...(readPath(template(name), 'metadata') as object), name };
      const answer = await cluster.api.request('POST', '/api/v1/namespaces/jobflow-system/pods?dryRun=All', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata,
        spec: readPath(template(name), 'spec'),
      });
      expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
    });
  }

  it('refuse a pod in the namespace of jobflow that could do more', async () => {
    const answer = await cluster.api.request('POST', '/api/v1/namespaces/jobflow-system/pods?dryRun=All', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'careless' },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    });
    expect(answer.status).to.equal(403);
    expect(readPath(answer.body, 'message')).to.include('violates PodSecurity "restricted:latest"');
  });

  it('lead the API server through the Service to the port that the webhook listens on', () => {
    const configuration = named('MutatingWebhookConfiguration', 'jobflow');
    for (const [index, path] of [JOBS_PATH, RESOURCES_PATH, RESOURCES_PATH].entries()) {
      expect(readPath(configuration, 'webhooks', index, 'clientConfig', 'service')).to.deep.equal({
        namespace: 'jobflow-system',
        name: 'jobflow-webhook',
        path,
        port: 443,
      });
    }
    expect(readPath(configuration, 'webhooks')).to.have.length(3);
    const target = named('Service', 'jobflow-webhook');
    expect(readPath(target, 'spec', 'ports', 0, 'port')).to.equal(443);
    expect(readPath(template('jobflow-webhook'), 'metadata', 'labels')).to.include(
      readPath(target, 'spec', 'selector'),
    );
    const container = readPath(template('jobflow-webhook'), 'spec', 'containers', 0);
    const ports = readPath(container, 'ports');
    expect(ports).to.deep.include({
      name: readPath(target, 'spec', 'ports', 0, 'targetPort'),
      containerPort: 9443,
      protocol: 'TCP',
    });
    expect(readPath(container, 'env')).to.deep.include({
      name: 'JOBFLOW_LISTEN_ADDRESS',
      value: '0.0.0.0:9443',
    });
  });

  it('let cert-manager issue what the webhook serves and the API server trusts', () => {
    const certificate = named('Certificate', 'jobflow-webhook');
    expect(readPath(certificate, 'spec', 'dnsNames')).to.include('jobflow-webhook.jobflow-system.svc');
    expect(readPath(template('jobflow-webhook'), 'spec', 'volumes', 1, 'secret', 'secretName')).to.equal(
      readPath(certificate, 'spec', 'secretName'),
    );
    const configuration = named('MutatingWebhookConfiguration', 'jobflow');
    expect(readPath(configuration, 'metadata', 'annotations')).to.deep.equal({
      'cert-manager.io/inject-ca-from': 'jobflow-system/jobflow-webhook',
    });
    for (const [kind, name] of [
      ['Certificate', 'jobflow-webhook'],
      ['Certificate', 'jobflow-authority'],
    ] as const) {
      const issuer = readPath(named(kind, name), 'spec', 'issuerRef', 'name');
      named('Issuer', String(issuer));
    }
  });

  it('use one image for both programs', () => {
    const image = (name: string) => readPath(template(name), 'spec', 'containers', 0, 'image');
    expect(image('jobflow-webhook')).to.be.a('string').and.equal(image('jobflow-controller'));
  });

  it('let the custom resources be asked for by their short names', async () => {
    for (const short of ['jf', 'jt', 'dj']) await cluster.kubectl(['get', short]);
  });
});
