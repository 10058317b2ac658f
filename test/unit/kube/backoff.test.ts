import { expect } from 'chai';
import fc from 'fast-check';
import { backoffMs } from '../../../src/kube/backoff.ts';

const BACKOFF = { baseMs: 100, factor: 2, capMs: 1_000 };

describe('backoff', () => {
  it('grows with each failure up to the cap', () => {
    const longest = [1, 2, 3, 4, 5, 50].map((failures) => Math.round(backoffMs(BACKOFF, failures, 1)));
    expect(longest).to.deep.equal([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('lies between half and all of its length', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (failures, random) => {
          const full = backoffMs(BACKOFF, failures, 1);
          expect(backoffMs(BACKOFF, failures, random)).to.be.within(full / 2, full);
        },
      ),
    );
  });
});
