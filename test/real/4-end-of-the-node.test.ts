import { expect } from 'chai';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { identifyProcess, isRunning } from '../support/cluster/process-identity.ts';
import { waitUntil } from '../support/cluster/wait-until.ts';
import type { OwnedNode } from '../support/real-cluster/abandoned-owner.ts';
import { STARTING_LIMIT_MS, sharedTestImages } from '../support/real-cluster/fixture.ts';

const CGROUPS = '/sys/fs/cgroup';

/* A node has containers, mounts, links and cgroups, which do not end by themselves with the process that made them. */
describe('a real node', () => {
  let images: string[];

  before('make the images', async function () {
    this.timeout(STARTING_LIMIT_MS);
    images = await sharedTestImages();
  });

  it('leaves nothing behind when its owner is killed', async () => {
    const { owner, owned, processes } = await startAbandonedNode();
    expect(inCgroup(owned.cgroup)).to.not.deep.equal([]);
    owner.kill('SIGKILL');
    await expectNothingLeft(owned, processes);
  });

  it('leaves nothing behind when what watches over it is killed too', async () => {
    const { owner, owned, processes } = await startAbandonedNode();
    process.kill(owned.supervisor, 'SIGKILL');
    await expectNothingLeft(owned, processes);
    owner.kill('SIGKILL');
  });

  async function startAbandonedNode() {
    const script = fileURLToPath(new URL('../support/real-cluster/abandoned-owner.ts', import.meta.url));
    const owner = fork(script, images, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
    const [owned] = (await once(owner, 'message')) as [OwnedNode];
    const processes = await Promise.all(owned.pids.map((pid) => identifyProcess(pid)));
    return { owner, owned, processes: processes.filter((one) => one !== undefined) };
  }

  async function expectNothingLeft(
    { directory, cgroup }: OwnedNode,
    processes: readonly { pid: number; startedAt: string }[],
  ): Promise<void> {
    await waitUntil(
      'every process, cgroup and file of the node to be gone',
      async () => {
        const running = await Promise.all(processes.map((one) => isRunning(one)));
        return (
          !running.includes(true) &&
          inCgroup(cgroup).length === 0 &&
          cgroupFolders(cgroup).length === 0 &&
          !existsSync(directory)
        );
      },
      {
        limitMs: 30_000,
        intervalMs: 200,
        explain: () =>
          JSON.stringify({
            inCgroup: inCgroup(cgroup),
            cgroups: cgroupFolders(cgroup),
            directory: existsSync(directory),
          }),
      },
    );
    expect(readFileSync('/proc/self/mounts', 'utf8')).to.not.contain(directory);
  }
});

/** The processes that are in a cgroup of that name, or below. */
function inCgroup(name: string): string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      return readFileSync(`/proc/${entry}/cgroup`, 'utf8').includes(`/${name}/`);
    } catch {
      // It has ended since.
      return false;
    }
  });
}

function cgroupFolders(name: string): string[] {
  return ['', ...readdirSync(CGROUPS)].filter((hierarchy) => existsSync(`${CGROUPS}/${hierarchy}/${name}`));
}
