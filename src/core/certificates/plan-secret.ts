/** A certificate authority, as far as decisions need it. */
export interface AuthorityFacts {
  /** SHA-256 of the certificate, as hexadecimal pairs. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch, like `notAfterMs`. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** A serving certificate whose key is there and whose issuer is known. */
export interface ServingFacts extends AuthorityFacts {
  /** The fingerprint of the authority that signed it. */
  readonly issuer: string;
  /** The DNS names and IP addresses that it is for. */
  readonly names: readonly string[];
  /** Names that it should be for, and is not. */
  readonly missingNames: readonly string[];
}

/** What of the Secret's content can be used. */
export interface StoredFacts {
  /** The authority whose key is there, which signs what is issued from now on. */
  readonly signing: AuthorityFacts | undefined;
  /** What all replicas are to serve. Its issuer is another authority while the signing one is being made known. */
  readonly serving: ServingFacts | undefined;
}

/** What a decision about the Secret is made on. */
export interface CertificateView {
  /** Undefined when there is no Secret. */
  readonly stored: StoredFacts | undefined;
  /** What this replica serves at this moment. */
  readonly served: ServingFacts | undefined;
  /**
   * How long the API server has been seen to trust an authority, in milliseconds; undefined when it does not. An
   * authority counts as trusted when it is in the `caBundle` of every webhook of the configuration.
   */
  readonly trustedForMs: (authority: string) => number | undefined;
  /** The API server's clock, in milliseconds since the epoch. */
  readonly nowMs: number;
}

/** When certificates are replaced, in milliseconds. */
export interface CertificateTimes {
  readonly certificateRenewBeforeMs: number;
  readonly authorityRenewBeforeMs: number;
  /**
   * How long an authority must have been in the configuration before anything is served by it: every API server
   * follows the configuration by a watch of its own, and takes a moment.
   */
  readonly settleMs: number;
}

/** Why there is a new authority. */
export type NewAuthorityReason = 'NoSecret' | 'NoAuthority' | 'AuthorityExpires';

/** Why there is a new serving certificate. */
export type NewCertificateReason =
  'NoCertificate' | 'AuthorityTrusted' | 'NamesMissing' | 'CertificateExpires';

/** The next write to the Secret, if there is one. */
export type SecretDecision =
  /**
   * A new authority takes the place of the signing one. The serving certificate that is named stays with its issuer
   * until the API server trusts the new authority; when there is none to keep, one is issued at once.
   */
  | {
      readonly kind: 'newAuthority';
      readonly because: NewAuthorityReason;
      readonly keep: 'stored' | 'served' | 'none';
    }
  /** A new serving certificate of the signing authority; what else was trusted is not needed any more. */
  | {
      readonly kind: 'newCertificate';
      readonly because: NewCertificateReason;
      /** Names of the old certificate to keep: a replica with other settings may want them. */
      readonly alsoNames: readonly string[];
    }
  /** Nothing to write before that, unless something changes. */
  | { readonly kind: 'none'; readonly againInMs: number };

/**
 * Decides what to write to the Secret next. One write at a time: it brings a new version of the Secret, on which the
 * rest is decided anew. Any replica may carry it out; of several that try at once the API server takes one.
 *
 * Rotation of the authority is three states of one Secret: a new authority beside the certificate of the old one;
 * the same, once the new one has been in the configuration long enough; a certificate of the new one.
 */
export function decideSecret(view: CertificateView, times: CertificateTimes): SecretDecision {
  const { stored, nowMs } = view;
  const serving = validNow(stored?.serving, nowMs);
  const signing = validNow(stored?.signing, nowMs);
  if (stored === undefined) return newAuthority('NoSecret', undefined, view);
  if (signing === undefined) return newAuthority('NoAuthority', serving, view);
  const signingDueInMs = dueInMs(signing, times.authorityRenewBeforeMs, nowMs);
  if (signingDueInMs <= 0) return newAuthority('AuthorityExpires', serving, view);
  if (serving === undefined) return newCertificate('NoCertificate');
  if (serving.issuer !== signing.fingerprint) {
    const trustedForMs = view.trustedForMs(signing.fingerprint);
    if (trustedForMs === undefined) return { kind: 'none', againInMs: Infinity };
    if (trustedForMs >= times.settleMs) return newCertificate('AuthorityTrusted');
    return { kind: 'none', againInMs: times.settleMs - trustedForMs };
  }
  if (serving.missingNames.length > 0) return newCertificate('NamesMissing', serving.names);
  const servingDueInMs = dueInMs(serving, times.certificateRenewBeforeMs, nowMs);
  if (servingDueInMs <= 0) return newCertificate('CertificateExpires');
  return { kind: 'none', againInMs: Math.min(signingDueInMs, servingDueInMs) };
}

/** Whether a certificate can be used at a moment, in milliseconds since the epoch. */
export function isValidAt({ notBeforeMs, notAfterMs }: AuthorityFacts, nowMs: number): boolean {
  return notBeforeMs <= nowMs && nowMs < notAfterMs;
}

function newAuthority(
  because: NewAuthorityReason,
  stored: ServingFacts | undefined,
  { served, trustedForMs, nowMs }: CertificateView,
): SecretDecision {
  const isTrusted = (one: ServingFacts): boolean => trustedForMs(one.issuer) !== undefined;
  const usable = stored?.missingNames.length === 0 ? stored : undefined;
  // What is trusted comes first: nobody has to wait for the new authority.
  if (usable !== undefined && isTrusted(usable)) return { kind: 'newAuthority', because, keep: 'stored' };
  if (served !== undefined && isValidAt(served, nowMs) && isTrusted(served)) {
    return { kind: 'newAuthority', because, keep: 'served' };
  }
  return { kind: 'newAuthority', because, keep: usable === undefined ? 'none' : 'stored' };
}

function newCertificate(because: NewCertificateReason, alsoNames: readonly string[] = []): SecretDecision {
  return { kind: 'newCertificate', because, alsoNames };
}

function validNow<T extends AuthorityFacts>(certificate: T | undefined, nowMs: number): T | undefined {
  return certificate !== undefined && isValidAt(certificate, nowMs) ? certificate : undefined;
}

function dueInMs({ notAfterMs }: AuthorityFacts, renewBeforeMs: number, nowMs: number): number {
  return notAfterMs - renewBeforeMs - nowMs;
}
