import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { BuildProgress } from './build-progress.ts';
import { identifyProcess, isRunning } from './process-identity.ts';
import type { ProcessIdentity } from './process-identity.ts';

const LOOK_EVERY_MS = 500;

/**
 * Runs `work` while this process holds the lock file; waits, and says so, while another live process holds it.
 * It saves double work and no more: two takers of the same dead lock at the same instant may both get through, so
 * the work itself must stand being done twice at once.
 *
 * @param path the lock file; its folder exists
 * @param log receives lines of progress for a person
 */
export async function withBuildLock(
  path: string,
  log: (line: string) => void,
  work: () => Promise<void>,
): Promise<void> {
  let waiting: BuildProgress | undefined;
  try {
    for (let holder = await takeLock(path); holder !== undefined; holder = await takeLock(path)) {
      waiting ??= new BuildProgress(`Waiting for the build of process ${holder.pid}`, log);
      await delay(LOOK_EVERY_MS);
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

/**
 * Takes a lock file for this process, also from a process that has ended.
 *
 * @returns `undefined` when it is taken, else the live process that holds it
 */
export async function takeLock(path: string): Promise<ProcessIdentity | undefined> {
  const own = await identifyProcess(process.pid);
  if (own === undefined) throw new Error('This process cannot find itself in the list of processes.');
  while (!(await create(path, own))) {
    const holder = await readLockHolder(path);
    if (holder === undefined) continue;
    if (await isRunning(holder)) return holder;
    await breakLock(path, holder);
  }
  return undefined;
}

/** The process that a lock file names, be it alive or not; `undefined` when there is no lock file. */
export async function readLockHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return parseIdentity(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Reads an identity out of parsed JSON; `undefined` when it is something else. */
export function parseIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('startedAt' in value))
    return undefined;
  const { pid, startedAt } = value;
  return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : undefined;
}

/** A lock appears with its content or not at all: the file is written aside, and linked to the name if that is free. */
async function create(path: string, own: ProcessIdentity): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`;
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

async function breakLock(path: string, dead: ProcessIdentity): Promise<void> {
  const aside = `${path}.dead-${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    // Another taker was quicker.
    return;
  }
  const taken = await readLockHolder(aside);
  // Another taker's fresh lock was caught instead of the dead one: give it back.
  if (taken !== undefined && taken.pid !== dead.pid) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}
