import { expect } from 'chai';
import { TokenBucket } from '../../../src/kube/token-bucket.ts';

describe('token bucket', () => {
  it('gives a burst, then the rate', () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect([bucket.take(0), bucket.take(0), bucket.take(0), bucket.take(0)]).to.deep.equal([
      true,
      true,
      true,
      false,
    ]);
    expect(bucket.waitMs(0)).to.equal(100);
    expect(bucket.take(99)).to.equal(false);
    expect(bucket.take(100)).to.equal(true);
  });

  it('never saves up more than the burst', () => {
    const bucket = new TokenBucket(10, 2, 0);
    const taken = [1, 2, 3].map(() => bucket.take(1e9));
    expect(taken).to.deep.equal([true, true, false]);
  });

  it('a clock that goes back gives nothing and takes nothing', () => {
    const bucket = new TokenBucket(10, 1, 1_000);
    expect(bucket.take(500)).to.equal(true);
    expect(bucket.take(500)).to.equal(false);
  });

  it('goes on from where it was at another rate', () => {
    const bucket = new TokenBucket(10, 1, 0);
    bucket.take(0);
    bucket.setRate(2, 50);
    expect(bucket.waitMs(50)).to.equal(250);
    expect(bucket.waitMs(300)).to.equal(0);
  });
});
