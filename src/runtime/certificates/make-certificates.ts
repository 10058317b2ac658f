import './reflect-metadata.ts';
import * as x509 from '@peculiar/x509';
import { KeyObject, createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type { KeyPair } from '../tls-reload.ts';

/** How long something is to be valid. */
export interface Validity {
  /** The API server's clock, in milliseconds since the epoch. */
  readonly nowMs: number;
  /** From now on, in milliseconds. */
  readonly lifeMs: number;
}

/** What a serving certificate is to be. */
export interface ServingRequest extends Validity {
  /** Signs it; with its key, in PEM. */
  readonly authority: KeyPair;
  /** DNS names and IP addresses, at least one. */
  readonly names: readonly string[];
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Everything is valid from an hour before its making, because clocks differ. */
const BACKDATE_MS = 3_600_000;

/**
 * Makes a certificate authority with a new ECDSA P-256 key. It may sign serving certificates and nothing that signs
 * in turn.
 *
 * @returns certificate and key, in PEM
 */
export async function makeAuthority(validity: Validity): Promise<KeyPair> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validBetween(validity, Infinity),
    serialNumber: serialNumber(),
    // A name of its own, so that a log and `openssl verify` tell two authorities apart.
    name: [{ CN: [`jobflow-webhook authority ${randomBytes(4).toString('hex')}`] }],
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: certificate.toString('pem'), key: privateKeyPem(keys.privateKey) };
}

/**
 * Issues a serving certificate with a new ECDSA P-256 key. It never outlives its authority.
 *
 * @returns certificate and key, in PEM
 * @throws if the authority's certificate or key cannot be read
 */
export async function issueServingCertificate(request: ServingRequest): Promise<KeyPair> {
  const { authority, names } = request;
  const issuer = new x509.X509Certificate(authority.cert);
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    ...validBetween(request, issuer.notAfter.getTime()),
    serialNumber: serialNumber(),
    issuer: issuer.subject,
    // Clients look at the alternative names only; a common name may have no more than 64 characters.
    subject: [{ CN: ['jobflow-webhook'] }],
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer, false),
    ],
  });
  return { cert: certificate.toString('pem'), key: privateKeyPem(keys.privateKey) };
}

function validBetween(
  { nowMs, lifeMs }: Validity,
  latestMs: number,
): { notBefore: Date; notAfter: Date; signingAlgorithm: typeof ALGORITHM } {
  return {
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(Math.min(nowMs + lifeMs, latestMs)),
    signingAlgorithm: ALGORITHM,
  };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const pkcs8 = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']);
}

function privateKeyPem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Positive and of a fixed length, as RFC 5280 wants it. */
function serialNumber(): string {
  return `01${randomBytes(15).toString('hex')}`;
}
