/*
 * The background process behind `npm run cluster -- up`: it owns the cluster until SIGTERM comes, and takes
 * everything down if whoever started it goes away before the cluster is ready. Arguments: the number of nodes, and where
 * the webhook's certificate comes from.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { startCluster } from '../test/support/cluster.ts';
import { installJobflow } from '../test/support/cluster/jobflow.ts';
import { identifyProcess } from '../test/support/cluster/process-identity.ts';
import { takeLock } from '../test/support/cluster/process-lock.ts';
import { Supervisor } from '../test/support/cluster/supervisor.ts';
import {
  CLUSTER_FILES,
  removeClusterFolder,
  shellEnvironment,
  writeCommands,
  writeProcess,
} from './cluster-files.ts';

/** What the command in the foreground is told. */
export type OwnerReport =
  { kind: 'line'; line: string } | { kind: 'ready' } | { kind: 'failed'; message: string };

let supervisor: Supervisor | undefined;
let ending: Promise<never> | undefined;
let ready = false;

await mkdir(CLUSTER_FILES.folder, { recursive: true });
// Whoever starts second at the same moment goes without a trace: the folder is the first one's.
const other = await takeLock(CLUSTER_FILES.owner);
if (other !== undefined) {
  report({ kind: 'failed', message: `Process ${other.pid} is starting or running the cluster already.` });
  process.exit(1);
}
process.on('SIGTERM', () => void end(0));
process.on('disconnect', () => {
  if (!ready) void end(1);
});

try {
  supervisor = await Supervisor.open();
  const holder = await identifyProcess(supervisor.pid);
  if (holder !== undefined) await writeProcess(CLUSTER_FILES.supervisor, holder);
  const log = (line: string) => {
    report({ kind: 'line', line });
  };
  const cluster = await startCluster({ nodes: Number(process.argv[2]), log, supervisor });
  log(`Kubernetes is ready at ${cluster.server}; starting jobflow …`);
  await installJobflow(cluster, {
    certificates: process.argv[3] === 'self-signed' ? 'self-signed' : 'files',
  });
  await copyFile(cluster.kubeconfigPath, CLUSTER_FILES.kubeconfig);
  await writeCommands();
  await writeFile(CLUSTER_FILES.env, shellEnvironment(cluster.binDirectory));
  ready = true;
  report({ kind: 'ready' });
  if (process.connected) process.disconnect();
  setInterval(() => undefined, 60_000);
} catch (error) {
  // A cluster that is being taken down fails to start, which is no news.
  if (ending === undefined)
    report({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  await end(1);
}

function end(code: number): Promise<never> {
  ending ??= (async () => {
    await supervisor?.close();
    await removeClusterFolder();
    process.exit(code);
  })();
  return ending;
}

function report(message: OwnerReport): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
