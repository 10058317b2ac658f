import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate that has been read. */
export interface Certificate {
  readonly x509: X509Certificate;
  /** In PEM, with a line break at its end. */
  readonly pem: string;
  /** SHA-256, as hexadecimal pairs. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch, like `notAfterMs`. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** What a PEM text holds. */
export interface ReadCertificates {
  /** Each once, in their order. */
  readonly certificates: readonly Certificate[];
  /** There is something in it that is no certificate. */
  readonly unreadable: boolean;
}

/** Reads all certificates of a PEM text; never throws. An empty text holds none, and nothing that is unreadable. */
export function readCertificates(text: string): ReadCertificates {
  const found = new Map<string, Certificate>();
  let unreadable = text.replaceAll(PEM_BLOCK, '').trim() !== '';
  for (const [block] of text.matchAll(PEM_BLOCK)) {
    const certificate = readCertificate(block);
    if (certificate === undefined) unreadable = true;
    else found.set(certificate.fingerprint, certificate);
  }
  return { certificates: [...found.values()], unreadable };
}

/** Reads a private key in PEM. @returns undefined if it is none */
export function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** Whether one certificate has signed another, by name and by signature. */
export function hasIssued(authority: Certificate, certificate: Certificate): boolean {
  return (
    authority.x509.ca &&
    certificate.x509.checkIssued(authority.x509) &&
    certificate.x509.verify(authority.x509.publicKey)
  );
}

/** The DNS names and IP addresses that a certificate is for. */
export function namesOf({ x509 }: Certificate): string[] {
  return (x509.subjectAltName ?? '').split(', ').flatMap((entry) => {
    const name = /^(?:DNS|IP Address):(?<name>[^"]+)$/.exec(entry)?.groups?.name;
    return name === undefined ? [] : [name];
  });
}

/** Whether a client that asks for this DNS name or IP address accepts the certificate. */
export function isFor({ x509 }: Certificate, name: string): boolean {
  return (isIP(name) === 0 ? x509.checkHost(name, { subject: 'never' }) : x509.checkIP(name)) !== undefined;
}

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

function readCertificate(pem: string): Certificate | undefined {
  try {
    const x509 = new X509Certificate(pem);
    return {
      x509,
      pem: x509.toString(),
      fingerprint: x509.fingerprint256,
      notBeforeMs: x509.validFromDate.getTime(),
      notAfterMs: x509.validToDate.getTime(),
    };
  } catch {
    return undefined;
  }
}
