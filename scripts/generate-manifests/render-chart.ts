import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensurePrograms } from '../../test/support/cluster.ts';
import { ROOT } from '../run-tool.ts';

const run = promisify(execFile);

/** The chart, from the root of the checkout. */
export const CHART = 'helm/jobflow';

/** The CustomResourceDefinitions alone are 1.5 MB. */
const MAX_OUTPUT_BYTES = 64 * 1_024 * 1_024;

/** What `helm template` prints for the chart. */
export type Rendering = {
  readonly release: string;
  readonly namespace: string;
  /** Further arguments, such as `--set certificates.mode=provided`. */
  readonly args?: readonly string[];
};

/**
 * Renders the chart with the helm of the local cluster's programs, without a cluster.
 *
 * @throws Error with what helm says when it refuses the values
 */
export async function renderChart({ release, namespace, args = [] }: Rendering): Promise<string> {
  const helm = join(await ensurePrograms(), 'helm');
  const { stdout } = await run(helm, ['template', release, CHART, '--namespace', namespace, ...args], {
    cwd: ROOT,
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  return stdout;
}
