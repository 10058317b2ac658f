import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient, readPath } from './api-client.ts';
import type { CertificateAuthority } from './certificates.ts';
import { writeClusterFiles } from './cluster-files.ts';
import {
  apiServerArgs,
  controllerManagerArgs,
  etcdArgs,
  kwokArgs,
  layoutOf,
  schedulerArgs,
  serverUrl,
} from './control-plane.ts';
import type { ControlPlaneLayout } from './control-plane.ts';
import { findFreePorts } from './free-ports.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { manifestText, runKubectl } from './kubectl.ts';
import type { KubectlOptions, KubectlResult } from './kubectl.ts';
import { fakeNode } from './node-objects.ts';
import type { NodeOptions } from './node-objects.ts';
import { ensurePrograms } from './programs.ts';
import { Supervisor } from './supervisor.ts';
import type { Program } from './supervisor.ts';
import { logEnd, untilUp } from './until-up.ts';
import { waitUntil } from './wait-until.ts';

/** How long fake nodes may take to be ready, in milliseconds: all of them together, and each of them. */
const NODES_LIMIT_MS = 30_000;
const NODE_LIMIT_MS = 100;

/** Settings of a cluster. */
export type ClusterOptions = {
  /** How many fake nodes it starts with (default 3), named `node-1` and so on. */
  nodes?: number;
  /** Receives lines of progress for a person. */
  log?: (line: string) => void;
  /** Further arguments of kube-apiserver; the last of two equal flags counts. */
  apiServerArgs?: readonly string[];
  /** Record every request's metadata, user and verb in `logs/audit.log` as JSON lines (default false). */
  auditLog?: boolean;
  /** Holds the cluster's processes; a new one unless given. The cluster's end closes it. */
  supervisor?: Supervisor;
  env?: Readonly<Record<string, string | undefined>>;
};

/** Options of `Cluster.apply`. */
export type ApplyOptions = KubectlOptions & {
  namespace?: string;
  /** Server-side apply instead of client-side apply. */
  serverSide?: boolean;
};

/** One program to run beside the control plane. */
export type ClusterProgram = {
  name: string;
  /** Absolute path, or the name of one of the cluster's own programs. */
  command: string;
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  workingDirectory?: string;
  /** How long a SIGTERM may take before SIGKILL follows, in milliseconds (default 5,000). */
  stopLimitMs?: number;
  /** Programs that started one after another with the same tier are stopped together (default: each alone). */
  tier?: string;
};

/**
 * Starts a real Kubernetes control plane with fake nodes, on free ports of the loopback address and in a
 * temporary folder, and returns when it takes Jobs. It ends with `stop`, or with this process, whatever ends that.
 *
 * @throws Error when a program is missing or does not come up, with the end of its log; nothing is left then
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const log = options.log ?? (() => undefined);
  const binDirectory = await ensurePrograms({ log, env: options.env ?? process.env });
  const supervisor = options.supervisor ?? (await Supervisor.open());
  try {
    const [etcdClient = 0, etcdPeer = 0, apiServer = 0, kubelet = 0] = await findFreePorts(4);
    const layout = {
      binDirectory,
      directory: supervisor.directory,
      ports: { etcdClient, etcdPeer, apiServer, kubelet },
    };
    const cluster = await Cluster.prepare(layout, supervisor);
    await cluster.bringUp(options);
    return cluster;
  } catch (error) {
    await supervisor.close();
    throw error;
  }
}

/** A running cluster. */
export class Cluster {
  /** Holds every file of the cluster; removed when it stops. */
  readonly directory: string;
  /** The admin's kubeconfig, everything embedded. */
  readonly kubeconfigPath: string;
  /** The URL of the API server. */
  readonly server: string;
  /** The certificate (PEM) of the authority that signed the API server's. */
  readonly caCert: string;
  /** Holds the programs of `PROGRAMS`. */
  readonly binDirectory: string;
  /** Issues further certificates, for servers on loopback. */
  readonly authority: CertificateAuthority;
  /** Holds the logs of pods; see `pod-logs.ts`. */
  readonly podLogs: string;
  /** The admin's client. */
  readonly api: ApiClient;
  readonly supervisor: Supervisor;
  readonly #layout: ControlPlaneLayout;

  private constructor(
    layout: ControlPlaneLayout,
    supervisor: Supervisor,
    authority: CertificateAuthority,
    api: ApiClient,
  ) {
    this.directory = layout.directory;
    this.kubeconfigPath = layoutOf(layout.directory).adminKubeconfig;
    this.podLogs = layoutOf(layout.directory).podLogs;
    this.server = serverUrl(layout);
    this.caCert = authority.cert;
    this.binDirectory = layout.binDirectory;
    this.authority = authority;
    this.api = api;
    this.supervisor = supervisor;
    this.#layout = layout;
  }

  /** A cluster of which nothing runs yet. For `startCluster`. */
  static async prepare(layout: ControlPlaneLayout, supervisor: Supervisor): Promise<Cluster> {
    const { authority, admin } = await writeClusterFiles(layout);
    return new Cluster(
      layout,
      supervisor,
      authority,
      new ApiClient(serverUrl(layout), authority.cert, admin),
    );
  }

