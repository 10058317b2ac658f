import { expect } from 'chai';
import { cleanUp, type CleanupReport } from '../../../controller/cleanup/object-cleaner.ts';
import { KEEP_OUTCOME_FINALIZER } from '../../../src/api/names.ts';
import { ApiError } from '../../../src/kube/api-error.ts';
import type { ApiRequest } from '../../../src/kube/connection.ts';

const metadata = { namespace: 'test', name: 'a', uid: 'a-1', resourceVersion: '1' };
const kept = { metadata: { ...metadata, finalizers: [KEEP_OUTCOME_FINALIZER] } };

/** Cleans up with these answers to the list of Jobs and to patches; there are no flows. */
async function cleaned(
  answers: { list: () => Promise<unknown>; patch?: () => Promise<unknown> },
  limitMs: number,
): Promise<{ report: CleanupReport; lists: number }> {
  let lists = 0;
  const silent = (): void => undefined;
  const request = ({ method, path }: ApiRequest): Promise<unknown> => {
    if (method === 'PATCH') return answers.patch?.() ?? Promise.resolve({ metadata });
    if (!path.endsWith('/jobs')) return Promise.resolve({ metadata: { resourceVersion: '1' }, items: [] });
    lists += 1;
    return answers.list();
  };
  const report = await cleanUp({
    connection: { request },
    log: { debug: silent, info: silent, warn: silent, error: silent },
    policy: { jobs: 'keep', flows: 'keep' },
    namespaces: [],
    signal: AbortSignal.timeout(limitMs),
    random: () => 0,
  });
  return { report, lists };
}

describe('the clean-up', () => {
  it('pauses between its passes while somebody adds the finalizer again and again', async () => {
    const list = (): Promise<unknown> =>
      Promise.resolve({ metadata: { resourceVersion: '1' }, items: [kept] });
    const { report, lists } = await cleaned({ list }, 400);
    expect(lists).to.be.within(2, 4);
    expect(report.problems).to.deep.equal(['ended before a pass found nothing to do']);
  });

  it('names what the pass before could not do when its time is up in the middle of one', async () => {
    let lists = 0;
    const list = (): Promise<unknown> => {
      lists += 1;
      if (lists === 1) return Promise.resolve({ metadata: { resourceVersion: '1' }, items: [kept] });
      return new Promise((_, reject) => {
        setTimeout(() => {
          reject(new ApiError({ kind: 'aborted', message: 'the request was ended by its caller' }));
        }, 400);
      });
    };
    const patch = (): Promise<unknown> =>
      Promise.reject(new ApiError({ kind: 'denied', status: 403, message: 'a policy refuses it' }));
    const { report } = await cleaned({ list, patch }, 300);
    expect(report.problems).to.deep.equal([
      'ended before a pass found nothing to do',
      '/apis/batch/v1/namespaces/test/jobs/a: a policy refuses it',
    ]);
  });
});
