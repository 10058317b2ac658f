import { mkdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../test/support/cluster/run-command.ts';
import type { CommandResult } from '../../test/support/cluster/run-command.ts';

/** What one image is made of. */
export type BuildahBuild = {
  /** The full name with its tag, as in `docker.io/library/busybox:latest`. */
  tag: string;
  /** The folder that COPY copies from. */
  context: string;
  /** The path of the Dockerfile. */
  file: string;
  /** By the names of ARG in the Dockerfile. */
  arguments?: Readonly<Record<string, string>>;
  /** Files that RUN may read and that no layer holds, by their id. */
  secrets?: Readonly<Record<string, string>>;
  /** Folders of this machine that are there while RUN runs, and in no layer: by their path in the image. */
  volumes?: Readonly<Record<string, string>>;
};

/**
 * Debian's buildah with images of its own in one folder. It needs neither an engine nor a registry: commands run in a
 * chroot, and every base image must be in that folder already.
 */
export class Buildah {
  readonly #folder: string;
  readonly #log: (line: string) => void;

  /**
   * @param folder holds images and layers across runs; made when it is missing
   * @param log receives the output of builds
   */
  constructor(folder: string, log: (line: string) => void) {
    this.#folder = folder;
    this.#log = log;
  }

  /**
   * Builds an image, out of layers of earlier builds where nothing has changed. The same content gives the same image,
   * whenever it is built.
   *
   * @throws Error with the end of the build's output
   */
  async build(build: BuildahBuild): Promise<void> {
    await this.#run(
      [
        'build',
        '--isolation=chroot',
        '--pull-never',
        '--layers',
        '--format=docker',
        '--timestamp=0',
        `--file=${build.file}`,
        `--tag=${build.tag}`,
        ...Object.entries(build.arguments ?? {}).map(([name, value]) => `--build-arg=${name}=${value}`),
        ...Object.entries(build.secrets ?? {}).map(([id, path]) => `--secret=id=${id},src=${path}`),
        ...Object.entries(build.volumes ?? {}).map(([inside, path]) => `--volume=${path}:${inside}:rw`),
        build.context,
      ],
      this.#log,
    );
  }

  /** Whether an image of that name is there. */
  async has(tag: string): Promise<boolean> {
    return (await this.#run(['inspect', '--type=image', tag], undefined, true)).code === 0;
  }

  /** Writes an image as an archive that `docker load`, `podman load` and `ctr images import` take. */
  async save(tag: string, archive: string): Promise<void> {
    // Written aside: an archive is there whole or not at all, and buildah writes over none.
    const unfinished = `${archive}.${process.pid}`;
    await rm(unfinished, { force: true });
    await this.#run(['push', '--format=v2s2', tag, `docker-archive:${unfinished}:${tag}`]);
    await rename(unfinished, archive);
  }

  /** Removes every image of the folder that has no name any more, with its layers. */
  async prune(): Promise<void> {
    await this.#run(['rmi', '--prune', '--force']);
  }

  async #run(
    args: readonly string[],
    onLine?: (line: string) => void,
    allowFailure = false,
  ): Promise<CommandResult> {
    await mkdir(this.#folder, { recursive: true });
    const driver = await storageDriver(this.#folder);
    const storage = [
      `--storage-driver=${driver}`,
      `--root=${join(this.#folder, driver)}`,
      `--runroot=${join(this.#folder, 'run')}`,
    ];
    return runCommand(
      `buildah ${args.join(' ')}`,
      // With a death signal and its own mounts: nothing of a build may outlive this process.
      ['/usr/bin/setpriv', '--pdeathsig=TERM', 'unshare', '--mount', 'buildah', ...storage, ...args],
      {
        allowFailure,
        // Where it unpacks what it builds.
        env: { ...process.env, TMPDIR: this.#folder },
        ...(onLine === undefined ? {} : { onLine }),
      },
    );
  }
}

/** `OVERLAYFS_SUPER_MAGIC` in https://man7.org/linux/man-pages/man2/statfs.2.html */
const OVERLAY_TYPE = 0x794c7630;

/** Layers upon layers where the kernel can, four times as fast as whole copies; one overlay does not lie upon another. */
async function storageDriver(folder: string): Promise<'overlay' | 'vfs'> {
  const filesystems = await readFile('/proc/filesystems', 'utf8');
  const { type } = await statfs(folder);
  return filesystems.includes('\toverlay\n') && type !== OVERLAY_TYPE ? 'overlay' : 'vfs';
}
