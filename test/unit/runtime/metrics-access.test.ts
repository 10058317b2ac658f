import { expect } from 'chai';
import { createLogger } from '../../../src/runtime/logging.ts';
import { metricsAccessByApiServer } from '../../../src/runtime/metrics-access.ts';

const log = createLogger({ program: 'jobflow-test', level: 'fatal' });

describe('access to the metrics', () => {
  it('is asked for a few at once, and for the others later', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    let asked = 0;
    const connection = {
      request: (): Promise<unknown> => {
        asked += 1;
        return promise;
      },
    };
    const access = metricsAccessByApiServer({ connection, log, now: () => 0 });
    const answers = Array.from({ length: 10 }, (_, index) => access(`Bearer token-${index}`));
    expect(asked).to.equal(4);
    resolve({ status: { authenticated: false } });
    expect(await Promise.all(answers)).to.deep.equal([
      ...Array.from({ length: 4 }, () => 'unauthenticated'),
      ...Array.from({ length: 6 }, () => 'busy'),
    ]);
    expect(await access('Bearer token-9')).to.equal('unauthenticated');
  });
});
