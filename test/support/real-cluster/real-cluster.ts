import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNodePrograms, ensurePrograms } from '../cluster/programs.ts';
import { runCommand } from '../cluster/run-command.ts';
import type { CommandResult } from '../cluster/run-command.ts';
import { Supervisor } from '../cluster/supervisor.ts';
import type { Program } from '../cluster/supervisor.ts';
import { manifestText } from '../cluster/kubectl.ts';
import { untilUp } from '../cluster/until-up.ts';
import { writeNodeFiles } from './node-files.ts';
import { HOLDER_FILE, NODE_NAME, nodeFiles } from './node-layout.ts';
import type { NodeFiles } from './node-layout.ts';
import {
  apiServer,
  containerd,
  controllerManager,
  etcd,
  kubeProxy,
  kubelet,
  nameServer,
  scheduler,
} from './node-programs.ts';
import type { NodeProgram } from './node-programs.ts';

/** How long one program may take to stop: nothing of it is needed any more, in milliseconds. */
const STOP_LIMIT_MS = 1_500;
/** How long the holder may take to end every container and to remove the cgroups, in milliseconds. */
const HOLDER_STOP_LIMIT_MS = 30_000;
const COMMAND_LINE = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const HOLDER = fileURLToPath(new URL('./node-holder.ts', import.meta.url));
/** Debian keeps what only root uses in folders that a PATH may lack. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Settings of a real cluster. */
export type RealClusterOptions = {
  /** Archives of images that its node has from the start; the sandbox image must be among them. */
  images: readonly string[];
  /** Receives lines of progress for a person. */
  log?: (line: string) => void;
  env?: Readonly<Record<string, string | undefined>>;
};

/** Options of one run of kubectl or helm. */
export type RealCommandOptions = {
  /** Sent to stdin. */
  input?: string;
  /** Return a result whose code is not 0 instead of throwing. */
  allowFailure?: boolean;
};

/**
 * Starts a whole cluster of one real node in namespaces of its own, and returns when the node takes pods. It ends with
 * `stop`, or with this process, whatever ends that. Needs root, and what `ensureMachine` installs.
 *
 * @throws Error when a program does not come up, with the end of its log; nothing is left then
 */
export async function startRealCluster(options: RealClusterOptions): Promise<RealCluster> {
  const { images, log = () => undefined, env = process.env } = options;
  const binDirectory = await ensurePrograms({ log, env });
  const nodeBinDirectory = await ensureNodePrograms({ log, env });
  const supervisor = await Supervisor.open();
  try {
    const cluster = new RealCluster(supervisor, binDirectory, nodeBinDirectory);
    await cluster.bringUp(images);
    return cluster;
  } catch (error) {
    await supervisor.close();
    throw error;
  }
}

/** A running cluster of one real node. */
export class RealCluster {
  /** Holds every file of the cluster; removed when it stops. */
  readonly directory: string;
  readonly supervisor: Supervisor;
  /** The node's cgroup, below the root of every hierarchy. */
  readonly cgroup: string;
  readonly #files: NodeFiles;
  readonly #path: string;
  #holder = 0;

  /** Made by `startRealCluster`. */
  constructor(supervisor: Supervisor, binDirectory: string, nodeBinDirectory: string) {
    this.supervisor = supervisor;
    this.directory = supervisor.directory;
    this.cgroup = basename(supervisor.directory);
    this.#files = nodeFiles(supervisor.directory);
    this.#path = [nodeBinDirectory, binDirectory, SYSTEM_PATH].join(delimiter);
  }

