import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { renderChart } from '../../../scripts/generate-manifests/render-chart.ts';
import { CONTROLLER_SETTINGS, WEBHOOK_SETTINGS } from '../../../src/runtime/config.ts';
import { readSettingsFile } from '../../../src/runtime/settings-file.ts';
import { certificateCrds, monitoringCrds } from '../../support/foreign-crds/foreign-crds.ts';
import { ensurePrograms, readPath, startCluster } from '../../support/cluster.ts';
import type { Cluster } from '../../support/cluster.ts';
import { STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { CHART_FOLDER } from '../../support/helm.ts';
import { CHART_MODES, chartObjects, findObject } from './support/chart-modes.ts';
import type { ChartMode } from './support/chart-modes.ts';

const MODES = Object.keys(CHART_MODES) as ChartMode[];
const BUILDING_LIMIT_MS = 600_000;
const LIMIT_MS = 120_000;

/** Values that nobody can mean, and where and what helm says. */
const REFUSED: readonly { args: readonly string[]; says: readonly string[] }[] = [
  { args: ['replicas=3'], says: ["additional properties 'replicas' not allowed"] },
  { args: ['webhook.replica=3'], says: ["at '/webhook'", "additional properties 'replica' not allowed"] },
  { args: ['webhook.replicas=two'], says: ["at '/webhook/replicas'", 'got string, want integer'] },
  { args: ['controller.replicas=0'], says: ["at '/controller/replicas'", 'minimum'] },
  { args: ['webhook.failurePolicy=Sometimes'], says: ["at '/webhook/failurePolicy'", "'Fail', 'Ignore'"] },
  { args: ['webhook.timeoutSeconds=31'], says: ["at '/webhook/timeoutSeconds'", 'maximum'] },
  { args: ['certificates.mode=magic'], says: ["at '/certificates/mode'", "'self-signed', 'cert-manager'"] },
  {
    args: ['certificates.mode=provided'],
    says: ["at '/certificates/provided/secretName'", "at '/certificates/provided/caBundle'"],
  },
  { args: ['namespaces={Team_A}'], says: ["at '/namespaces/0'", 'does not match pattern'] },
  { args: ['logLevel=loud'], says: ["at '/logLevel'"] },
  { args: ['image.digest=latest'], says: ["at '/image/digest'"] },
  { args: ['uninstall.jobs=maybe'], says: ["at '/uninstall/jobs'", "'keep', 'delete'"] },
  { args: ["policy.starters[0]=a'b"], says: ["at '/policy/starters/0'"] },
  { args: ['networkPolicy.apiServerPorts={https}'], says: ["at '/networkPolicy/apiServerPorts/0'"] },
  { args: ['webhook.resources.limits.memory=lots'], says: ["at '/webhook/resources/limits/memory'"] },
  { args: ['webhook.settings.namespaces=a'], says: ["invalid propertyName 'namespaces'"] },
  { args: ['controller=null'], says: ['controller'] },
];

describe('the chart', function () {
  this.timeout(LIMIT_MS);

  before('build helm', async function () {
    this.timeout(BUILDING_LIMIT_MS);
    await ensurePrograms();
  });

  for (const mode of MODES) {
    it(`${mode}: passes helm lint --strict`, async () => {
      const helm = join(await ensurePrograms(), 'helm');
      const run = promisify(execFile)(helm, ['lint', '--strict', CHART_FOLDER, ...CHART_MODES[mode]]);
      expect((await run).stdout).to.include('0 chart(s) failed');
    });
  }

  for (const { args, says } of REFUSED) {
    it(`refuses ${args.join(', ')} by its path`, async () => {
      const error: unknown = await renderChart({
        release: 'jobflow',
        namespace: 'jobflow-system',
        args: args.flatMap((one) => ['--set', one]),
      }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.be.an('error');
      for (const part of says) expect((error as Error).message).to.include(part);
    });
  }

  it('names its own namespace and accounts everywhere, whatever the release is called', async () => {
    for (const mode of MODES) {
      const options = { release: 'night', namespace: '123' };
      const text = await renderChart({ ...options, args: CHART_MODES[mode] });
      expect(text).not.to.match(/jobflow-system|[^-"\\]jobflow-(webhook|controller)/);
      expect(text).to.include('system:serviceaccount:123:night-jobflow-controller');
      for (const object of await chartObjects(mode, options)) {
        const namespace = readPath(object, 'metadata', 'namespace');
        if (namespace !== undefined) expect(namespace).to.be.a('string');
        expect(readPath(object, 'metadata', 'name')).to.match(
          /^night-jobflow|^job(templates|flows)\.|^daemonjobs\./,
        );
      }
    }
  });

  it('states a caBundle only where the certificate is provided', async () => {
    for (const mode of MODES) {
      const configuration = findObject(await chartObjects(mode), 'MutatingWebhookConfiguration', 'jobflow');
      const bundles = [0, 1, 2].map((index) =>
        readPath(configuration, 'webhooks', index, 'clientConfig', 'caBundle'),
      );
      const expected = mode.includes('provided') ? 'Zm9v' : undefined;
      expect(bundles, mode).to.deep.equal([expected, expected, expected]);
    }
  });

  it('takes an authority in PEM too', async () => {
    const text = await renderChart({
      release: 'jobflow',
      namespace: 'jobflow-system',
      args: [
        ...CHART_MODES.provided,
        '--set-string',
        'certificates.provided.caBundle=-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----',
      ],
    });
    const [, bundle = ''] = /caBundle: (\S+)/.exec(text) ?? [];
    expect(Buffer.from(bundle, 'base64').toString()).to.match(/^-----BEGIN CERTIFICATE-----\nZm9v\n/);
  });

  it('gives both programs settings that they know', async () => {
    for (const mode of MODES) {
      const objects = await chartObjects(mode);
      for (const [component, table] of [
        ['webhook', WEBHOOK_SETTINGS],
        ['controller', CONTROLLER_SETTINGS],
      ] as const) {
        const file = readPath(
          findObject(objects, 'ConfigMap', `jobflow-${component}`),
          'data',
          'settings.yaml',
        );
        const { values, problems } = readSettingsFile('settings.yaml', String(file), table);
        expect(problems, mode).to.deep.equal([]);
        expect(values.get('log-level'), mode).to.equal('info');
      }
    }
  });

  it('has a value in its schema for every one that it documents, and the other way round', async () => {
    const read = (file: string) => readFile(join(CHART_FOLDER, file), 'utf8');
    const values: unknown = parse(await read('values.yaml'));
    const schema: unknown = JSON.parse(await read('values.schema.json'));
    expect(schemaPaths(schema, schema).sort()).to.deep.equal(valuePaths(values, schema, schema).sort());
  });
});

describe('what the chart renders', function () {
  this.timeout(LIMIT_MS);
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster({ nodes: 1 });
    const foreign = [await certificateCrds(), ...(await monitoringCrds())];
    await cluster.kubectl(['apply', '--server-side', ...foreign.flatMap((path) => ['-f', path])]);
    const { stdout } = await cluster.kubectl(['kustomize', join(CHART_FOLDER, '../../manifests/crds')]);
    await cluster.apply(stdout, { serverSide: true });
    await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
    const restricted = {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    };
    await cluster.apply(
      ['jobflow-system', 'team-a', 'team-b'].map((name) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: restricted },
      })),
    );
    // A pod, even in a dry run, needs its account.
    await cluster.kubectl(['create', 'serviceaccount', 'jobflow-test', '-n', 'jobflow-system']);
  });

  after(async () => {
    await cluster.stop();
  });

  for (const mode of MODES) {
    it(`${mode}: is accepted by the API server without a warning, under restricted Pod Security`, async () => {
      const objects = await chartObjects(mode);
      const { stdout, stderr } = await cluster.kubectl(
        ['apply', '--server-side', '--dry-run=server', '--validate=strict', '--force-conflicts', '-f', '-'],
        { input: objects.map((one) => JSON.stringify(one)).join('\n---\n') },
      );
      expect(stderr).to.equal('');
      expect(stdout.trim().split('\n')).to.have.length(objects.length);
    });

    it(`${mode}: makes pods that restricted Pod Security admits`, async () => {
      const templates = (await chartObjects(mode)).flatMap((object): unknown[] =>
        ['Deployment', 'Job'].includes(String(readPath(object, 'kind')))
          ? [readPath(object, 'spec', 'template')]
          : [],
      );
      expect(templates.length).to.be.at.least(2);
      for (const [index, template] of templates.entries()) {
        const answer = await cluster.api.request(
          'POST',
          '/api/v1/namespaces/jobflow-system/pods?dryRun=All',
          {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { ...(readPath(template, 'metadata') as object), name: `pod-${index}` },
            // The accounts are in the rendering only.
            spec: {
              ...(readPath(template, 'spec') as object),
              serviceAccountName: 'default',
              priorityClassName: '',
            },
          },
        );
        expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
      }
    });
  }
});

