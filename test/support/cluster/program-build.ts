import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withBuildLock } from './process-lock.ts';
import { BuildProgress } from './build-progress.ts';
import { missingPrograms } from './programs.ts';
import type { ProgramSet } from './programs.ts';
import { Supervisor } from './supervisor.ts';

const KUBERNETES = 'k8s.io/kubernetes';
const CONTAINERD = 'github.com/containerd/containerd/v2';

/** One folder of `programs/` (a go.mod and its go.sum) and what is built from it: program name and Go package. */
const MODULES: readonly {
  folder: string;
  module: string;
  packages: readonly (readonly [string, string])[];
  /** Build tags, separated by commas. */
  tags?: string;
}[] = [
  { folder: 'etcd', module: 'go.etcd.io/etcd/server/v3', packages: [['etcd', 'go.etcd.io/etcd/server/v3']] },
  {
    folder: 'kubernetes',
    module: KUBERNETES,
    packages: [
      'kube-apiserver',
      'kube-controller-manager',
      'kube-scheduler',
      'kubectl',
      'kubelet',
      'kube-proxy',
    ].map((name) => [name, `${KUBERNETES}/cmd/${name}`] as const),
  },
  { folder: 'kwok', module: 'sigs.k8s.io/kwok', packages: [['kwok', 'sigs.k8s.io/kwok/cmd/kwok']] },
  { folder: 'helm', module: 'helm.sh/helm/v4', packages: [['helm', 'helm.sh/helm/v4/cmd/helm']] },
  {
    folder: 'containerd',
    module: CONTAINERD,
    packages: ['containerd', 'containerd-shim-runc-v2', 'ctr'].map(
      (name) => [name, `${CONTAINERD}/cmd/${name}`] as const,
    ),
    // What needs C libraries, and file systems that nothing here uses.
    tags: 'no_btrfs,no_devmapper,no_zfs',
  },
  // Its own main, with few plugins.
  { folder: 'coredns', module: 'github.com/coredns/coredns', packages: [['coredns', '.']] },
];

const PROGRAMS_FOLDER = fileURLToPath(new URL('./programs', import.meta.url));
/** Lines of a failed build that are shown. */
const SHOWN_LINES = 25;

/** Settings of `buildPrograms`. */
export type BuildOptions = {
  log: (line: string) => void;
  env: Readonly<Record<string, string | undefined>>;
};

/**
 * The folder that jobflow's tasks keep things in across runs: `jobflow` below `$XDG_CACHE_HOME` or `~/.cache`.
 *
 * @param env the environment
 */
export function cacheFolder(env: BuildOptions['env']): string {
  return join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'jobflow');
}

/**
 * Builds every program of a set from the checked-in go.mod files, unless an earlier build left them in the cache
 * (`programs` below `cacheFolder`). A build appears in the cache whole or not at all.
 *
 * @returns the folder with the programs
 * @throws Error with the end of the build's own output and what to do
 */
