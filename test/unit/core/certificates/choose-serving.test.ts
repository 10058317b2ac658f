import { expect } from 'chai';
import { chooseServing, type ServingDecision } from '../../../../src/core/certificates/choose-serving.ts';
import type { ServingFacts } from '../../../../src/core/certificates/plan-secret.ts';

const NOW = 1_000_000;
const TAKE: ServingDecision = { kind: 'take' };
const KEEP: ServingDecision = { kind: 'keep', againInMs: Infinity };

const certificate = (fingerprint: string, issuer: string, endsMs = NOW + 1_000): ServingFacts => ({
  fingerprint,
  issuer,
  notBeforeMs: 0,
  notAfterMs: endsMs,
  names: [],
  missingNames: [],
});
const choose = (
  offered: ServingFacts,
  current: ServingFacts | undefined,
  trusted: Record<string, number> = {},
): ServingDecision =>
  chooseServing({ offered, current, trustedForMs: (one) => trusted[one], settleMs: 100, nowMs: NOW });

describe('the certificate that a replica serves', () => {
  it('is whatever there is, at the start', () => {
    expect(choose(certificate('1', 'a'), undefined)).to.deep.equal(TAKE);
  });

  it('stays while nothing else is offered', () => {
    expect(choose(certificate('1', 'a'), certificate('1', 'a'))).to.deep.equal(KEEP);
  });

  it('is replaced at once by another one of the same authority', () => {
    expect(choose(certificate('2', 'a'), certificate('1', 'a'), { a: 0 })).to.deep.equal(TAKE);
  });

  it('is replaced by one of another authority only when that has been trusted long enough', () => {
    const [offered, current] = [certificate('2', 'b'), certificate('1', 'a')];
    expect(choose(offered, current, { a: 500 })).to.deep.equal(KEEP);
    expect(choose(offered, current, { a: 500, b: 30 })).to.deep.equal({ kind: 'keep', againInMs: 70 });
    expect(choose(offered, current, { a: 500, b: 100 })).to.deep.equal(TAKE);
  });

  it('is replaced at once when it is of no use itself', () => {
    expect(choose(certificate('2', 'b'), certificate('1', 'a'), { b: 0 })).to.deep.equal(TAKE);
    expect(choose(certificate('2', 'b'), certificate('1', 'a', NOW), { a: 500 })).to.deep.equal(TAKE);
  });

  it('is not replaced by one that is of no use', () => {
    expect(choose(certificate('2', 'a', NOW), certificate('1', 'a'), { a: 500 })).to.deep.equal(KEEP);
    const forAnother = { ...certificate('2', 'a'), missingNames: ['webhook'] };
    expect(choose(forAnother, certificate('1', 'a'), { a: 500 })).to.deep.equal(KEEP);
    expect(choose(forAnother, { ...forAnother, fingerprint: '1' }, { a: 500 })).to.deep.equal(TAKE);
  });
});
