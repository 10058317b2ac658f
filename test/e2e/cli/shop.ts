import type { JobObject } from '../../../src/api/job.ts';
import { outcomeOf } from '../../../src/core/outcome.ts';
import { readPath, waitUntil, type Cluster } from '../../support/cluster.ts';
import { flow } from '../support/flow-manifest.ts';
import { job } from '../support/job-manifest.ts';
import { cliUser, type CliUser } from './cli-fixture.ts';

/** Longer than any test. */
const LONG = '3600s';

/**
 * A user whose namespace has Jobs in every state, none of which changes any more: a JobFlow `etl` of which a Job has
 * failed, and Jobs of their own.
 */
export async function userOfShop(cluster: Cluster): Promise<CliUser> {
  const user = await cliUser(cluster);
  const { namespace } = user;
  await cluster.apply(
    [
      flow('etl')
        .runs(job('extract'))
        .runs(job('alarm'), 'extract=Failed')
        .runs(job('quality').fails(3), 'extract')
        .runs(job('quarantine').lasts(LONG), 'quality=Failed')
        .runs(job('load'), 'quality')
        .runs(job('report'), 'load=Finished', 'quarantine')
        .having({ hold: true }),
      job('import').dependsOn('upload, jobflow/etl=Finished'),
      job('invoice').annotated('hold', 'true'),
      job('paused').annotated('run', 'monday').spec({ suspend: true }),
      job('unrelated'),
    ],
    { namespace },
  );
  await waitUntil('the Jobs of the shop to stand where they will stay', async () => {
    const { body } = await cluster.api.request('GET', `/apis/batch/v1/namespaces/${namespace}/jobs`);
    const jobs = (readPath(body, 'items') ?? []) as readonly (JobObject & { status?: { ready?: number } })[];
    const ended = jobs.filter(({ status }) => outcomeOf(status?.conditions ?? []) !== undefined);
    const running = jobs.filter(({ status }) => status?.ready === 1);
    return jobs.length === 10 && ended.length === 5 && running.length === 1;
  });
  return user;
}
