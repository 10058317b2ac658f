import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { renderChart } from '../../../scripts/generate-manifests/render-chart.ts';
import { untilPolicyInForce, untilWebhookInForce } from './admission-probe.ts';
import { readPath } from './api-client.ts';
import type { Cluster } from './cluster.ts';
import { findFreePorts } from './free-ports.ts';
import { JobflowProgram } from './jobflow-program.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SYSTEM_NAMESPACE = 'jobflow-system';
const TIER = 'jobflow';
/** The balancer learns within this time that a webhook is about to stop; a Service in a real cluster needs longer. */
const DRAIN_DELAY = '500ms';

/** How jobflow is installed. */
export type JobflowOptions = {
  /** Controller processes (default 1); one of them leads. */
  controllers?: number;
  /** Webhook processes (default 1); all of them answer. */
  webhooks?: number;
  /** The checkouts whose programs the replicas run, in turn; this one by default. */
  roots?: readonly string[];
  /** The namespaces that it is installed for, with Roles in them and no rights elsewhere; they must exist. All by default. */
  namespaces?: readonly string[];
  /** Replaces the `failurePolicy` of the shipped webhook configuration. */
  webhookFailurePolicy?: 'Fail' | 'Ignore';
  /**
   * Where the webhooks' certificates come from (default `files`): files of the cluster's own authority, or made by
   * the webhooks themselves, with the rights that the chart gives them for that.
   */
  certificates?: 'files' | 'self-signed';
  /** Further settings of the controllers, as environment variables. */
  controllerEnv?: Readonly<Record<string, string>>;
  /** Further settings of the webhooks, as environment variables. */
  webhookEnv?: Readonly<Record<string, string>>;
};

/** An installed jobflow. */
export type Jobflow = {
  /** In order of their start: the first one is the leader unless it was stopped. */
  readonly controllers: readonly JobflowProgram[];
  readonly webhooks: readonly JobflowProgram[];
  /** Where each webhook listens on 127.0.0.1, in HTTPS. */
  readonly webhookPorts: readonly number[];
  /** Where the API server reaches the webhooks: `https://127.0.0.1:PORT`. */
  readonly webhookUrl: string;
  /** The files that the webhooks serve with, unless self-signed; written anew, they are a renewed certificate. */
  readonly tls: { certFile: string; keyFile: string };
};

/**
 * Installs jobflow from this checkout: the shipped custom resources, access rules and admission policy; the
 * programs as processes, each as its own service account with the shipped rights, never as admin; and the shipped
 * webhook configuration with a loopback address and a certificate of the cluster's own authority.
 *
 * @returns once the programs are ready and the API server calls the webhook
 * @throws Error with the end of the log of a program that does not become ready
 */
export async function installJobflow(cluster: Cluster, options: JobflowOptions = {}): Promise<Jobflow> {
  const { controllers = 1, webhooks = 1, certificates = 'files', namespaces = [], roots = [ROOT] } = options;
  const manifests = await shippedManifests(cluster, namespaces);
  for (const part of ['crds', 'rbac', 'policy'] as const)
    await cluster.kubectl(['apply', '-f', '-'], { input: await manifests(part) });
  if (certificates === 'self-signed') await applySelfSignedRights(cluster);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  const tls = await writeServingCertificate(cluster);
  const follow = { JOBFLOW_NAMESPACES: namespaces.join(',') };
  const webhookEnv = { ...follow, ...CERTIFICATE_SETTINGS[certificates](tls), ...options.webhookEnv };
  const [webhookPrograms, controllerPrograms] = await Promise.all([
    startWebhooks(cluster, webhooks, roots, webhookEnv),
    startControllers(cluster, controllers, roots, { ...follow, ...options.controllerEnv }),
    untilPolicyInForce(cluster.api, namespaces[0]),
  ]);
  const port = await reachablePort(cluster, webhookPrograms);
  const webhookUrl = `https://127.0.0.1:${port}`;
  const webhooksReady = () => Promise.all(webhookPrograms.map(({ program }) => program.waitUntilReady()));
  // Webhooks that make their certificates themselves are ready once they have told the configuration of them.
  if (certificates === 'files') await webhooksReady();
  const caCert = certificates === 'files' ? cluster.caCert : undefined;
  const configuration = await manifests('webhook');
  await applyWebhookConfigurations(cluster, configuration, webhookUrl, caCert, options.webhookFailurePolicy);
  await webhooksReady();
  if (webhooks > 0) await untilWebhookInForce(cluster.api, namespaces[0]);
  return {
    controllers: controllerPrograms,
    webhooks: webhookPrograms.map(({ program }) => program),
    webhookPorts: webhookPrograms.map((one) => one.port),
    webhookUrl,
    tls,
  };
}