  /** Starts everything and waits until pods can run. For `startRealCluster`. */
  async bringUp(images: readonly string[]): Promise<void> {
    const files = this.#files;
    await writeNodeFiles(this.directory, this.cgroup);
    await this.#hold();
    await this.#start(etcd(files));
    const server = await this.#start(apiServer(files));
    await this.#until(server, 'the API server to be ready', async () => this.#answers('/readyz'));
    await this.#start(controllerManager(files));
    await this.#start(scheduler(files));
    const runtime = await this.#start(containerd(files));
    await this.#until(runtime, 'containerd to listen', () =>
      Promise.resolve(existsSync(files.containerdSocket)),
    );
    for (const archive of images) await this.importImage(archive);
    await this.#start(kubeProxy(files));
    await this.#start(nameServer(files));
    const agent = await this.#start(kubelet(files));
    await this.#until(agent, `the node ${NODE_NAME} to be ready`, async () => this.#nodeIsReady());
  }

  /** Puts the images of an archive on the node, as `docker save` and `buildah push` write one. */
  async importImage(archive: string): Promise<void> {
    const { containerdSocket } = this.#files;
    await this.#inside(['ctr', `--address=${containerdSocket}`, '-n', 'k8s.io', 'images', 'import', archive]);
  }

  /**
   * Runs the cluster's kubectl as admin.
   *
   * @throws Error with what it wrote when it ends with another code than 0, unless `allowFailure`
   */
  async kubectl(args: readonly string[], options: RealCommandOptions = {}): Promise<CommandResult> {
    return this.#inside(['kubectl', ...args], options);
  }

  /**
   * Runs helm as admin.
   *
   * @throws Error with what it wrote when it ends with another code than 0, unless `allowFailure`
   */
  async helm(args: readonly string[], options: RealCommandOptions = {}): Promise<CommandResult> {
    return this.#inside(['helm', ...args], options);
  }

  /** Runs the checkout's command line as admin, whatever its exit code. */
  async jobflow(args: readonly string[], options: RealCommandOptions = {}): Promise<CommandResult> {
    return this.#inside([process.execPath, COMMAND_LINE, ...args], { allowFailure: true, ...options });
  }

  /** Applies manifests with `kubectl apply`: YAML text, one object, or several. */
  async apply(manifests: string | object | readonly object[], namespace?: string): Promise<CommandResult> {
    const input = manifestText(manifests);
    const where = namespace === undefined ? [] : ['--namespace', namespace];
    return this.kubectl(['apply', ...where, '-f', '-'], { input });
  }

  /** An object, or a list of them, as kubectl gets it; `undefined` when it is not there. */
  async get(...args: readonly string[]): Promise<unknown> {
    const { stdout } = await this.kubectl(['get', '--ignore-not-found', '-o', 'json', ...args]);
    return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  }

  /** Stops everything and removes the directory. May be called again. */
  async stop(): Promise<void> {
    await this.supervisor.close();
  }

  async #hold(): Promise<void> {
    const holder = await this.supervisor.start({
      name: 'node-holder',
      command: '/usr/bin/setpriv',
      args: ['--pdeathsig=TERM', process.execPath, HOLDER, this.directory, this.cgroup],
      env: { PATH: SYSTEM_PATH },
      logFile: join(this.#files.logs, 'node-holder.log'),
      stopLimitMs: HOLDER_STOP_LIMIT_MS,
      tier: 'node-holder',
    });
    this.#holder = await this.#until(holder, 'the namespaces of the node', async () => {
      const file = join(this.directory, HOLDER_FILE);
      return existsSync(file) ? Number(await readFile(file, 'utf8')) : undefined;
    });
  }

  async #start({ name, args }: NodeProgram): Promise<Program> {
    return this.supervisor.start({
      name,
      command: '/usr/bin/nsenter',
      args: [
        `--target=${this.#holder}`,
        '--mount',
        '--net',
        '--pid',
        `--wd=${this.directory}`,
        name,
        ...args,
      ],
      env: { PATH: this.#path, HOME: this.directory },
      logFile: join(this.#files.logs, `${name}.log`),
      stopLimitMs: STOP_LIMIT_MS,
      tier: name,
    });
  }

  async #inside(command: readonly string[], options: RealCommandOptions = {}): Promise<CommandResult> {
    return runCommand(
      command.join(' '),
      // With a death signal: a helm that waits must not outlive this process.
      [
        '/usr/bin/setpriv',
        '--pdeathsig=KILL',
        'nsenter',
        `--target=${this.#holder}`,
        '--net',
        '--',
        ...command,
      ],
      {
        env: {
          PATH: this.#path,
          HOME: this.directory,
          KUBECONFIG: this.#files.adminKubeconfig,
          KUBECACHEDIR: join(this.directory, 'kubectl-cache'),
        },
        ...options,
      },
    );
  }

  async #answers(path: string): Promise<boolean> {
    return (await this.kubectl(['get', '--raw', path], { allowFailure: true })).code === 0;
  }

  async #nodeIsReady(): Promise<boolean> {
    const { stdout } = await this.kubectl([
      'get',
      'nodes',
      '-o',
      'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}',
    ]);
    return stdout === 'True';
  }

  async #until<T>(program: Program, what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    return untilUp(program, what, look, { intervalMs: 200 });
  }
}
