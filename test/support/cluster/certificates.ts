import '../../../src/runtime/certificates/reflect-metadata.ts';
import * as x509 from '@peculiar/x509';
import { KeyObject, generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const LIFETIME_MS = 30 * 24 * 3_600_000;
/** Certificates are valid from a little before their making, since clocks differ. */
const BACKDATE_MS = 3_600_000;

/** A certificate with its private key, both PEM. */
export type KeyedCertificate = { cert: string; key: string };

/** Whom a certificate names. */
export type CertificateSubject = {
  commonName: string;
  /** Kubernetes reads the groups of a client from its certificate's organizations. */
  organizations?: readonly string[];
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
  /** When it expires (default: in 30 days). */
  notAfter?: Date;
};

/** A certificate authority: its own certificate (PEM) and a way to issue others. */
export type CertificateAuthority = {
  readonly cert: string;
  /** Issues a certificate for servers and clients alike, with a new EC P-256 key. */
  issue(subject: CertificateSubject): Promise<KeyedCertificate>;
};

/** Makes a certificate authority with a new EC P-256 key, valid for 30 days. */
export async function createCertificateAuthority(
  commonName: string,
  now = new Date(),
): Promise<CertificateAuthority> {
  const keys = await generateKeys();
  const validity = {
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + LIFETIME_MS),
    signingAlgorithm: ALGORITHM,
  };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: serialNumber(),
    name: [{ CN: [commonName] }],
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    cert: authority.toString('pem'),
    async issue(subject) {
      const own = await generateKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        ...validity,
        notAfter: subject.notAfter ?? validity.notAfter,
        serialNumber: serialNumber(),
        issuer: authority.subject,
        subject: [
          { CN: [subject.commonName] },
          ...(subject.organizations ?? []).map((name) => ({ O: [name] })),
        ],
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([
            x509.ExtendedKeyUsage.serverAuth,
            x509.ExtendedKeyUsage.clientAuth,
          ]),
          new x509.SubjectAlternativeNameExtension([
            ...(subject.dnsNames ?? [subject.commonName]).map((value) => ({ type: 'dns' as const, value })),
            ...(subject.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
          ]),
          await x509.AuthorityKeyIdentifierExtension.create(authority, false),
        ],
      });
      return { cert: certificate.toString('pem'), key: privateKeyPem(own.privateKey) };
    },
  };
}

/** The key pair (PEM) with which an API server signs and checks service account tokens. */
export function generateServiceAccountKeys(): { publicKey: string; privateKey: string } {
  return generateKeyPairSync('ec', {
    namedCurve: ALGORITHM.namedCurve,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function privateKeyPem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Positive and of a fixed length, as RFC 5280 wants it. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}
