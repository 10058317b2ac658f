import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../test/support/cluster/program-build.ts';
import { ensurePackages } from '../debian-packages.ts';
import { ROOT } from '../run-tool.ts';
import { makeBuildBase, makeRuntimeBase } from './base-images.ts';
import { Buildah } from './buildah.ts';

/** Settings of `buildImage`. */
export type ImageOptions = {
  /** The archive to write; a file in the cache folder unless stated. */
  output?: string;
  /** Receives lines of progress for a person. */
  log: (line: string) => void;
  env: Readonly<Record<string, string | undefined>>;
};

/** An image that has been built. */
export type BuiltImage = {
  /** The name with its tag, as the manifests have it. */
  tag: string;
  /** The archive: `docker load`, `podman load` and `ctr images import` take it. */
  archive: string;
  /** What it takes on a disk, in bytes. */
  size: number;
};

/** The packages that a build needs. */
export const IMAGE_PACKAGES = ['buildah', 'busybox-static', 'ca-certificates'] as const;

/** The image's name, without a tag. */
export const IMAGE_NAME = 'ghcr.io/jobflow/jobflow';

/** Debian's buildah with the images of jobflow's tasks, which stay in the cache folder across runs. */
export function openBuildah({ log, env }: Pick<ImageOptions, 'log' | 'env'>): Buildah {
  return new Buildah(join(cacheFolder(env), 'image'), log);
}

/**
 * Builds the Dockerfile of this checkout, with neither an engine nor a registry of images: the images that it starts
 * from are made of this machine's own files. The registry of npm is asked as on this machine.
 *
 * @throws UnfitMachineError when this machine cannot
 * @throws Error with the end of the build's output
 */
export async function buildImage(options: ImageOptions): Promise<BuiltImage> {
  const { log, env } = options;
  await ensurePackages('Building the image', IMAGE_PACKAGES, log);
  const buildah = openBuildah(options);
  const { version } = readManifest(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const bases = readBases(await readFile(join(ROOT, 'Dockerfile'), 'utf8'));
  const source = { node: await realpath(process.execPath), npm: await npmFolder(env) };
  await makeBuildBase(buildah, bases.build, source);
  await makeRuntimeBase(buildah, bases.runtime, source);
  const tag = `${IMAGE_NAME}:${version}`;
  const archive = options.output ?? join(cacheFolder(env), 'image', `jobflow-${version}.tar`);
  const npmCache = join(cacheFolder(env), 'image', 'npm');
  await mkdir(npmCache, { recursive: true });
  const npmrc = env.NPM_CONFIG_USERCONFIG ?? join(homedir(), '.npmrc');
  await buildah.build({
    tag,
    context: ROOT,
    file: join(ROOT, 'Dockerfile'),
    arguments: { VERSION: version, REVISION: await revision() },
    ...(existsSync(npmrc) ? { secrets: { npmrc } } : {}),
    volumes: { '/root/.npm': npmCache },
  });
  await buildah.save(tag, archive);
  return { tag, archive, size: (await stat(archive)).size };
}

/** The tags that the Dockerfile starts from. */
function readBases(dockerfile: string): { build: string; runtime: string } {
  const read = (name: string) => {
    const tag = new RegExp(`^ARG ${name}=(\\S+)$`, 'm').exec(dockerfile)?.[1];
    if (tag === undefined) throw new Error(`The Dockerfile has no line "ARG ${name}=…".`);
    return tag;
  };
  return { build: read('NODE_IMAGE'), runtime: read('RUNTIME_IMAGE') };
}

function readManifest(text: string): { version: string } {
  const manifest: unknown = JSON.parse(text);
  if (
    typeof manifest === 'object' &&
    manifest !== null &&
    'version' in manifest &&
    typeof manifest.version === 'string'
  ) {
    return { version: manifest.version };
  }
  throw new Error('package.json has no version.');
}

/** The folder of the npm that started this, or of the one on the PATH. */
async function npmFolder(env: ImageOptions['env']): Promise<string> {
  const started = env.npm_execpath;
  const program =
    started?.endsWith('npm-cli.js') === true
      ? started
      : (await promisify(execFile)('sh', ['-c', 'command -v npm'])).stdout.trim();
  return dirname(dirname(await realpath(program)));
}

async function revision(): Promise<string> {
  try {
    return (await promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd: ROOT })).stdout.trim();
  } catch {
    // A checkout without its history.
    return 'unknown';
  }
}