type Part = 'crds' | 'rbac' | 'policy' | 'webhook';

/** What is shipped, by its part: manifests/ as it is, or what the chart makes for some namespaces. */
async function shippedManifests(
  cluster: Cluster,
  namespaces: readonly string[],
): Promise<(part: Part) => Promise<string>> {
  if (namespaces.length === 0) {
    return async (part) => (await cluster.kubectl(['kustomize', join(ROOT, 'manifests', part)])).stdout;
  }
  const values = [
    'certificates.mode=cert-manager',
    'createNamespace=true',
    `namespaces={${namespaces.join()}}`,
  ];
  const rendered = await renderChart({
    release: 'jobflow',
    namespace: SYSTEM_NAMESPACE,
    args: ['--no-hooks', ...values.flatMap((value) => ['--set', value])],
  });
  const documents = rendered.split(/^---\n/m);
  return (part) =>
    Promise.resolve(
      documents
        .filter((document) => document.startsWith(`# Source: jobflow/templates/${part}/`))
        // The namespace comes before what is in it.
        .sort((a, b) => Number(isNamespace(b)) - Number(isNamespace(a)))
        .join('\n---\n'),
    );
}

function isNamespace(document: string): boolean {
  return /^kind: Namespace$/m.test(document);
}

type Webhook = { program: JobflowProgram; port: number };

const CERTIFICATE_SETTINGS: Record<
  NonNullable<JobflowOptions['certificates']>,
  (tls: Jobflow['tls']) => Record<string, string>
> = {
  files: ({ certFile, keyFile }) => ({ JOBFLOW_TLS_CERT_FILE: certFile, JOBFLOW_TLS_KEY_FILE: keyFile }),
  'self-signed': () => ({
    JOBFLOW_CERTIFICATE_MODE: 'self-signed',
    JOBFLOW_CERTIFICATE_NAMES: '127.0.0.1,localhost',
  }),
};

async function startWebhooks(
  cluster: Cluster,
  count: number,
  roots: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Webhook[]> {
  const kubeconfig = await cluster.serviceAccountKubeconfig(SYSTEM_NAMESPACE, 'jobflow-webhook');
  const ports = await findFreePorts(2 * count);
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const [port = 0, healthPort = 0] = ports.slice(2 * index);
      const program = await startNode(
        cluster,
        `jobflow-webhook-${index + 1}`,
        join(roots[index % roots.length] ?? ROOT, 'webhook/main.ts'),
        healthPort,
        {
          KUBECONFIG: kubeconfig,
          JOBFLOW_LISTEN_ADDRESS: `127.0.0.1:${port}`,
          JOBFLOW_DRAIN_DELAY: DRAIN_DELAY,
          ...env,
        },
      );
      return { program, port };
    }),
  );
}

