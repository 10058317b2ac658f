/*
 * A process that starts a cluster and does not stop it: what becomes of the cluster when its owner ends badly?
 * It sends one message to the test and then ends as its argument says: `hang` (until it is killed) or `throw`.
 */
import { startCluster } from './cluster.ts';

// The test that started it may be killed itself.
process.on('disconnect', () => process.exit(1));

const cluster = await startCluster();
/** What the test is told: everything that must be gone in the end. */
export type OwnedThings = { directory: string; pids: number[] };

const owned: OwnedThings = {
  directory: cluster.directory,
  pids: [cluster.supervisor.pid, ...cluster.supervisor.programPids],
};
await new Promise((resolve) => process.send?.(owned, resolve));
if (process.argv[2] === 'throw') throw new Error('The owner ends by an error that nobody catches.');
setInterval(() => undefined, 60_000);
