import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import {
  issueServingCertificate,
  makeAuthority,
} from '../../../../src/runtime/certificates/make-certificates.ts';
import { readCertificates } from '../../../../src/runtime/certificates/read-certificates.ts';
import { readStoredCertificates } from '../../../../src/runtime/certificates/stored-certificates.ts';
import type { KeyPair } from '../../../../src/runtime/tls-reload.ts';
import { createCertificateAuthority } from '../../../support/cluster/certificates.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-06-01T12:00:00Z');
const NAMES = ['jobflow-webhook.jobflow-system.svc', 'webhook.example.com', '10.1.2.3', 'fd00::1'];

describe('certificates that the webhook makes', () => {
  let authority: KeyPair;
  let serving: KeyPair;

  before(async () => {
    authority = await makeAuthority({ nowMs: NOW, lifeMs: 100 * HOUR });
    serving = await issueServingCertificate({ authority, names: NAMES, nowMs: NOW, lifeMs: 10 * HOUR });
  });

  it('are valid from an hour ago for as long as they are to be', () => {
    const [ca, leaf] = [authority.cert, serving.cert].map((pem) => new X509Certificate(pem));
    expect(ca?.validFromDate.getTime()).to.equal(NOW - HOUR);
    expect(ca?.validToDate.getTime()).to.equal(NOW + 100 * HOUR);
    expect(leaf?.validFromDate.getTime()).to.equal(NOW - HOUR);
    expect(leaf?.validToDate.getTime()).to.equal(NOW + 10 * HOUR);
  });

  it('never outlive their authority', async () => {
    const { cert } = await issueServingCertificate({
      authority,
      names: NAMES,
      nowMs: NOW,
      lifeMs: 500 * HOUR,
    });
    expect(new X509Certificate(cert).validToDate.getTime()).to.equal(NOW + 100 * HOUR);
  });

  it('are an authority that signs nothing but servers, and a server, both with P-256 keys', () => {
    const [ca, leaf] = [authority.cert, serving.cert].map((pem) => new X509Certificate(pem));
    expect(ca?.ca).to.equal(true);
    expect(leaf?.ca).to.equal(false);
    expect(leaf?.keyUsage).to.deep.equal(['1.3.6.1.5.5.7.3.1']);
    for (const one of [ca, leaf]) {
      expect(one?.publicKey.asymmetricKeyDetails?.namedCurve).to.equal('prime256v1');
    }
  });

  const stored = (change: Record<string, string | undefined> = {}, names = NAMES) => {
    const data: Record<string, string | undefined> = {
      'tls.crt': serving.cert,
      'tls.key': serving.key,
      'ca.crt': authority.cert,
      'ca.key': authority.key,
      ...change,
    };
    const given = Object.entries(data).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return readStoredCertificates(Object.fromEntries(given), names);
  };

  it('are read back from a Secret, with all their names', () => {
    const { facts, problems, authorities } = stored();
    const { fingerprint256 } = new X509Certificate(authority.cert);
    expect(problems).to.deep.equal([]);
    expect(facts.signing?.fingerprint).to.equal(fingerprint256);
    expect(facts.serving).to.deep.include({ issuer: fingerprint256, missingNames: [] });
    expect(facts.serving?.names).to.include.members(NAMES.slice(0, 3));
    expect(authorities.map(({ fingerprint }) => fingerprint)).to.deep.equal([fingerprint256]);
  });

  it('tell which names they are not for', () => {
    const names = ['jobflow-webhook.jobflow-system.svc', 'another.example.com', '10.9.9.9'];
    expect(stored({}, names).facts.serving?.missingNames).to.deep.equal(['another.example.com', '10.9.9.9']);
  });

  it('are told apart when two authorities are there: the one with the key signs, the other one has signed', async () => {
    const next = await makeAuthority({ nowMs: NOW, lifeMs: 100 * HOUR });
    const { facts, authorities } = stored({
      'ca.crt': authority.cert + '\n' + next.cert,
      'ca.key': next.key,
    });
    const [old, young] = [authority.cert, next.cert].map((pem) => new X509Certificate(pem).fingerprint256);
    expect(facts.signing?.fingerprint).to.equal(young);
    expect(facts.serving?.issuer).to.equal(old);
    expect(authorities.map(({ fingerprint }) => fingerprint)).to.deep.equal([young, old]);
  });

  const wrong: [what: string, change: Record<string, string | undefined>, problem: string][] = [
    ['no key of an authority', { 'ca.key': undefined }, 'ca.key is missing'],
    ['a key that is none', { 'ca.key': 'nonsense' }, 'ca.key is no ECDSA P-256 key'],
    ['no authority', { 'ca.crt': '' }, 'ca.crt holds no certificate of an authority'],
    ['no certificate', { 'tls.crt': 'nonsense' }, 'tls.crt holds no certificate'],
    ['a broken certificate', { 'tls.crt': PEM('AAAA') }, 'tls.crt holds no certificate'],
    ['no key', { 'tls.key': undefined }, 'tls.key is no key of tls.crt, or cannot be served with it'],
  ];
  for (const [what, change, problem] of wrong) {
    it(`are not taken from a Secret with ${what}, and it says so`, () => {
      expect(stored(change).problems).to.include(problem);
    });
  }

  it('are not taken from a Secret that mixes those of two makers', async () => {
    const other = await createCertificateAuthority('other');
    const pair = await other.issue({ commonName: 'x', dnsNames: NAMES.slice(0, 1) });
    const foreign = stored({ 'tls.crt': pair.cert, 'tls.key': pair.key });
    expect(foreign.facts.signing).not.to.equal(undefined);
    expect(foreign.facts.serving).to.equal(undefined);
    expect(foreign.problems).to.deep.equal(['tls.crt is of no authority in ca.crt']);
    const keyOfAnother = stored({ 'ca.crt': other.cert });
    expect(keyOfAnother.problems).to.include('ca.key belongs to no authority in ca.crt');
    expect(keyOfAnother.facts.signing).to.equal(undefined);
  });

  it('never tell a key in what is wrong', () => {
    const problems = stored({ 'tls.crt': 'x', 'ca.crt': 'y' }).problems.join();
    expect(problems).not.to.contain('PRIVATE');
  });
});

describe('certificates in PEM', () => {
  it('are none in an empty text, which is nothing unreadable', () => {
    expect(readCertificates('')).to.deep.equal({ certificates: [], unreadable: false });
    expect(readCertificates(' \n')).to.deep.equal({ certificates: [], unreadable: false });
  });

  it('are read past what is none, and each once', async () => {
    const { cert } = await makeAuthority({ nowMs: NOW, lifeMs: HOUR });
    const read = readCertificates(`${cert}\nsomething\n${cert}`);
    expect(read.certificates).to.have.length(1);
    expect(read.unreadable).to.equal(true);
    expect(readCertificates(PEM('AAAA'))).to.deep.equal({ certificates: [], unreadable: true });
  });
});

function PEM(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}
