import { accessSync, constants } from 'node:fs';
import { join, resolve } from 'node:path';

/** The programs that a cluster of fake nodes is made of, and those by which it is used. */
export const PROGRAMS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'kwok',
  'helm',
] as const;

/** What a real node needs besides: its kubelet, what makes Services work and gives them names, what runs containers. */
export const NODE_PROGRAMS = [
  'kubelet',
  'kube-proxy',
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'coredns',
] as const;

/** Programs that are built, kept and found together. */
export type ProgramSet = typeof PROGRAMS | typeof NODE_PROGRAMS;

/** Settings of `ensurePrograms`. */
export type ProgramsOptions = {
  /** Receives lines of progress for a person. */
  log?: (line: string) => void;
  env?: Readonly<Record<string, string | undefined>>;
};

/**
 * The folder that has every program of `PROGRAMS`.
 *
 * @throws Error that says what to do
 */
export async function ensurePrograms({
  log = () => undefined,
  env = process.env,
}: ProgramsOptions = {}): Promise<string> {
  const given = env.JOBFLOW_CLUSTER_BIN;
  if (given !== undefined && given !== '') {
    const missing = missingPrograms(resolve(given), PROGRAMS);
    if (missing.length === 0) return resolve(given);
    throw new Error(
      `JOBFLOW_CLUSTER_BIN names ${given}, which lacks ${missing.join(', ')}. Add what is missing, or unset the variable to have all programs built.`,
    );
  }
  const { buildPrograms } = await import('./program-build.ts');
  return buildPrograms(PROGRAMS, { log, env });
}

/**
 * The folder that has every program of `NODE_PROGRAMS`: `JOBFLOW_CLUSTER_BIN` if they are there too.
 *
 * @throws Error that says what to do
 */
export async function ensureNodePrograms({
  log = () => undefined,
  env = process.env,
}: ProgramsOptions = {}): Promise<string> {
  const given = env.JOBFLOW_CLUSTER_BIN;
  if (given !== undefined && given !== '' && missingPrograms(resolve(given), NODE_PROGRAMS).length === 0) {
    return resolve(given);
  }
  const { buildPrograms } = await import('./program-build.ts');
  return buildPrograms(NODE_PROGRAMS, { log, env });
}

/** Which programs of a set are not executable files in a folder. */
export function missingPrograms(directory: string, set: ProgramSet): string[] {
  return set.filter((name) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return false;
    } catch {
      return true;
    }
  });
}