export async function buildPrograms(set: ProgramSet, { log, env }: BuildOptions): Promise<string> {
  const modules = await readModules(set);
  const cache = join(cacheFolder(env), 'programs');
  const name = cacheName(modules);
  const target = join(cache, name);
  if (missingPrograms(target, set).length === 0) return target;
  await requireGo(env, neededGo(modules));
  await mkdir(cache, { recursive: true });
  await withBuildLock(join(cache, `${name}.lock`), log, async () => {
    if (missingPrograms(target, set).length === 0) return;
    // Only the holder of the lock builds: any other unfinished folder is a dead build's.
    await removeUnfinished(cache, name);
    const unfinished = join(cache, `${name}.unfinished-${process.pid}`);
    await mkdir(unfinished);
    try {
      await buildAll(modules, unfinished, { log, env });
      await rm(target, { recursive: true, force: true });
      await rename(unfinished, target);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  });
  return target;
}

type Module = (typeof MODULES)[number] & { directory: string; goMod: string; goSum: string; version: string };

async function readModules(set: ProgramSet): Promise<Module[]> {
  const wanted = MODULES.map((one) => ({
    ...one,
    packages: one.packages.filter(([name]) => set.some((program) => program === name)),
  })).filter(({ packages }) => packages.length > 0);
  return Promise.all(
    wanted.map(async (one) => {
      const directory = join(PROGRAMS_FOLDER, one.folder);
      const goMod = await readFile(join(directory, 'go.mod'), 'utf8');
      const goSum = await readFile(join(directory, 'go.sum'), 'utf8');
      const line = goMod.split('\n').find((text) =>
        text
          .replace(/^require /, '')
          .trim()
          .startsWith(`${one.module} `),
      );
      const version = line
        ?.trim()
        .split(' ')
        .find((word) => word.startsWith('v'));
      if (version === undefined) throw new Error(`${directory}/go.mod names no version of ${one.module}.`);
      return { ...one, directory, goMod, goSum, version };
    }),
  );
}

/** Versions for people, and a hash of everything else that decides what is built. */
function cacheName(modules: readonly Module[]): string {
  const hash = createHash('sha256');
  for (const module of modules)
    hash
      .update(module.goMod)
      .update(module.goSum)
      .update(module.tags ?? '');
  hash.update(linkerFlags('v0.0.0')).update(`${process.platform}-${process.arch}`);
  const versions = modules.map((module) => `${module.folder}-${module.version}`).join('_');
  return `${versions}_${hash.digest('hex').slice(0, 12)}`;
}

function neededGo(modules: readonly Module[]): string {
  const versions = modules.map((module) => /^go (\S+)$/m.exec(module.goMod)?.[1] ?? '0');
  return versions.reduce((highest, one) => (isOlder(highest, one) ? one : highest));
}

async function requireGo(env: BuildOptions['env'], needed: string): Promise<void> {
  const remedy = `Install Go ${needed} or newer (https://go.dev/dl), or set JOBFLOW_CLUSTER_BIN to a folder that has the programs.`;
  let version: string;
  try {
    const { stdout } = await promisify(execFile)('go', ['env', 'GOVERSION'], {
      env: { ...env, GOTOOLCHAIN: 'local' },
    });
    version = stdout.trim().replace(/^go/, '');
  } catch (cause) {
    throw new Error(
      `The local cluster is built with Go, and no working \`go\` was found on the PATH. ${remedy}`,
      { cause },
    );
  }
  if (isOlder(version, needed))
    throw new Error(`The local cluster needs Go ${needed}, and \`go\` is ${version}. ${remedy}`);
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}

async function removeUnfinished(cache: string, name: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    if (entry.startsWith(`${name}.unfinished-`))
      await rm(join(cache, entry), { recursive: true, force: true });
  }
}

async function buildAll(
  modules: readonly Module[],
  output: string,
  { log, env }: BuildOptions,
): Promise<void> {
  const programs = modules.flatMap((module) =>
    module.packages.map(([name, path]) => ({ module, name, path })),
  );
  log(
    `Building ${programs.length} programs of the local cluster, once. The first build downloads, and can take 10 minutes.`,
  );
  // Under a supervisor, so that a build does not go on when this process is killed.
  const supervisor = await Supervisor.open();
  try {
    for (const [index, { module, name, path }] of programs.entries()) {
      const progress = new BuildProgress(`[${index + 1}/${programs.length}] ${name} ${module.version}`, log);
      const build = await supervisor.start({
        name,
        command: '/usr/bin/env',
        args: [
          'go',
          'build',
          '-trimpath',
          `-tags=${module.tags ?? ''}`,
          '-ldflags',
          linkerFlags(module.version),
          '-o',
          join(output, name),
          path,
        ],
        env: { ...defined(env), CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '', GOWORK: 'off' },
        workingDirectory: module.directory,
        logFile: join(supervisor.directory, `${name}.log`),
        stopLimitMs: 2_000,
        tier: name,
      });
      const end = await build.waitForEnd();
      progress.finish(end.code === 0 ? 'built' : 'failed');
      if (end.code !== 0) throw buildFailure(name, module.directory, await build.logText());
    }
  } finally {
    await supervisor.close();
  }
}

function buildFailure(name: string, directory: string, output: string): Error {
  const shown = output.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
  return new Error(
    `Building ${name} failed:\n\n${shown}\n\nMend what Go says above (network, disk space, GOPROXY) and start again: finished parts are kept. ` +
      `By hand: cd ${directory} && CGO_ENABLED=0 GOTOOLCHAIN=local go build ./... ; or set JOBFLOW_CLUSTER_BIN to a folder that has the programs.`,
  );
}

/**
 * Without these an API server of Kubernetes reports v0.0.0 and misjudges what its version may serve.
 * The other programs have no such variables, and the linker ignores a name that it does not find.
 */
function linkerFlags(version: string): string {
  const [major = '0', minor = '0'] = version.replace(/^v/, '').split('.');
  const values = {
    gitVersion: version,
    gitMajor: major,
    gitMinor: minor,
    gitCommit: 'unknown',
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z',
  };
  const settings = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) =>
    Object.entries(values).map(([name, value]) => `-X ${path}.${name}=${value}`),
  );
  return ['-s', '-w', ...settings].join(' ');
}

function defined(env: BuildOptions['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
