import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate, in what is judged of it. */
export interface CertificateFacts {
  /** When it ends, in milliseconds since the epoch. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** It is for the name by which the API server asks. */
  readonly fitsName: boolean;
  /** An authority of the caBundle that is valid has signed it, itself or by others beside it. */
  readonly isTrusted: boolean;
}

/**
 * The certificates of a PEM text.
 *
 * @returns undefined if the text holds none, or something that is none
 */
export function readCertificates(pem: string): readonly X509Certificate[] | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    const certificates = blocks.map((block) => new X509Certificate(block));
    return certificates.length === 0 ? undefined : certificates;
  } catch {
    return undefined;
  }
}

/**
 * The certificates of a `caBundle`, which is PEM in base64.
 *
 * @returns undefined if there are none
 */
export function readBundle(caBundle: string | undefined): readonly X509Certificate[] | undefined {
  return caBundle === undefined ? undefined : readCertificates(Buffer.from(caBundle, 'base64').toString());
}

/** When a certificate begins and ends, in milliseconds since the epoch. */
function validityOf(certificate: X509Certificate): {
  readonly fromMs: number;
  readonly untilMs: number;
} {
  return { fromMs: Date.parse(certificate.validFrom), untilMs: Date.parse(certificate.validTo) };
}

/** Whether a certificate is valid at a time, in milliseconds since the epoch. */
export function isValidAt(certificate: X509Certificate, nowMs: number): boolean {
  const { fromMs, untilMs } = validityOf(certificate);
  return fromMs <= nowMs && nowMs < untilMs;
}

/**
 * Looks at the certificate that a webhook serves as the API server does.
 *
 * @param served the certificate, and those that come with it
 * @param host the name, or the address, by which the API server asks
 * @param nowMs milliseconds since the epoch
 */
export function certificateFacts(
  [leaf, ...others]: readonly [X509Certificate, ...X509Certificate[]],
  bundle: readonly X509Certificate[],
  host: string,
  nowMs: number,
): CertificateFacts {
  return {
    ...validityOf(leaf),
    fitsName: (isIP(host) === 0 ? leaf.checkHost(host) : leaf.checkIP(host)) !== undefined,
    isTrusted: isTrusted(
      leaf,
      others,
      bundle.filter((authority) => isValidAt(authority, nowMs)),
    ),
  };
}

/** Longer chains are not in use. */
const LONGEST_CHAIN = 5;

function isTrusted(
  certificate: X509Certificate,
  others: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
  depth = 0,
): boolean {
  if (depth > LONGEST_CHAIN) return false;
  if (
    authorities.some(
      (one) => one.fingerprint256 === certificate.fingerprint256 || hasSigned(one, certificate),
    )
  )
    return true;
  return others.some((one) => hasSigned(one, certificate) && isTrusted(one, others, authorities, depth + 1));
}

function hasSigned(authority: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}
