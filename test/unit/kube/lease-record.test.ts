import { expect } from 'chai';
import { decideLease, microTime, observeLease, readLease } from '../../../src/kube/lease-record.ts';
import type { LeaseRecord } from '../../../src/kube/lease-record.ts';

function lease(holderIdentity: string, resourceVersion = '1'): LeaseRecord {
  return {
    resourceVersion,
    holderIdentity,
    leaseDurationSeconds: 15,
    acquireTime: undefined,
    renewTime: '2001-01-01T00:00:00.000000Z',
    leaseTransitions: 3,
  };
}

describe('decision about a Lease', () => {
  it('creates one that does not exist', () => {
    expect(decideLease(undefined, 'me', 0)).to.deep.equal({ kind: 'create' });
  });

  it('renews its own, however old', () => {
    expect(decideLease({ record: lease('me'), observedMs: 0 }, 'me', 1e9)).to.deep.equal({ kind: 'renew' });
  });

  it('takes one that was given up, at once', () => {
    const decision = decideLease({ record: lease(''), observedMs: 0 }, 'me', 0);
    expect(decision).to.deep.equal({ kind: 'acquire', from: '' });
  });

  it("waits for another's as long as it was seen to change, whatever its renewTime says", () => {
    const observed = { record: lease('other'), observedMs: 1_000 };
    expect(decideLease(observed, 'me', 15_999)).to.deep.equal({
      kind: 'wait',
      holder: 'other',
      remainingMs: 1,
    });
    expect(decideLease(observed, 'me', 16_000)).to.deep.equal({ kind: 'acquire', from: 'other' });
  });

  it('counts the time from the last change, not from the last look', () => {
    const first = observeLease(undefined, lease('other', '1'), 0);
    expect(observeLease(first, lease('other', '1'), 5_000).observedMs).to.equal(0);
    expect(observeLease(first, lease('other', '2'), 5_000).observedMs).to.equal(5_000);
  });

  it('reads a Lease with nothing in it as held by nobody', () => {
    expect(readLease({ metadata: { resourceVersion: '9' }, spec: {} })).to.include({
      holderIdentity: '',
      leaseTransitions: 0,
    });
    expect(() => readLease({})).to.throw(TypeError);
  });

  it('writes times with six decimals', () => {
    expect(microTime(Date.UTC(2026, 0, 2, 3, 4, 5, 6))).to.equal('2026-01-02T03:04:05.006000Z');
  });
});
