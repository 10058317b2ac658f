/*
 * The process that holds the namespaces of a real node: `node-holder.ts FOLDER CGROUP`. Everything on the node lives
 * in a PID, a mount and a network namespace of its own, so that the end of one process, the first one in there, is the
 * end of every container, mount, link and rule. What no namespace hides, cgroups and files, is removed after that.
 *
 * It is started with a death signal (PR_SET_PDEATHSIG), as is the process below it: whatever ends the one above, even
 * SIGKILL, all of it ends.
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HOLDER_FILE, NODE_ADDRESS } from './node-layout.ts';

const CGROUPS = '/sys/fs/cgroup';
/** How long the kernel may need to empty a cgroup whose processes have been killed, in milliseconds. */
const EMPTY_LIMIT_MS = 5_000;

/*
 * Mounts made from here on are shared inside, as the kubelet wants it, and unknown outside. The folders that programs
 * write into without being told to are covered.
 */
const SET_UP = `
set -eu
mount --make-rshared /
for folder in /run /var/lib /var/log; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
mkdir -p /run/lock /var/lib/cni /var/lib/kubelet
ip link set lo up
ip link add node0 type veth peer name node1
ip address add ${NODE_ADDRESS}/24 dev node0
ip link set node0 up
ip link set node1 up
ip route add default dev node0
sysctl -qw net.ipv4.ip_forward=1
echo ready
# The first process of a PID namespace inherits every orphan in it, and bash reaps what it inherits.
while :; do sleep 86400 & wait $! || true; done
`;

const [folder = '', cgroup = ''] = process.argv.slice(2);
const cgroupFolders = hierarchies().map((hierarchy) => join(hierarchy, cgroup));
for (const path of cgroupFolders) makeCgroup(path);
const child = spawn(
  'setpriv',
  [
    '--pdeathsig=KILL',
    'unshare',
    '--mount',
    '--net',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    '--propagation=private',
    'bash',
    '-c',
    SET_UP,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
child.stdout.once('data', () => {
  // It appears whole or not at all.
  const file = join(folder, HOLDER_FILE);
  writeFileSync(`${file}.new`, String(firstProcess()));
  renameSync(`${file}.new`, file);
});
child.once('exit', () => void removeCgroups());
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    child.kill('SIGKILL');
  });
}

/** The process id, as seen from here, of the first process in the namespaces: the only child of `unshare`. */
function firstProcess(): number {
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  return Number(children.trim());
}

async function removeCgroups(): Promise<void> {
  for (const path of cgroupFolders) await removeEmptied(path);
  // Whoever started it does this too, unless it has been killed.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

/** One (version 2), or one for each controller (version 1). */
function hierarchies(): string[] {
  const entries = readdirSync(CGROUPS, { withFileTypes: true });
  if (entries.some(({ name }) => name === 'cgroup.controllers')) return [CGROUPS];
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(CGROUPS, name));
}

/** A new cgroup of version 1 may use no processor and no memory node until it is told which. */
function makeCgroup(path: string): void {
  mkdirSync(path);
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (existsSync(join(path, file)) && existsSync(join(path, '..', file))) {
      writeFileSync(join(path, file), readFileSync(join(path, '..', file)));
    }
  }
}

async function removeEmptied(path: string): Promise<void> {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeEmptied(join(path, entry.name));
  }
  const deadline = performance.now() + EMPTY_LIMIT_MS;
  for (;;) {
    try {
      rmdirSync(path);
      return;
    } catch (error) {
      const busy = error instanceof Error && 'code' in error && error.code === 'EBUSY';
      if (!busy || performance.now() > deadline) {
        console.error(`The cgroup ${path} cannot be removed: ${String(error)}`);
        return;
      }
    }
    await delay(50);
  }
}
