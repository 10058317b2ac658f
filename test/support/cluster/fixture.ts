import { randomBytes } from 'node:crypto';
import { after } from 'mocha';
import { startCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { installJobflow } from './jobflow.ts';
import type { Jobflow } from './jobflow.ts';
import { waitUntil } from './wait-until.ts';

/** How long a hook that starts the cluster may take, in milliseconds: `this.timeout(STARTING_LIMIT_MS)`. */
export const STARTING_LIMIT_MS = 180_000;

let starting: Promise<Cluster> | undefined;
let installing: Promise<Jobflow> | undefined;

/** The cluster that all tests of this process share, started at the first call, stopped after the last test. */
export function sharedCluster(): Promise<Cluster> {
  starting ??= startCluster({ auditLog: true });
  return starting;
}

/**
 * jobflow in the shared cluster: one controller and one webhook, installed at the first call. A test that ends
 * one of them starts it again before it returns; one that needs replicas starts a cluster of its own.
 */
export function sharedJobflow(): Promise<Jobflow> {
  installing ??= sharedCluster().then((cluster) => installJobflow(cluster));
  return installing;
}

/**
 * Makes a namespace that nobody else uses, and waits until pods can be made in it.
 *
 * @returns its name
 */
export async function freshNamespace(cluster: Cluster, prefix = 'test'): Promise<string> {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`;
  await cluster.api.demand('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  });
  const path = `/api/v1/namespaces/${name}/serviceaccounts/default`;
  await waitUntil(
    `the service account of namespace ${name}`,
    async () => (await cluster.api.request('GET', path)).status === 200,
  );
  return name;
}

after('stop the shared cluster', async function () {
  this.timeout(60_000);
  const cluster = await starting?.catch(() => undefined);
  await cluster?.stop();
});
