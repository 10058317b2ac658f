import { fileURLToPath } from 'node:url';
import type { CommandResult } from '../cluster/run-command.ts';
import type { RealCluster } from './real-cluster.ts';

const CHART = fileURLToPath(new URL('../../../helm/jobflow', import.meta.url));

/** The namespace that jobflow is installed in. */
export const SYSTEM_NAMESPACE = 'jobflow-system';
/** The release's name. */
export const RELEASE = 'jobflow';

/**
 * What the tests state beside the chart's defaults: the images are on the node, where no registry is; and a node of
 * two cores has other things to do. The webhook's certificate is renewed ten seconds after it was made: the rest of its life
 * has to be longer than the time in which a new authority becomes known.
 */
const TEST_VALUES = {
  image: { pullPolicy: 'Never' },
  webhook: {
    resources: { requests: { cpu: '10m', memory: '64Mi' } },
    extraEnv: [
      { name: 'JOBFLOW_CERTIFICATE_LIFE', value: '10m' },
      { name: 'JOBFLOW_CERTIFICATE_RENEW_BEFORE', value: '9m50s' },
    ],
  },
  controller: { resources: { requests: { cpu: '10m', memory: '64Mi' } } },
};

/** Installs the chart of this checkout and waits until it is ready, unless it is installed. */
export async function ensureRelease(cluster: RealCluster): Promise<void> {
  const { code } = await cluster.helm(['status', RELEASE, '--namespace', SYSTEM_NAMESPACE], {
    allowFailure: true,
  });
  if (code === 0) return;
  // Restricted Pod Security: the chart's pods must pass it, or they are not made.
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: SYSTEM_NAMESPACE,
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    },
  });
  await upgrade(cluster, ['--install'], TEST_VALUES);
}

/**
 * Upgrades the release to the chart of this checkout, and waits until every pod is a new one that is ready.
 *
 * @param values what changes
 */
export async function upgradeRelease(cluster: RealCluster, values: object): Promise<void> {
  await upgrade(cluster, ['--reuse-values'], values);
}

/** Runs the release's own test, `helm test`. @returns what helm printed, with the log of the test */
export async function testRelease(cluster: RealCluster): Promise<string> {
  const { stdout } = await cluster.helm([
    ...['test', RELEASE, '--namespace', SYSTEM_NAMESPACE, '--logs', '--timeout', '2m'],
  ]);
  return stdout;
}

/** Uninstalls the release, with its clean-up. */
export async function uninstallRelease(cluster: RealCluster): Promise<CommandResult> {
  return cluster.helm(['uninstall', RELEASE, '--namespace', SYSTEM_NAMESPACE, '--wait', '--timeout', '3m']);
}

async function upgrade(cluster: RealCluster, flags: readonly string[], values: object): Promise<void> {
  await cluster.helm(
    [
      ...['upgrade', RELEASE, CHART, '--namespace', SYSTEM_NAMESPACE, ...flags],
      ...['--wait', '--timeout', '3m', '--values', '-'],
    ],
    { input: JSON.stringify(values) },
  );
}
