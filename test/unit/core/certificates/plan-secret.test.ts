import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  decideSecret,
  type AuthorityFacts,
  type CertificateTimes,
  type CertificateView,
  type SecretDecision,
  type ServingFacts,
  type StoredFacts,
} from '../../../../src/core/certificates/plan-secret.ts';

const HOUR = 3_600_000;
const NOW = 1_000_000 * HOUR;
const TIMES: CertificateTimes = {
  certificateRenewBeforeMs: 10 * HOUR,
  authorityRenewBeforeMs: 100 * HOUR,
  settleMs: 60_000,
};

const authority = (fingerprint: string, endsInHours = 1_000): AuthorityFacts => ({
  fingerprint,
  notBeforeMs: NOW - HOUR,
  notAfterMs: NOW + endsInHours * HOUR,
});
const serving = (issuer: string, endsInHours = 30, more: Partial<ServingFacts> = {}): ServingFacts => ({
  ...authority(`serving of ${issuer}`, endsInHours),
  issuer,
  names: ['webhook'],
  missingNames: [],
  ...more,
});
const decide = (
  stored: Partial<StoredFacts> | undefined,
  view: Partial<CertificateView> & { trusted?: Record<string, number> } = {},
): SecretDecision =>
  decideSecret(
    {
      stored: stored === undefined ? undefined : { signing: undefined, serving: undefined, ...stored },
      served: undefined,
      trustedForMs: (one) => view.trusted?.[one],
      nowMs: NOW,
      ...view,
    },
    TIMES,
  );

