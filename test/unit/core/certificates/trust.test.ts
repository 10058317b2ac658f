import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  decideBundles,
  NOTHING_TRUSTED,
  observeTrust,
  type BundleDecision,
  type BundleFacts,
} from '../../../../src/core/certificates/trust.ts';

const bundle = (...authorities: string[]): BundleFacts => ({ authorities, unreadable: false });

describe('the trust of the API server', () => {
  it('counts from when an authority is in every bundle', () => {
    const first = observeTrust(NOTHING_TRUSTED, [bundle('a'), bundle()], ['a'], 10);
    expect([...first.trusted]).to.deep.equal([]);
    const second = observeTrust(first, [bundle('a'), bundle('a')], ['a'], 20);
    const third = observeTrust(second, [bundle('a'), bundle('a', 'b')], ['a'], 30);
    expect([...third.trusted]).to.deep.equal([['a', 20]]);
  });

  it('counts anew after it was lost', () => {
    const there = observeTrust(NOTHING_TRUSTED, [bundle('a')], ['a'], 10);
    const lost = observeTrust(there, [bundle()], ['a'], 20);
    expect([...observeTrust(lost, [bundle('a')], ['a'], 30).trusted]).to.deep.equal([['a', 30]]);
  });

  it('is nothing without a configuration', () => {
    expect(observeTrust(NOTHING_TRUSTED, [], ['a'], 10)).to.deep.equal(NOTHING_TRUSTED);
  });

  it('is surplus from when nothing needs it, until it is needed again', () => {
    const first = observeTrust(NOTHING_TRUSTED, [bundle('a')], ['a'], 10);
    const second = observeTrust(first, [bundle('a')], ['b'], 20);
    expect([...observeTrust(second, [bundle('a')], ['b'], 30).surplus]).to.deep.equal([['a', 20]]);
    expect([...observeTrust(second, [bundle('a')], ['a'], 30).surplus]).to.deep.equal([]);
  });
});

const decide = (
  bundles: readonly BundleFacts[],
  needed: readonly string[],
  surplus: Record<string, number> = {},
): BundleDecision =>
  decideBundles({ bundles, needed, surplus: new Map(Object.entries(surplus)), overlapMs: 100, nowMs: 1_000 });
const REST: BundleDecision = { kind: 'none', againInMs: Infinity };

describe('the next write to the configuration', () => {
  it('is nothing without a configuration, or without anything to be trusted', () => {
    expect(decide([], ['a'])).to.deep.equal(REST);
    expect(decide([bundle()], [])).to.deep.equal(REST);
  });

  it('is what is missing, in front of what is there', () => {
    expect(decide([bundle()], ['a'])).to.deep.equal({ kind: 'write', authorities: ['a'] });
    expect(decide([bundle('old'), bundle('other')], ['a', 'b'], { old: 950, other: 950 })).to.deep.equal({
      kind: 'write',
      authorities: ['a', 'b', 'old', 'other'],
    });
    expect(decide([bundle('a'), bundle()], ['a'])).to.deep.equal({ kind: 'write', authorities: ['a'] });
  });

  it('is the same without what cannot be read', () => {
    expect(decide([{ authorities: ['a'], unreadable: true }], ['a'])).to.deep.equal({
      kind: 'write',
      authorities: ['a'],
    });
  });

  it('drops what nothing has needed for the time of the overlap, and not before', () => {
    expect(decide([bundle('a', 'old')], ['a'], { old: 901 })).to.deep.equal({ kind: 'none', againInMs: 1 });
    expect(decide([bundle('a', 'old')], ['a'], { old: 900 })).to.deep.equal({
      kind: 'write',
      authorities: ['a'],
    });
  });

  it('keeps the order that it finds', () => {
    expect(decide([bundle('b', 'a')], ['a', 'b'])).to.deep.equal(REST);
  });

  it('never takes away what another replica needs: replicas that need different things come to rest', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(names), fc.array(names, { minLength: 1, maxLength: 4 }), (start, replicas) => {
        let bundles = start.map((authorities) => bundle(...authorities));
        let writes = 0;
        for (let round = 0; round < 3; round += 1) {
          for (const needed of replicas) {
            const { surplus } = observeTrust(NOTHING_TRUSTED, bundles, needed, 1_000);
            const decision = decideBundles({ bundles, needed, surplus, overlapMs: 100, nowMs: 1_000 });
            if (decision.kind === 'none') continue;
            writes += 1;
            bundles = bundles.map(() => bundle(...decision.authorities));
          }
        }
        expect(writes).to.be.at.most(replicas.length);
        for (const one of bundles) expect(one.authorities).to.include.members(replicas.flat());
      }),
    );
  });
});
