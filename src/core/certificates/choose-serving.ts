import { isValidAt, type ServingFacts } from './plan-secret.ts';

/** What a replica chooses its serving certificate by. */
export interface ServingChoice {
  /** What the Secret says is to be served. */
  readonly offered: ServingFacts;
  /** What this replica serves; undefined at its start. */
  readonly current: ServingFacts | undefined;
  /** As in `CertificateView`. */
  readonly trustedForMs: (authority: string) => number | undefined;
  /** As in `CertificateTimes`. */
  readonly settleMs: number;
  /** The API server's clock, in milliseconds since the epoch. */
  readonly nowMs: number;
}

/** Take the offered certificate, or go on with the current one and look again later. */
export type ServingDecision =
  { readonly kind: 'take' } | { readonly kind: 'keep'; readonly againInMs: number };

/**
 * Decides whether to serve what the Secret offers. Whatever is in the Secret, restored from a backup or written by
 * hand too, a certificate that the API server trusts is never given up for one that it does not trust yet.
 */
export function chooseServing(choice: ServingChoice): ServingDecision {
  const { offered, current, trustedForMs, settleMs, nowMs } = choice;
  if (current === undefined) return { kind: 'take' };
  if (current.fingerprint === offered.fingerprint) return { kind: 'keep', againInMs: Infinity };
  if (!isValidAt(offered, nowMs)) return { kind: 'keep', againInMs: Infinity };
  if (offered.missingNames.length > 0 && current.missingNames.length === 0) {
    return { kind: 'keep', againInMs: Infinity };
  }
  if (!isValidAt(current, nowMs) || trustedForMs(current.issuer) === undefined) return { kind: 'take' };
  if (current.issuer === offered.issuer) return { kind: 'take' };
  const trusted = trustedForMs(offered.issuer);
  if (trusted !== undefined && trusted >= settleMs) return { kind: 'take' };
  return { kind: 'keep', againInMs: trusted === undefined ? Infinity : settleMs - trusted };
}
