import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cluster, ensurePrograms, Supervisor, waitUntil } from '../../../support/cluster.ts';
import type { Program } from '../../../support/cluster.ts';
import { apiServerArgs, etcdArgs, etcdUrl } from '../../../support/cluster/control-plane.ts';
import { findFreePorts } from '../../../support/cluster/free-ports.ts';

/** An etcd and an API server of a test's own, which it may stop and start. */
export interface BareControlPlane {
  readonly cluster: Cluster;
  readonly apiServer: Program;
  readonly apiServerPort: number;
  untilReady(): Promise<void>;
  /** Makes etcd forget all versions of objects but the newest. */
  compact(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one on free ports; no controller and no node runs in it. */
export async function startBareControlPlane(): Promise<BareControlPlane> {
  const binDirectory = await ensurePrograms({ log: () => undefined, env: process.env });
  const supervisor = await Supervisor.open();
  const [etcdClient = 0, etcdPeer = 0, apiServerPort = 0, kubelet = 0] = await findFreePorts(4);
  const layout = {
    binDirectory,
    directory: supervisor.directory,
    ports: { etcdClient, etcdPeer, apiServer: apiServerPort, kubelet },
  };
  const cluster = await Cluster.prepare(layout, supervisor);
  await cluster.startProgram({ name: 'etcd', command: 'etcd', args: etcdArgs(layout) });
  const apiServer = await cluster.startProgram({
    name: 'kube-apiserver',
    command: 'kube-apiserver',
    args: apiServerArgs(layout, { auditLog: false, extra: [] }),
  });
  const untilReady = async (): Promise<void> => {
    await waitUntil('the API server to be ready', async () => {
      try {
        return (await cluster.api.request('GET', '/readyz')).status === 200;
      } catch {
        return false;
      }
    });
  };
  await untilReady();
  return {
    cluster,
    apiServer,
    apiServerPort,
    untilReady,
    compact: () => compactEtcd(etcdUrl(layout)),
    stop: () => cluster.stop(),
  };
}

/** A kubeconfig of the cluster's admin that leads through another port of loopback. */
export async function kubeconfigThrough(cluster: Cluster, port: number): Promise<string> {
  const text = await readFile(cluster.kubeconfigPath, 'utf8');
  const path = join(cluster.directory, `through-${port}.kubeconfig`);
  await writeFile(path, text.replaceAll(cluster.server, `https://127.0.0.1:${port}`));
  return path;
}

/** By etcd's JSON gateway: a range of no keys tells the revision, a compaction takes it. */
async function compactEtcd(url: string): Promise<void> {
  const post = async (path: string, body: object): Promise<string> => {
    const answer = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd answered ${answer.status} to ${path}: ${await answer.text()}`);
    return answer.text();
  };
  const [, revision] = /"revision":"(\d+)"/.exec(await post('/v3/kv/range', { key: 'AA==' })) ?? [];
  await post('/v3/kv/compaction', { revision, physical: true });
}
