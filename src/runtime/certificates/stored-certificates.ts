import type { ServingFacts, StoredFacts } from '../../core/certificates/plan-secret.ts';
import { checkPair, type KeyPair } from '../tls-reload.ts';
import {
  hasIssued,
  isFor,
  namesOf,
  readCertificates,
  readPrivateKey,
  type Certificate,
} from './read-certificates.ts';

/** The keys of the Secret's data; the first three are those that cert-manager and other tools use. */
export const SECRET_KEYS = {
  /** What is served, and its key. */
  certificate: 'tls.crt',
  key: 'tls.key',
  /** The authorities to trust: the signing one first, and the issuer of what is served. */
  authorities: 'ca.crt',
  /** The key of the signing authority. */
  authorityKey: 'ca.key',
} as const;

/** A serving certificate with its key and its issuer. */
export interface Serving {
  readonly pair: KeyPair;
  readonly issuer: Certificate;
  readonly facts: ServingFacts;
}

/** What of a Secret can be used, and what is wrong with the rest. */
export interface StoredCertificates {
  readonly facts: StoredFacts;
  /** The authority that signs, with its key in PEM. */
  readonly signing: { readonly certificate: Certificate; readonly key: string } | undefined;
  readonly serving: Serving | undefined;
  /** The authorities that have to be trusted for what is here, the signing one first. */
  readonly authorities: readonly Certificate[];
  /** Each a few words, without any of the content. */
  readonly problems: readonly string[];
}

/**
 * Reads the Secret's content, whoever has written it; never throws.
 *
 * @param data its values as text
 * @param names what a serving certificate has to be for
 */
export function readStoredCertificates(
  data: Readonly<Record<string, string>>,
  names: readonly string[],
): StoredCertificates {
  const problems: string[] = [];
  const authorities = readCertificates(data[SECRET_KEYS.authorities] ?? '').certificates.filter(
    ({ x509 }) => x509.ca,
  );
  if (authorities.length === 0) {
    problems.push(`${SECRET_KEYS.authorities} holds no certificate of an authority`);
  }
  const signing = readSigning(data, authorities, problems);
  const serving = readServing(data, authorities, names, problems);
  return {
    facts: { signing: signing?.certificate, serving: serving?.facts },
    signing,
    serving,
    authorities: distinct([signing?.certificate, serving?.issuer]),
    problems,
  };
}

/** Each certificate once, without those that are not there. */
export function distinct(certificates: readonly (Certificate | undefined)[]): Certificate[] {
  const there = certificates.filter((one) => one !== undefined);
  return [...new Map(there.map((one) => [one.fingerprint, one])).values()];
}

function readSigning(
  data: Readonly<Record<string, string>>,
  authorities: readonly Certificate[],
  problems: string[],
): StoredCertificates['signing'] {
  const key = data[SECRET_KEYS.authorityKey];
  if (key === undefined) {
    problems.push(`${SECRET_KEYS.authorityKey} is missing`);
    return undefined;
  }
  const privateKey = readPrivateKey(key);
  if (privateKey?.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    problems.push(`${SECRET_KEYS.authorityKey} is no ECDSA P-256 key`);
    return undefined;
  }
  const certificate = authorities.find(({ x509 }) => x509.checkPrivateKey(privateKey));
  if (certificate === undefined) {
    problems.push(`${SECRET_KEYS.authorityKey} belongs to no authority in ${SECRET_KEYS.authorities}`);
    return undefined;
  }
  return { certificate, key };
}

function readServing(
  data: Readonly<Record<string, string>>,
  authorities: readonly Certificate[],
  names: readonly string[],
  problems: string[],
): Serving | undefined {
  const { [SECRET_KEYS.certificate]: cert = '', [SECRET_KEYS.key]: key = '' } = data;
  const certificate = readCertificates(cert).certificates[0];
  if (certificate === undefined) {
    problems.push(`${SECRET_KEYS.certificate} holds no certificate`);
    return undefined;
  }
  if (!isServable({ cert, key })) {
    problems.push(`${SECRET_KEYS.key} is no key of ${SECRET_KEYS.certificate}, or cannot be served with it`);
    return undefined;
  }
  const issuer = authorities.find((authority) => hasIssued(authority, certificate));
  if (issuer === undefined) {
    problems.push(`${SECRET_KEYS.certificate} is of no authority in ${SECRET_KEYS.authorities}`);
    return undefined;
  }
  const { fingerprint, notBeforeMs, notAfterMs } = certificate;
  return {
    pair: { cert, key },
    issuer,
    facts: {
      fingerprint,
      notBeforeMs,
      notAfterMs,
      issuer: issuer.fingerprint,
      names: namesOf(certificate),
      missingNames: names.filter((name) => !isFor(certificate, name)),
    },
  };
}

function isServable(pair: KeyPair): boolean {
  try {
    checkPair(pair);
    return true;
  } catch {
    return false;
  }
}
