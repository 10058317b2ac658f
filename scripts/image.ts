/*
 * `npm run image`: builds the Dockerfile with neither an engine nor a registry of images, as an archive.
 * `npm run image -- --output FILE` says where to.
 */
import './end-with-parent.ts';
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { buildImage } from './image/build-image.ts';

const { values } = parseArgs({ options: { output: { type: 'string' } } });
const image = await buildImage({
  log: (line) => {
    console.error(line);
  },
  env: process.env,
  ...(values.output === undefined ? {} : { output: resolve(values.output) }),
});
console.log(`${image.tag}, ${Math.round(image.size / 1e6)} MB: ${image.archive}`);
