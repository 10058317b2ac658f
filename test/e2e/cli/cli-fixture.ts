import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshNamespace } from '../../support/cluster/fixture.ts';
import { runCommand, type CommandResult } from '../../support/cluster/run-command.ts';
import type { Cluster } from '../../support/cluster.ts';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

/** How one run of `jobflow` is made. */
export interface CliOptions {
  /** What it reads from its standard input. */
  readonly input?: string;
  /** The kubeconfig of another user than the cluster's admin. */
  readonly kubeconfig?: string;
  /** Another namespace than the user's own. */
  readonly namespace?: string;
  /** Further variables of its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The command line of a user who works in one namespace of a cluster. */
export interface CliUser {
  readonly namespace: string;
  readonly cluster: Cluster;
  /** Runs `jobflow WORDS -n NAMESPACE` to its end, whatever its exit code. */
  readonly jobflow: (words: readonly string[], options?: CliOptions) => Promise<CommandResult>;
  /** The command itself, for whoever runs it in another way, such as on a terminal. */
  readonly command: (words: readonly string[]) => readonly [string, ...string[]];
  /** The environment that it takes to reach the cluster. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A user with a fresh namespace, who is the cluster's admin unless a run says otherwise. */
export async function cliUser(cluster: Cluster): Promise<CliUser> {
  const namespace = await freshNamespace(cluster, 'cli');
  const env = {
    PATH: process.env.PATH,
    HOME: cluster.directory,
    KUBECONFIG: cluster.kubeconfigPath,
    // A third less of each start (https://nodejs.org/api/module.html#module-compile-cache).
    NODE_COMPILE_CACHE: join(cluster.directory, 'compile-cache'),
  };
  const command = (words: readonly string[], within = namespace): [string, ...string[]] => [
    process.execPath,
    MAIN,
    ...words,
    '-n',
    within,
  ];
  return {
    namespace,
    cluster,
    env,
    command: (words) => command(words),
    jobflow: (words, { input, kubeconfig, namespace: within, env: further } = {}) =>
      runCommand('jobflow', command(words, within), {
        allowFailure: true,
        ...(input === undefined ? {} : { input }),
        env: { ...env, ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }), ...further },
      }),
  };
}
