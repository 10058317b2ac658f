/*
 * A process that starts a cluster and does not stop it: what becomes of the cluster when its owner ends badly?
 * It prints one line of JSON and then ends as its argument says: `hang` (until it is killed) or `throw`.
 */
import { startCluster } from './cluster.ts';

// The test that started it may be killed itself.
process.on('disconnect', () => process.exit(1));

const cluster = await startCluster();
console.log(
  JSON.stringify({
    directory: cluster.directory,
    pids: [cluster.supervisor.pid, ...cluster.supervisor.programPids],
  }),
);
if (process.argv[2] === 'throw') throw new Error('The owner ends by an error that nobody catches.');
setInterval(() => undefined, 60_000);