  /** Starts everything and waits until Jobs can run. For `startCluster`. */
  async bringUp(options: ClusterOptions): Promise<void> {
    const nodes = Array.from({ length: options.nodes ?? 3 }, (_, index) => `node-${index + 1}`);
    // The API server waits for etcd by itself, and needs its own seconds before it asks.
    await this.startProgram({ name: 'etcd', command: 'etcd', args: etcdArgs(this.#layout) });
    const apiServer = await this.startProgram({
      name: 'kube-apiserver',
      command: 'kube-apiserver',
      args: apiServerArgs(this.#layout, {
        auditLog: options.auditLog ?? false,
        extra: options.apiServerArgs ?? [],
      }),
    });
    await this.#untilReady(apiServer);
    const controllerManager = await this.startProgram({
      name: 'kube-controller-manager',
      command: 'kube-controller-manager',
      args: controllerManagerArgs(this.#layout),
      tier: 'controllers',
    });
    await this.startProgram({
      name: 'kube-scheduler',
      command: 'kube-scheduler',
      args: schedulerArgs(this.#layout),
      tier: 'controllers',
    });
    await this.startProgram({
      name: 'kwok',
      command: 'kwok',
      args: kwokArgs(this.#layout),
      tier: 'controllers',
    });
    await Promise.all(nodes.map((name) => this.api.demand('POST', '/api/v1/nodes', fakeNode(name))));
    await Promise.all([
      this.#untilNodesReady(nodes),
      waitUntil(
        'the default service account',
        async () =>
          (await this.api.request('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status ===
          200,
        {
          explain: () => logEnd(controllerManager),
        },
      ),
    ]);
  }

  /** Runs the cluster's kubectl, as admin unless another kubeconfig is named. Throws as `runKubectl` does. */
  async kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<KubectlResult> {
    return runKubectl(this, args, options);
  }

  /**
   * Applies manifests with `kubectl apply`.
   *
   * @param manifests YAML text, one object, or several
   */
  async apply(
    manifests: string | object | readonly object[],
    options: ApplyOptions = {},
  ): Promise<KubectlResult> {
    return this.kubectl(
      [
        'apply',
        '-f',
        '-',
        ...(options.namespace === undefined ? [] : ['-n', options.namespace]),
        ...(options.serverSide === true ? ['--server-side'] : []),
      ],
      { ...options, input: manifestText(manifests) },
    );
  }

  /** Adds a fake node and waits until it takes pods. */
  async addNode(name: string, options: NodeOptions = {}): Promise<void> {
    await this.api.demand('POST', '/api/v1/nodes', fakeNode(name, options));
    await this.#untilNodesReady([name]);
  }

  /** Removes a node, as when a machine is taken away. Its pods go when the pod garbage collector finds them. */
  async removeNode(name: string): Promise<void> {
    await this.api.demand('DELETE', `/api/v1/nodes/${name}`);
  }

  /** Starts a further program under the cluster's supervisor; its output goes to `logs/NAME.log`. */
  async startProgram(program: ClusterProgram): Promise<Program> {
    return this.supervisor.start({
      name: program.name,
      command: program.command.includes('/') ? program.command : join(this.binDirectory, program.command),
      args: program.args ?? [],
      env: { PATH: process.env.PATH ?? '', HOME: this.directory, ...program.env },
      workingDirectory: program.workingDirectory ?? this.directory,
      logFile: join(layoutOf(this.directory).logs, `${program.name}.log`),
      stopLimitMs: program.stopLimitMs ?? 5_000,
      tier: program.tier ?? program.name,
    });
  }

  /** The output so far of a program that was started under this name. */
  async logText(name: string): Promise<string> {
    return readFile(join(layoutOf(this.directory).logs, `${name}.log`), 'utf8');
  }

  /**
   * The path of a kubeconfig with which a program is a service account, by a token that the API server issues
   * for 24 hours. Asking again gives a new token in the same file.
   */
  async serviceAccountKubeconfig(namespace: string, name: string): Promise<string> {
    const answer = await this.api.demand(
      'POST',
      `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 24 * 3_600 },
      },
    );
    const token = readPath(answer, 'status', 'token');
    if (typeof token !== 'string') throw new Error(`The API server gave no token for ${namespace}/${name}.`);
    const path = join(this.directory, `${namespace}.${name}.kubeconfig`);
    await writeFile(path, kubeconfigText(this.server, this.caCert, { token }), { mode: 0o600 });
    return path;
  }

  /** Stops every program, the last started first, and removes the directory. May be called again. */
  async stop(): Promise<void> {
    await this.api.close();
    await this.supervisor.close();
  }

  async #untilReady(apiServer: Program): Promise<void> {
    await untilUp(apiServer, 'the API server to be ready', async () => {
      try {
        return (await this.api.request('GET', '/readyz')).status === 200;
      } catch {
        // It does not listen yet.
        return false;
      }
    });
  }

  /** One list for all of them: a thousand questions at a time would keep the API server from its work. */
  async #untilNodesReady(names: readonly string[]): Promise<void> {
    const missing = new Set(names);
    const of = missing.size === 1 ? `node ${names.join()}` : `${missing.size} nodes`;
    await waitUntil(
      `${of} to take pods`,
      async () => {
        if (missing.size === 0) return true;
        const items = readPath((await this.api.request('GET', '/api/v1/nodes')).body, 'items');
        for (const node of Array.isArray(items) ? items : [])
          if (takesPods(node)) missing.delete(String(readPath(node, 'metadata', 'name')));
        return missing.size === 0;
      },
      {
        intervalMs: names.length > 10 ? 500 : 25,
        limitMs: NODES_LIMIT_MS + NODE_LIMIT_MS * names.length,
        explain: () => `${missing.size} do not, such as ${[...missing].slice(0, 3).join(', ')}`,
      },
    );
  }
}

function takesPods(node: unknown): boolean {
  const conditions = readPath(node, 'status', 'conditions');
  const taints = readPath(node, 'spec', 'taints');
  const ready =
    Array.isArray(conditions) &&
    conditions.some((one) => readPath(one, 'type') === 'Ready' && readPath(one, 'status') === 'True');
  const notReady =
    Array.isArray(taints) && taints.some((one) => readPath(one, 'key') === 'node.kubernetes.io/not-ready');
  return ready && !notReady;
}