/** The names of all values that the schema allows; what is below a free form is no name. */
function schemaPaths(schema: unknown, root: unknown, path = ''): string[] {
  const here = resolve(schema, root);
  const properties = readPath(here, 'properties');
  if (typeof properties !== 'object' || properties === null || isFree(path)) return [path];
  return Object.entries(properties)
    .filter(([name]) => `${path}.${name}` !== '.global')
    .flatMap(([name, property]) => schemaPaths(property, root, `${path}.${name}`));
}

function valuePaths(values: unknown, schema: unknown, root: unknown, path = ''): string[] {
  const here = resolve(schema, root);
  const properties = readPath(here, 'properties');
  if (typeof properties !== 'object' || properties === null || isFree(path)) return [path];
  return Object.entries(values as object).flatMap(([name, value]) =>
    valuePaths(value, readPath(properties, name), root, `${path}.${name}`),
  );
}

/** What Kubernetes knows, not the chart: documented as one value. */
function isFree(path: string): boolean {
  return /\.(resources|affinity|issuerRef)$/.test(path);
}

function resolve(schema: unknown, root: unknown): unknown {
  const to = readPath(schema, '$ref');
  return typeof to === 'string' ? readPath(root, 'definitions', to.slice(to.lastIndexOf('/') + 1)) : schema;
}
