import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseIdentity } from '../test/support/cluster/process-lock.ts';
import type { ProcessIdentity } from '../test/support/cluster/process-identity.ts';
import { ROOT } from './run-tool.ts';

const at = (name: string) => join(ROOT, '.cluster', name);

/** What the background cluster keeps in the checkout. */
export const CLUSTER_FILES = {
  folder: join(ROOT, '.cluster'),
  /** Names the process that owns the cluster, from its first moment. */
  owner: at('owner.json'),
  /** Names the process that holds the programs, which outlives a killed owner by a moment. */
  supervisor: at('supervisor.json'),
  /** What the owner says. */
  log: at('log'),
  kubeconfig: at('kubeconfig'),
  /** For people: `. .cluster/env`. It exists from the moment that the cluster is ready. */
  env: at('env'),
} as const;

/** Remembers a process. */
export async function writeProcess(path: string, identity: ProcessIdentity): Promise<void> {
  await writeFile(path, JSON.stringify(identity));
}

/** A remembered process; `undefined` when none is. */
export async function readProcess(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return parseIdentity(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    // Not there, or half written by a process that was killed.
    return undefined;
  }
}

/** Leaves nothing in the checkout. */
export async function removeClusterFolder(): Promise<void> {
  await rm(CLUSTER_FILES.folder, { recursive: true, force: true });
}

/** A shell file that points kubectl and helm at the cluster; every path in it is absolute. */
export function shellEnvironment(binDirectory: string): string {
  return [
    `export KUBECONFIG=${quoted(CLUSTER_FILES.kubeconfig)}`,
    `export PATH=${quoted(binDirectory)}:"$PATH"`,
    '',
  ].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
