import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ensurePackages, UnfitMachineError } from '../../../scripts/debian-packages.ts';
import { IMAGE_PACKAGES } from '../../../scripts/image/build-image.ts';

const PURPOSE = 'A real cluster';

/** runc runs containers, the plugins connect pods, kube-proxy calls nft and conntrack; ip, nsenter and setpriv make the node. */
const PACKAGES = [
  ...IMAGE_PACKAGES,
  'conntrack',
  'containernetworking-plugins',
  'iproute2',
  'nftables',
  'procps',
  'runc',
  'util-linux',
];

/**
 * Makes this machine one that a real cluster can run on: installs the Debian packages that are missing.
 *
 * @param log receives lines of progress for a person
 * @throws UnfitMachineError when it cannot be one: no Linux, no Debian, not root, or no new namespaces allowed
 */
export async function ensureMachine(log: (line: string) => void): Promise<void> {
  if (process.platform !== 'linux') {
    throw new UnfitMachineError(`${PURPOSE} runs on Linux, and this is ${process.platform}.`);
  }
  if (process.getuid?.() !== 0) {
    throw new UnfitMachineError(
      `${PURPOSE} needs root, for its namespaces, mounts and cgroups: start again as root.`,
    );
  }
  await ensurePackages(PURPOSE, PACKAGES, log);
  try {
    await promisify(execFile)('unshare', ['--mount', '--net', '--pid', '--fork', '--mount-proc', 'true']);
  } catch (cause) {
    throw new UnfitMachineError(
      `${PURPOSE} needs namespaces of its own, and this machine refuses them: ${cause instanceof Error ? cause.message.trim() : String(cause)}`,
      { cause },
    );
  }
}
