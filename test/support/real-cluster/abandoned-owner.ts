/*
 * A process that starts a real cluster with a running pod and does not stop it: `abandoned-owner.ts ARCHIVE…`, with
 * archives of the images that the node needs. It sends one message to the test and then waits to be killed.
 */
import { startRealCluster } from './real-cluster.ts';
import { shellJob } from './shell-job.ts';

/** What the test is told: whom to kill, and what must be gone in the end. */
export type OwnedNode = { supervisor: number; pids: number[]; directory: string; cgroup: string };

// The test that started it may be killed itself.
process.on('disconnect', () => process.exit(1));

const cluster = await startRealCluster({ images: process.argv.slice(2) });
await cluster.apply(shellJob('endless', 'sleep 100000'));
await cluster.kubectl(['wait', '--for=jsonpath={.status.ready}=1', 'job/endless', '--timeout=60s']);
const owned: OwnedNode = {
  supervisor: cluster.supervisor.pid,
  pids: [cluster.supervisor.pid, ...cluster.supervisor.programPids],
  directory: cluster.directory,
  cgroup: cluster.cgroup,
};
await new Promise((resolve) => process.send?.(owned, resolve));
setInterval(() => undefined, 60_000);
