import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What one run of kubectl gave. */
export type KubectlResult = { stdout: string; stderr: string; code: number };

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
  options: KubectlOptions = {},
): Promise<KubectlResult> {
  const child = spawn(join(home.binDirectory, 'kubectl'), args, {
    env: {
      PATH: process.env.PATH,
      HOME: home.directory,
      KUBECONFIG: options.kubeconfig ?? home.kubeconfigPath,
      KUBECACHEDIR: join(home.directory, 'kubectl-cache'),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A kubectl that refuses its arguments ends before it has read its input: the EPIPE says nothing more.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0 && options.allowFailure !== true) {
    throw new Error(`kubectl ${args.join(' ')} ended with code ${code}:\n${stderr}${stdout}`);
  }
  return { stdout, stderr, code };
}
