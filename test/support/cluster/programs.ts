import { accessSync, constants } from 'node:fs';
import { join, resolve } from 'node:path';

/** The programs that a cluster is made of. */
export const PROGRAMS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'kwok',
  'helm',
] as const;

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
    const missing = missingPrograms(resolve(given));
    if (missing.length === 0) return resolve(given);
    throw new Error(
      `JOBFLOW_CLUSTER_BIN names ${given}, which lacks ${missing.join(', ')}. Add what is missing, or unset the variable to have all programs built.`,
    );
  }
  const { buildPrograms } = await import('./program-build.ts');
  return buildPrograms({ log, env });
}

/** Which of the programs are not executable files in a folder. */
export function missingPrograms(directory: string): string[] {
  return PROGRAMS.filter((name) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return false;
    } catch {
      return true;
    }
  });
}
