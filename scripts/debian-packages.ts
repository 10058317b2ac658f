import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A machine on which something cannot be done at all, however often it is tried. */
export class UnfitMachineError extends Error {
  readonly code = 'UNFIT_MACHINE';
}

/**
 * Installs the Debian packages that are not there yet.
 *
 * @param purpose what needs them, as the start of a sentence: `Building the image`
 * @param log receives lines of progress for a person
 * @throws UnfitMachineError when this is no Debian (or a system derived from it), or when packages are missing and this
 *   user is not root
 * @throws Error with what apt-get said when it fails
 */
export async function ensurePackages(
  purpose: string,
  names: readonly string[],
  log: (line: string) => void,
): Promise<void> {
  if (!(await hasApt())) {
    throw new UnfitMachineError(
      `${purpose} needs a Debian machine: apt-get and dpkg-query are missing here.`,
    );
  }
  const missing = await missingPackages(names);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new UnfitMachineError(
      `${purpose} needs Debian packages that are missing: ${missing.join(', ')}. Start again as root, or have them installed first: apt-get install ${missing.join(' ')}`,
    );
  }
  log(`Installing Debian packages: ${missing.join(', ')} …`);
  await aptGet(['update', '--quiet']);
  await aptGet(['install', '--yes', '--no-install-recommends', '--quiet', ...missing]);
}

async function hasApt(): Promise<boolean> {
  try {
    await Promise.all(['/usr/bin/apt-get', '/usr/bin/dpkg-query'].map((path) => access(path)));
    return true;
  } catch {
    return false;
  }
}

async function missingPackages(names: readonly string[]): Promise<string[]> {
  const installed = await Promise.all(
    names.map(async (name) => {
      try {
        const { stdout } = await run('/usr/bin/dpkg-query', ['-W', '-f', '${db:Status-Status}', name]);
        return stdout === 'installed';
      } catch {
        // dpkg-query knows no such package.
        return false;
      }
    }),
  );
  return names.filter((_, index) => installed[index] !== true);
}

async function aptGet(args: readonly string[]): Promise<void> {
  try {
    await run('/usr/bin/apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trimEnd() : '';
    throw new Error(`apt-get ${args.join(' ')} failed. Mend what it says and start again:\n${said}`, {
      cause,
    });
  }
}
