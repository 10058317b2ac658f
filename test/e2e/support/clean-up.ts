import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { renderChart } from '../../../scripts/generate-manifests/render-chart.ts';
import type { Cluster } from '../../support/cluster.ts';

const SCRIPT = fileURLToPath(new URL('../../../controller/cleanup.ts', import.meta.url));

/** How a clean-up ended. */
export type CleanupRun = {
  code: number;
  /** Its log, a parsed line each. */
  lines: Readonly<Record<string, unknown>>[];
};

/** Gives the clean-up its service account, with the rights that the chart gives it to delete Jobs and flows. */
export async function installCleanupAccount(cluster: Cluster): Promise<void> {
  const rendered = await renderChart({
    release: 'jobflow',
    namespace: 'jobflow-system',
    args: [
      ...['--set', 'uninstall.jobs=delete', '--set', 'uninstall.flows=delete'],
      ...['--show-only', 'templates/cleanup/account.yaml'],
    ],
  });
  await cluster.apply(rendered);
}

/**
 * Runs the clean-up as a process of its own, as its own service account.
 *
 * @param account another service account of jobflow's namespace
 */
export async function runCleanup(
  cluster: Cluster,
  args: readonly string[],
  account = 'jobflow-cleanup',
): Promise<CleanupRun> {
  const kubeconfig = await cluster.serviceAccountKubeconfig('jobflow-system', account);
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, KUBECONFIG: kubeconfig };
    execFile(process.execPath, [SCRIPT, ...args], { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout) => {
      const lines = stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      resolve({ code: error === null ? 0 : Number(error.code), lines });
    });
  });
}
