import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** This checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Writes what a commit had into a temporary folder, with the dependencies of this checkout.
 *
 * @returns undefined where the history does not reach so far back
 */
export async function checkOut(
  commit: string,
): Promise<{ readonly root: string; remove(): Promise<void> } | undefined> {
  try {
    await run('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: ROOT });
  } catch {
    return undefined;
  }
  const root = await mkdtemp(join(tmpdir(), 'jobflow-older-'));
  const archive = join(root, 'archive.tar');
  await run('git', ['archive', `--output=${archive}`, commit], { cwd: ROOT });
  await run('tar', ['-xf', archive, '-C', root]);
  await rm(archive);
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}
