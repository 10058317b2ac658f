import { expect } from 'chai';
import type { Cluster } from '../support/cluster.ts';
import { STARTING_LIMIT_MS, sharedCluster, sharedJobflow } from '../support/cluster/fixture.ts';
import { flow, template } from '../e2e/support/flow-manifest.ts';
import { flowPlace } from '../e2e/support/flow-place.ts';
import { job } from '../e2e/support/job-manifest.ts';

const LAYERS = 10;
const WIDTH = 100;
/** 1,000 bare Jobs take 22 s on an idle machine of two cores; the ten layers are ten times a second more. */
const LARGE_LIMIT_MS = 300_000;

describe('a large JobFlow', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    cluster = await sharedCluster();
  });

  it('1,000 entries in ten layers run in order, with few writes of the status', async function () {
    this.timeout(2 * LARGE_LIMIT_MS);
    const { jobs, flows } = await flowPlace(cluster);
    const large = flow('large');
    for (let layer = 0; layer < LAYERS; layer += 1) {
      for (let index = 0; index < WIDTH; index += 1) {
        // Two of the layer before, so that every Job has its own time.
        const dependencies =
          layer === 0 ? [] : [index, (index + 1) % WIDTH].map((at) => `l${layer - 1}-${at}`);
        large.entry({ name: `l${layer}-${index}`, jobTemplateRef: 'step', dependencies });
      }
    }
    await jobs.apply([template('step', job('step')), large]);
    const began = performance.now();
    const status = await flows.untilState('large', 'Succeed', LARGE_LIMIT_MS);
    const seconds = (performance.now() - began) / 1_000;
    expect(status.counts).to.include({ total: LAYERS * WIDTH, succeeded: LAYERS * WIDTH });
    await jobs.observer.untilCaughtUp();
    for (const name of large.jobNames()) expect(jobs.lives(name), name).to.have.length(1);
    for (let layer = 1; layer < LAYERS; layer += 1) {
      const [first, second] = [`large-l${layer - 1}-7`, `large-l${layer - 1}-8`];
      jobs.expectStartedAfter(`large-l${layer}-7`, first, second);
    }
    // Its begin, its end, and one every 8.5 s: 500 ms, and 8 ms for each Job.
    const writes = flows.versions('large').length - 1;
    expect(writes, `writes in ${seconds.toFixed()} s`).to.be.at.most(6 + seconds / 8.5);
    console.log(`        ${seconds.toFixed(1)} s, ${writes} writes of the status`);
  });
});
