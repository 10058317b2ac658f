import { after, before, beforeEach } from 'mocha';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import type { Cluster } from '../../support/cluster.ts';
import { cliUser, type CliUser } from './cli-fixture.ts';

/** Where the tests of `jobflow run` work; what it has is there once their hooks have run. */
export interface RunPlace {
  cluster: Cluster;
  /** Another one, with a namespace of its own, for each test. */
  user: CliUser;
  /** A folder for files, removed after the last test. */
  folder: string;
  /** Runs kubectl in the user's namespace, and gives what it wrote. */
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
}

/** Prepares such a place for the tests of the `describe` that it is called in. */
export function runPlace(): RunPlace {
  const place = {
    kubectl: async (...args: readonly string[]) =>
      (await place.cluster.kubectl([...args, '-n', place.user.namespace])).stdout,
  } as RunPlace;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    place.cluster = await sharedCluster();
    place.folder = await mkdtemp(join(tmpdir(), 'jobflow-run-'));
  });

  beforeEach(async () => {
    place.user = await cliUser(place.cluster);
  });

  after(() => rm(place.folder, { recursive: true }));

  return place;
}
