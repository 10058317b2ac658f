import { join } from 'node:path';
import { makeBusyboxImage } from '../../../scripts/image/base-images.ts';
import type { Buildah } from '../../../scripts/image/buildah.ts';
import { SANDBOX_IMAGE } from './node-layout.ts';

/** What Jobs run: Debian's static busybox, under the tag that the examples name. */
const BUSYBOX_IMAGE = 'docker.io/library/busybox:1.36';

const COMMANDS = [
  'sh',
  'cat',
  'date',
  'echo',
  'env',
  'expr',
  'false',
  'hostname',
  'ls',
  'seq',
  'sleep',
  'test',
  'true',
];

/**
 * Makes the images that the tests themselves need.
 *
 * @param folder receives the archives
 * @returns the paths of the archives
 */
export async function makeTestImages(buildah: Buildah, folder: string): Promise<string[]> {
  const images = [
    { tag: BUSYBOX_IMAGE, archive: join(folder, 'busybox.tar'), command: ['sh'] },
    { tag: SANDBOX_IMAGE, archive: join(folder, 'pause.tar'), command: ['/bin/sleep', '1000000000'] },
  ];
  for (const { tag, archive, command } of images) {
    await makeBusyboxImage(buildah, tag, COMMANDS, command);
    await buildah.save(tag, archive);
  }
  return images.map(({ archive }) => archive);
}
