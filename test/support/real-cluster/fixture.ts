import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { after } from 'mocha';
import { buildImage, openBuildah } from '../../../scripts/image/build-image.ts';
import { cacheFolder } from '../cluster/program-build.ts';
import { ensureMachine } from './machine.ts';
import { startRealCluster } from './real-cluster.ts';
import type { RealCluster } from './real-cluster.ts';
import { makeTestImages } from './test-images.ts';

const QUIET = { log: () => undefined, env: process.env };

/** How long a hook may take that starts the cluster, in milliseconds: it may have to build everything first. */
export const STARTING_LIMIT_MS = 30 * 60_000;

let starting: Promise<RealCluster> | undefined;
let making: Promise<string[]> | undefined;

/**
 * The real cluster that all tests of this process share, with the image of this checkout on its node; started at the
 * first call, stopped after the last test.
 */
export function sharedRealCluster(): Promise<RealCluster> {
  starting ??= start();
  return starting;
}

/** The archives of the images that any node and any Job of the tests needs, made at the first call. */
export function sharedTestImages(): Promise<string[]> {
  making ??= makeImages();
  return making;
}

async function makeImages(): Promise<string[]> {
  await ensureMachine(log);
  const folder = join(cacheFolder(process.env), 'image');
  await mkdir(folder, { recursive: true });
  return makeTestImages(openBuildah(QUIET), folder);
}

async function start(): Promise<RealCluster> {
  const begun = performance.now();
  const say = (what: string) => {
    log(`${what} (${((performance.now() - begun) / 1_000).toFixed(0)} s)`);
  };
  const testImages = await sharedTestImages();
  const image = await buildImage(QUIET);
  say(`Built ${image.tag}, ${Math.round(image.size / 1e6)} MB`);
  const cluster = await startRealCluster({ images: [...testImages, image.archive], log });
  say('Started the cluster');
  return cluster;
}

function log(line: string): void {
  console.error(`  ${line}`);
}

after('stop the real cluster', async function () {
  this.timeout(60_000);
  const cluster = await starting?.catch(() => undefined);
  await cluster?.stop();
});
