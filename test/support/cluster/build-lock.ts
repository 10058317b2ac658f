import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { BuildProgress } from './build-progress.ts';
import { identifyProcess, isRunning } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

const LOOK_EVERY_MS = 500;

/**
 * Runs `work` while this process holds the lock file; waits, and says so, while another live process holds it.
 * The lock of a process that has ended is taken over. It saves double work and no more: two takers of the same
 * dead lock at the same instant may both get through, so the work itself must stand being done twice at once.
 *
 * @param path the lock file; its folder exists
 * @param log receives lines of progress for a person
 */
export async function withBuildLock(
  path: string,
  log: (line: string) => void,
  work: () => Promise<void>,
): Promise<void> {
  const own = await identifyProcess(process.pid);
  if (own === undefined) throw new Error('This process cannot find itself in the list of processes.');
  let waiting: BuildProgress | undefined;
  try {
    while (!(await take(path, own))) {
      const holder = await readHolder(path);
      if (holder !== undefined && !(await isRunning(holder))) {
        await breakLock(path, holder, own);
      } else {
        waiting ??= new BuildProgress(`Waiting for the build of process ${holder?.pid ?? '(unknown)'}`, log);
        await delay(LOOK_EVERY_MS);
      }
    }
  } finally {
    waiting?.finish('ended');
  }
  try {
    await work();
  } finally {
    await rm(path, { force: true });
  }
}

/** A lock appears with its content or not at all: the file is written aside, and linked to the name if that is free. */
async function take(path: string, own: ProcessIdentity): Promise<boolean> {
  const aside = `${path}.${own.pid}`;
  await writeFile(aside, JSON.stringify(own));
  try {
    await link(aside, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    const holder: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof holder !== 'object' || holder === null || !('pid' in holder) || !('startedAt' in holder))
      return undefined;
    const { pid, startedAt } = holder;
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : undefined;
  } catch {
    // Released between two looks.
    return undefined;
  }
}

async function breakLock(path: string, dead: ProcessIdentity, own: ProcessIdentity): Promise<void> {
  const aside = `${path}.dead-${own.pid}`;
  try {
    await rename(path, aside);
  } catch {
    // Another taker was quicker.
    return;
  }
  const taken = await readHolder(aside);
  // Another taker's fresh lock was caught instead of the dead one: give it back.
  if (taken !== undefined && taken.pid !== dead.pid) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}