async function startControllers(
  cluster: Cluster,
  count: number,
  roots: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<JobflowProgram[]> {
  const kubeconfig = await cluster.serviceAccountKubeconfig(SYSTEM_NAMESPACE, 'jobflow-controller');
  const programs: JobflowProgram[] = [];
  // One after the other, so that the first one leads.
  for (const [index, healthPort] of (await findFreePorts(count)).entries()) {
    const name = `jobflow-controller-${index + 1}`;
    const program = await startNode(
      cluster,
      name,
      join(roots[index % roots.length] ?? ROOT, 'controller/main.ts'),
      healthPort,
      {
        KUBECONFIG: kubeconfig,
        JOBFLOW_LEASE_NAME: 'jobflow-controller',
        JOBFLOW_IDENTITY: name,
        ...env,
      },
    );
    await program.waitUntilReady();
    programs.push(program);
  }
  return programs;
}

/** Starts a program; it is not ready yet. */
async function startNode(
  cluster: Cluster,
  name: string,
  script: string,
  healthPort: number,
  env: Readonly<Record<string, string>>,
): Promise<JobflowProgram> {
  const program = await cluster.startProgram({
    name,
    command: process.execPath,
    args: [script],
    workingDirectory: ROOT,
    env: { JOBFLOW_NAMESPACE: SYSTEM_NAMESPACE, JOBFLOW_HEALTH_ADDRESS: `127.0.0.1:${healthPort}`, ...env },
    stopLimitMs: 10_000,
    tier: TIER,
  });
  return new JobflowProgram(program, `http://127.0.0.1:${healthPort}`);
}

async function writeServingCertificate(cluster: Cluster): Promise<Jobflow['tls']> {
  const { cert, key } = await cluster.authority.issue({
    commonName: 'jobflow-webhook',
    dnsNames: ['localhost', `jobflow-webhook.${SYSTEM_NAMESPACE}.svc`],
    ipAddresses: ['127.0.0.1'],
  });
  const folder = join(cluster.directory, 'webhook-tls');
  await mkdir(folder, { recursive: true });
  const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
  await writeFile(files.certFile, cert);
  await writeFile(files.keyFile, key, { mode: 0o600 });
  return files;
}

/** What the manifests leave out, which have cert-manager: the rights to keep one Secret and to announce it. */
async function applySelfSignedRights(cluster: Cluster): Promise<void> {
  const { stdout } = await promisify(execFile)(join(cluster.binDirectory, 'helm'), [
    ...['template', 'jobflow', join(ROOT, 'helm', 'jobflow'), '--namespace', SYSTEM_NAMESPACE],
    ...['--set', 'certificates.mode=self-signed', '--show-only', 'templates/rbac/webhook.yaml'],
  ]);
  await cluster.apply(stdout);
}

/** The port of the only webhook, or of a balancer before several; a port where nobody listens when there is none. */
async function reachablePort(cluster: Cluster, webhooks: readonly Webhook[]): Promise<number> {
  const [only, ...others] = webhooks;
  if (only !== undefined && others.length === 0) return only.port;
  const [port = 0] = await findFreePorts(1);
  if (only === undefined) return port;
  await cluster.startProgram({
    name: 'webhook-balancer',
    tier: TIER,
    command: process.execPath,
    args: [
      fileURLToPath(new URL('./webhook-balancer.ts', import.meta.url)),
      String(port),
      ...webhooks.map((one) => `${one.port},${one.program.healthUrl}/readyz`),
    ],
  });
  return port;
}

/** The shipped configurations, with the Service replaced by the loopback address, and the authority if it is given. */
async function applyWebhookConfigurations(
  cluster: Cluster,
  manifests: string,
  url: string,
  caCert: string | undefined,
  failurePolicy: JobflowOptions['webhookFailurePolicy'],
): Promise<void> {
  const trust = caCert === undefined ? {} : { caBundle: Buffer.from(caCert).toString('base64') };
  const configurations = parseAllDocuments(manifests).flatMap((document): object[] => {
    if (!/^(Mutating|Validating)WebhookConfiguration$/.test(String(document.get('kind')))) return [];
    const configuration: unknown = document.toJS();
    const webhooks = readPath(configuration, 'webhooks');
    if (typeof configuration !== 'object' || configuration === null || !Array.isArray(webhooks)) return [];
    const local = webhooks.map((webhook: unknown) => {
      const path = readPath(webhook, 'clientConfig', 'service', 'path');
      return {
        ...(typeof webhook === 'object' ? webhook : {}),
        clientConfig: { url: `${url}${typeof path === 'string' ? path : '/'}`, ...trust },
        ...(failurePolicy === undefined ? {} : { failurePolicy }),
      };
    });
    return [{ ...configuration, webhooks: local }];
  });
  if (configurations.length === 0) throw new Error('manifests/webhook has no webhook configuration.');
  await cluster.apply(configurations);
}
