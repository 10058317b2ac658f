import { inShell, writtenOptions, type ClusterOptions } from '../cluster/cluster-options.ts';

/** The words of `jobflow run`, as commander reads them. */
export interface RunWords extends ClusterOptions {
  readonly filename?: readonly string[];
  readonly recursive: boolean;
  readonly detach: boolean;
  readonly timeout?: string;
  readonly deleteAfter?: string;
  readonly setEnv: readonly string[];
  readonly replace: boolean;
  readonly forceConflicts: boolean;
  readonly dryRun: 'none' | 'client' | 'server';
  readonly output?: 'name' | 'json' | 'yaml';
}

/** What a user writes to come back to a run. */
export interface WayBack {
  readonly status: string;
  /** Undefined if the same words would start something new, or cannot be read again. */
  readonly run: string | undefined;
}

/**
 * The commands with which a user sees again what a run has started.
 *
 * @param name how the user calls this program
 * @param paths what was run
 * @param isRepeatable whether applying it again leaves what is there
 */
export function wayBack(
  name: string,
  words: RunWords,
  paths: readonly string[],
  isRepeatable: boolean,
): WayBack {
  const same = writtenOptions(words);
  const canRepeat = isRepeatable && !paths.includes('-');
  const flags = [
    ...paths.map((path) => ` -f ${inShell(path)}`),
    ...(words.recursive ? [' -R'] : []),
    same,
    ...(words.timeout === undefined ? [] : [` --timeout ${inShell(words.timeout)}`]),
    ...(words.deleteAfter === undefined ? [] : [` --delete-after ${inShell(words.deleteAfter)}`]),
    ...words.setEnv.map((variable) => ` --set-env ${inShell(variable)}`),
    ...(words.forceConflicts ? [' --force-conflicts'] : []),
  ];
  return { status: `${name} status${same}`, run: canRepeat ? `${name} run${flags.join('')}` : undefined };
}
