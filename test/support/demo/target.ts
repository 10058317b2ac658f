import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { connect, type Connection } from '../../../src/kube/connection.ts';
import { startCluster } from '../cluster/cluster.ts';
import { installJobflow } from '../cluster/jobflow.ts';
import { waitUntil } from '../cluster/wait-until.ts';

/** What one run of kubectl gave. */
export interface KubectlAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** A cluster with jobflow in it, and a namespace of the demo's own. */
export interface DemoTarget {
  readonly connection: Connection;
  readonly namespace: string;
  /** How long the example may take here, in milliseconds; a real cluster pulls an image first. */
  readonly limitMs: number;
  /** Runs kubectl in the namespace. */
  kubectl(...args: readonly string[]): Promise<KubectlAnswer>;
  /** Leaves nothing behind. */
  end(): Promise<void>;
}

/** Starts a local cluster with jobflow in it. */
export async function localTarget(say: (line: string) => void): Promise<DemoTarget> {
  say(
    'Starting a Kubernetes control plane on this machine (etcd, API server, controller manager, scheduler, nodes)',
  );
  const cluster = await startCluster({ nodes: 3, log: say });
  try {
    say('Installing jobflow: its webhook and its controller, each as its own service account');
    await installJobflow(cluster);
    const connection = await connect({
      kubeconfigPath: cluster.kubeconfigPath,
      connections: 8,
      userAgent: 'jobflow-demo',
    });
    const namespace = await makeNamespace(connection);
    return {
      connection,
      namespace,
      limitMs: 60_000,
      kubectl: (...args) => cluster.kubectl(['-n', namespace, ...args], { allowFailure: true }),
      end: async () => {
        await connection.close();
        await cluster.stop();
      },
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/**
 * Uses a cluster that exists already.
 *
 * @param context a context of the kubeconfig
 * @throws Error if jobflow is not installed there
 */
export async function existingTarget(context: string, say: (line: string) => void): Promise<DemoTarget> {
  say(`Using the cluster of context ${context}`);
  const connection = await connect({ context, connections: 8, userAgent: 'jobflow-demo' });
  try {
    await demandJobflow(connection, context);
    const namespace = await makeNamespace(connection);
    return {
      connection,
      namespace,
      limitMs: 300_000,
      kubectl: (...args) => runKubectl(['--context', context, '-n', namespace, ...args]),
      end: async () => {
        await connection.request({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function demandJobflow(connection: Connection, context: string): Promise<void> {
  const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/jobflow';
  try {
    await connection.request({ method: 'GET', path });
  } catch (cause) {
    const message = `jobflow is not installed in the cluster of context ${context}, or cannot be seen there; install it first: kubectl apply -k manifests/`;
    throw new Error(message, { cause });
  }
}

async function makeNamespace(connection: Connection): Promise<string> {
  const name = `jobflow-demo-${randomBytes(3).toString('hex')}`;
  await connection.request({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
  });
  const path = `/api/v1/namespaces/${name}/serviceaccounts/default`;
  await waitUntil(`the service account of namespace ${name}`, () =>
    connection.request({ method: 'GET', path }).then(
      () => true,
      () => false,
    ),
  );
  return name;
}

async function runKubectl(args: readonly string[]): Promise<KubectlAnswer> {
  try {
    const { stdout, stderr } = await promisify(execFile)('kubectl', args);
    return { stdout, stderr, code: 0 };
  } catch (error) {
    if (!(error instanceof Error) || !('stderr' in error)) throw error;
    const { code, stdout, stderr } = error as Error & { code?: unknown; stdout?: unknown; stderr?: unknown };
    if (code === 'ENOENT')
      throw new Error('kubectl is not on the PATH; install it to use --context', { cause: error });
    return { stdout: String(stdout), stderr: String(stderr), code: Number(code) };
  }
}
