import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ROOT } from '../../scripts/run-tool.ts';
import type { Cluster } from './cluster.ts';

/** The chart of this checkout. */
export const CHART_FOLDER = join(ROOT, 'helm', 'jobflow');

/** What one run of helm gave. */
export type HelmResult = { stdout: string; stderr: string; code: number };

/**
 * Runs helm as a user of the cluster would.
 *
 * @throws Error with what helm wrote when it ends with another code than 0, unless `allowFailure`
 */
export async function runHelm(
  cluster: Pick<Cluster, 'binDirectory' | 'directory' | 'kubeconfigPath'>,
  args: readonly string[],
  { allowFailure = false }: { allowFailure?: boolean } = {},
): Promise<HelmResult> {
  const child = spawn(join(cluster.binDirectory, 'helm'), args, {
    env: { PATH: process.env.PATH, HOME: cluster.directory, KUBECONFIG: cluster.kubeconfigPath },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0 && !allowFailure) {
    throw new Error(`helm ${args.join(' ')} ended with code ${code}:\n${stderr}${stdout}`);
  }
  return { stdout, stderr, code };
}
