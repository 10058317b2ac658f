import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import about from '../package.json' with { type: 'json' };
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
  /** `jobflow` as it is in this checkout, and its other names. */
  commands: at('bin'),
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

/**
 * Puts the checkout's command line where a shell finds it, under each name that the package gives it, and run by the
 * checkout's own Node.js.
 */
export async function writeCommands(): Promise<void> {
  await mkdir(CLUSTER_FILES.commands, { recursive: true });
  for (const name of Object.keys(about.bin)) {
    // It knows by its name what it is called as.
    const link = at(name);
    await symlink(join(ROOT, 'src/cli/main.ts'), link);
    const node = join(ROOT, 'node_modules/.bin/node');
    const script = `#!/bin/sh\nexec ${quoted(node)} ${quoted(link)} "$@"\n`;
    await writeFile(join(CLUSTER_FILES.commands, name), script, { mode: 0o755 });
  }
}

/** A shell file that points kubectl, helm and jobflow at the cluster; every path in it is absolute. */
export function shellEnvironment(binDirectory: string): string {
  const folders = [CLUSTER_FILES.commands, binDirectory].map(quoted).join(':');
  return [`export KUBECONFIG=${quoted(CLUSTER_FILES.kubeconfig)}`, `export PATH=${folders}:"$PATH"`, ''].join(
    '\n',
  );
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
