import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import type { Buildah } from './buildah.ts';

/*
 * Stand-ins for the images that the Dockerfile starts from, made of what is on this Debian machine, for builds where
 * no registry can be reached. They have what the Dockerfile relies on and what the image relies on at run time, at the
 * same paths: the C and C++ libraries, trusted authorities, the user 65532; and, to build, Node.js, npm and a shell.
 */

const CA_CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const BUSYBOX = '/bin/busybox';
/** What npm and the scripts of packages call. */
const BUILD_COMMANDS = [
  'sh',
  'env',
  'cat',
  'cp',
  'dirname',
  'find',
  'ls',
  'mkdir',
  'mv',
  'rm',
  'sed',
  'uname',
];

/** What a stand-in is made of, besides what its name says. */
export type BaseSource = {
  /** The path of Node.js' program. */
  node: string;
  /** The folder of npm's package. */
  npm: string;
};

/**
 * Makes the image to run in: libraries and no more, as `gcr.io/distroless/cc-debian12:nonroot` has them.
 *
 * @param tag the name that the Dockerfile asks for
 */
export async function makeRuntimeBase(buildah: Buildah, tag: string, { node }: BaseSource): Promise<void> {
  await makeImage(
    buildah,
    tag,
    ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    (root) => writeLibraries(root, node),
  );
}

/**
 * Makes the image to build in: Node.js, npm and a shell, as `node:…-slim` has them.
 *
 * @param tag the name that the Dockerfile asks for
 */
export async function makeBuildBase(buildah: Buildah, tag: string, { node, npm }: BaseSource): Promise<void> {
  const environment = [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    // The authorities that this machine trusts, which may be more than Node.js' own.
    `NODE_EXTRA_CA_CERTS=${CA_CERTIFICATES}`,
  ];
  await makeImage(buildah, tag, environment, async (root) => {
    await writeLibraries(root, node);
    await copyInto(root, node, '/usr/local/bin/node');
    await cp(npm, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true, dereference: true });
    for (const name of ['npm', 'npx']) {
      await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, 'usr/local/bin', name));
    }
    await writeBusybox(root, BUILD_COMMANDS);
    await mkdir(join(root, 'usr/bin'), { recursive: true });
    // The first line of every program of a package names it.
    await symlink('/bin/env', join(root, 'usr/bin/env'));
  });
}

/**
 * Makes an image of Debian's static busybox.
 *
 * @param commands the names under which it can be called
 * @param command what it runs unless told otherwise
 */
export async function makeBusyboxImage(
  buildah: Buildah,
  tag: string,
  commands: readonly string[],
  command: readonly string[],
): Promise<void> {
  await makeImage(
    buildah,
    tag,
    ['PATH=/bin'],
    async (root) => {
      await writeBusybox(root, commands);
      await writeUsers(root);
    },
    command,
  );
}

async function makeImage(
  buildah: Buildah,
  tag: string,
  environment: readonly string[],
  fill: (root: string) => Promise<void>,
  command?: readonly string[],
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'jobflow-base-'));
  try {
    const root = join(context, 'root');
    await mkdir(root);
    await fill(root);
    const lines = [
      'FROM scratch',
      'COPY root/ /',
      ...environment.map((one) => `ENV ${one}`),
      ...(command === undefined ? [] : [`CMD ${JSON.stringify(command)}`]),
    ];
    await writeFile(join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
    await buildah.build({ tag, context, file: join(context, 'Dockerfile') });
  } finally {
    await rm(context, { recursive: true });
  }
}

async function writeLibraries(root: string, program: string): Promise<void> {
  for (const path of await sharedLibraries(program)) await copyInto(root, path, path);
  await copyInto(root, CA_CERTIFICATES, CA_CERTIFICATES);
  await writeUsers(root);
}

/** The files that the loader brings in for a program, the loader itself among them, as `ldd` lists them. */
async function sharedLibraries(program: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ldd', [program]);
  const paths = stdout
    .split('\n')
    .flatMap((line) => /(?:=> )?(\/\S+) \(0x[0-9a-f]+\)$/.exec(line)?.[1] ?? []);
  if (paths.length === 0) throw new Error(`ldd ${program} lists no library:\n${stdout}`);
  return paths;
}

async function writeUsers(root: string): Promise<void> {
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
  );
  await writeFile(join(root, 'etc/group'), 'root:x:0:\nnonroot:x:65532:\n');
  await mkdir(join(root, 'root'), { recursive: true });
  await mkdir(join(root, 'tmp'), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
}

async function writeBusybox(root: string, commands: readonly string[]): Promise<void> {
  await copyInto(root, BUSYBOX, '/bin/busybox');
  for (const name of commands) await symlink('busybox', join(root, 'bin', name));
}

async function copyInto(root: string, from: string, to: string): Promise<void> {
  await mkdir(dirname(join(root, to)), { recursive: true });
  await copyFile(from, join(root, to));
}

/** A short name for the content of files: another content has another one. */
export async function fingerprint(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(await readFile(path));
  return hash.digest('hex').slice(0, 12);
}
