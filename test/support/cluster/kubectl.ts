import { join } from 'node:path';
import { runCommand } from './run-command.ts';
import type { CommandResult } from './run-command.ts';

/** What one run of kubectl gave. */
export type KubectlResult = CommandResult;

/** Options of one run of kubectl. */
export type KubectlOptions = {
  /** Sent to stdin. */
  input?: string;
  /** Another identity than the admin's. */
  kubeconfig?: string;
  /** Return a result whose code is not 0 instead of throwing. */
  allowFailure?: boolean;
};

/** Where a kubectl finds itself and its cluster. */
export type KubectlHome = { binDirectory: string; kubeconfigPath: string; directory: string };

/**
 * Runs kubectl as a user would.
 *
 * @throws Error with what kubectl wrote when it ends with another code than 0, unless `allowFailure`
 */
export async function runKubectl(
  home: KubectlHome,
  args: readonly string[],
  { input, kubeconfig, allowFailure }: KubectlOptions = {},
): Promise<KubectlResult> {
  return runCommand(`kubectl ${args.join(' ')}`, [join(home.binDirectory, 'kubectl'), ...args], {
    env: {
      PATH: process.env.PATH,
      HOME: home.directory,
      KUBECONFIG: kubeconfig ?? home.kubeconfigPath,
      KUBECACHEDIR: join(home.directory, 'kubectl-cache'),
    },
    ...(input === undefined ? {} : { input }),
    ...(allowFailure === undefined ? {} : { allowFailure }),
  });
}

/**
 * Manifests as `kubectl apply -f -` reads them.
 *
 * @param manifests YAML text, one object, or several
 */
export function manifestText(manifests: string | object | readonly object[]): string {
  if (typeof manifests === 'string') return manifests;
  return [manifests]
    .flat()
    .map((one) => JSON.stringify(one))
    .join('\n---\n');
}