describe('the next write to the Secret', () => {
  it('is an authority with a certificate when there is nothing', () => {
    expect(decide(undefined)).to.deep.equal({ kind: 'newAuthority', because: 'NoSecret', keep: 'none' });
  });

  it('keeps what is served and trusted when the Secret has been deleted', () => {
    const served = serving('old');
    const keep = { kind: 'newAuthority', because: 'NoSecret', keep: 'served' };
    expect(decide(undefined, { served, trusted: { old: 0 } })).to.deep.equal(keep);
    expect(decide(undefined, { served })).to.include({ keep: 'none' });
    expect(decide(undefined, { served: serving('old', 0), trusted: { old: 0 } })).to.include({
      keep: 'none',
    });
  });

  it('is an authority when the key of none is there, beside a certificate that can still be served', () => {
    expect(decide({ serving: serving('foreign') })).to.deep.equal({
      kind: 'newAuthority',
      because: 'NoAuthority',
      keep: 'stored',
    });
    expect(decide({})).to.include({ because: 'NoAuthority', keep: 'none' });
    expect(decide({}, { served: serving('old'), trusted: { old: 5 } })).to.include({ keep: 'served' });
  });

  it('keeps the certificate that is trusted, before one that is only there', () => {
    const stored = { serving: serving('foreign') };
    const served = serving('old');
    expect(decide(stored, { served, trusted: { old: 5 } })).to.include({ keep: 'served' });
    expect(decide(stored, { served, trusted: { old: 5, foreign: 5 } })).to.include({ keep: 'stored' });
    expect(decide(stored, { served })).to.include({ keep: 'stored' });
    const forAnother = { serving: serving('foreign', 30, { missingNames: ['webhook'] }) };
    expect(decide(forAnother, { trusted: { foreign: 5 } })).to.include({ keep: 'none' });
  });

  it('is an authority when the old one has expired or is not valid yet', () => {
    expect(decide({ signing: authority('a', 0) })).to.include({ because: 'NoAuthority', keep: 'none' });
    const tomorrow = { ...authority('a'), notBeforeMs: NOW + 24 * HOUR };
    expect(decide({ signing: tomorrow })).to.include({ because: 'NoAuthority' });
  });

  it('is an authority in good time before the end of the old one, whose certificate stays for now', () => {
    const stored = { serving: serving('a') };
    expect(decide({ ...stored, signing: authority('a', 100) })).to.deep.equal({
      kind: 'newAuthority',
      because: 'AuthorityExpires',
      keep: 'stored',
    });
    expect(decide({ ...stored, signing: authority('a', 101) })).to.include({ kind: 'none' });
  });

  it('is a certificate when there is none to serve', () => {
    const expected = { kind: 'newCertificate', because: 'NoCertificate', alsoNames: [] };
    expect(decide({ signing: authority('a') })).to.deep.equal(expected);
    expect(decide({ signing: authority('a'), serving: serving('a', 0) })).to.deep.equal(expected);
    expect(decide({ signing: authority('new'), serving: serving('old', 0) })).to.deep.equal(expected);
  });

  it('waits while the API server does not trust the new authority', () => {
    const stored = { signing: authority('new'), serving: serving('old') };
    expect(decide(stored, { trusted: { old: HOUR } })).to.deep.equal({ kind: 'none', againInMs: Infinity });
    expect(decide(stored, { trusted: { new: 20_000 } })).to.deep.equal({ kind: 'none', againInMs: 40_000 });
  });

  it('waits for that also with a certificate that is due or lacks a name', () => {
    const due = { signing: authority('new'), serving: serving('old', 5, { missingNames: ['x'] }) };
    expect(decide(due, { trusted: { new: 1 } })).to.include({ kind: 'none' });
  });

  it('is a certificate of the new authority once that is trusted', () => {
    const stored = { signing: authority('new'), serving: serving('old') };
    expect(decide(stored, { trusted: { new: 60_000 } })).to.deep.equal({
      kind: 'newCertificate',
      because: 'AuthorityTrusted',
      alsoNames: [],
    });
  });

  it('is a certificate with a name that was missing, and the names that were there', () => {
    const stored = { signing: authority('a'), serving: serving('a', 30, { missingNames: ['10.0.0.1'] }) };
    expect(decide(stored)).to.deep.equal({
      kind: 'newCertificate',
      because: 'NamesMissing',
      alsoNames: ['webhook'],
    });
  });

  it('is a certificate in good time before the end of the old one', () => {
    const signing = authority('a');
    expect(decide({ signing, serving: serving('a', 10) })).to.include({ because: 'CertificateExpires' });
    expect(decide({ signing, serving: serving('a', 11) })).to.deep.equal({ kind: 'none', againInMs: HOUR });
  });

  it('comes again when the authority is due, if that is earlier', () => {
    const stored = { signing: authority('a', 103), serving: serving('a', 90) };
    expect(decide(stored)).to.deep.equal({ kind: 'none', againInMs: 3 * HOUR });
  });

  /** Carries decisions out as the writer does, with certificates that live as long as the settings say. */
  const carryOut = (
    decision: SecretDecision,
    view: CertificateView,
    serial: () => string,
  ): StoredFacts | undefined => {
    const made = (hours: number): AuthorityFacts => ({
      fingerprint: serial(),
      notBeforeMs: view.nowMs - HOUR,
      notAfterMs: view.nowMs + hours * HOUR,
    });
    const issued = (issuer: AuthorityFacts): ServingFacts => ({
      ...made(30),
      notAfterMs: Math.min(view.nowMs + 30 * HOUR, issuer.notAfterMs),
      issuer: issuer.fingerprint,
      names: ['webhook'],
      missingNames: [],
    });
    switch (decision.kind) {
      case 'none':
        return view.stored;
      case 'newAuthority': {
        const signing = made(1_000);
        const kept =
          decision.keep === 'none'
            ? undefined
            : decision.keep === 'stored'
              ? view.stored?.serving
              : view.served;
        return { signing, serving: kept ?? issued(signing) };
      }
      case 'newCertificate': {
        const signing = view.stored?.signing;
        if (signing === undefined) throw new Error('no authority to issue by');
        return { signing, serving: issued(signing) };
      }
    }
  };
  const hours = fc.integer({ min: -5, max: 1_500 });
  const arbitraryServing = fc.record({
    issuer: fc.constantFrom('a', 'b'),
    ends: hours,
    misses: fc.boolean(),
  });
  const arbitraryStored = fc.option(
    fc.record({
      signing: fc.option(fc.record({ name: fc.constantFrom('a', 'b'), ends: hours })),
      serving: fc.option(arbitraryServing),
    }),
  );

  it('ends after at most four writes, whatever was there, in a valid certificate of a trusted authority', () => {
    fc.assert(
      fc.property(arbitraryStored, fc.option(arbitraryServing), (seed, seedServed) => {
        let count = 0;
        const serial = (): string => `made ${(count += 1)}`;
        const toServing = (one: typeof seedServed): ServingFacts | undefined =>
          one === null
            ? undefined
            : serving(one.issuer, one.ends, { missingNames: one.misses ? ['missing'] : [] });
        let stored: StoredFacts | undefined =
          seed === null
            ? undefined
            : {
                signing: seed.signing === null ? undefined : authority(seed.signing.name, seed.signing.ends),
                serving: toServing(seed.serving),
              };
        for (let writes = 0; writes <= 4; writes += 1) {
          // The API server learns of every authority, and time enough passes for it.
          const view: CertificateView = {
            stored,
            served: toServing(seedServed),
            trustedForMs: () => TIMES.settleMs,
            nowMs: NOW,
          };
          const decision = decideSecret(view, TIMES);
          if (decision.kind === 'none') {
            expect(decision.againInMs).to.be.greaterThan(0);
            expect(stored?.serving?.issuer).to.equal(stored?.signing?.fingerprint);
            expect(stored?.serving?.missingNames).to.deep.equal([]);
            expect(stored?.serving?.notAfterMs).to.be.greaterThan(NOW + TIMES.certificateRenewBeforeMs);
            return;
          }
          stored = carryOut(decision, view, serial);
        }
        expect.fail('it did not come to rest');
      }),
    );
  });

  it('never replaces a certificate that can be served by one whose authority is not trusted', () => {
    fc.assert(
      fc.property(arbitraryServing, hours, (old, ends) => {
        const stored = { signing: authority('new', ends), serving: serving('old', old.ends) };
        const decision = decide(stored, { trusted: { old: HOUR } });
        if (old.ends > 0) expect(decision.kind).not.to.equal('newCertificate');
      }),
    );
  });
});
