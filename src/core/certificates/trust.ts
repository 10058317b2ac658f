/** The `caBundle` of one webhook of the configuration. */
export interface BundleFacts {
  /** Fingerprints of the certificates in it. */
  readonly authorities: readonly string[];
  /** It holds something that is no certificate. */
  readonly unreadable: boolean;
}

/** Since when something has been seen, by fingerprint; on a monotonic clock, in milliseconds. */
export type Since = ReadonlyMap<string, number>;

/** What this replica has seen of the configuration, over time. */
export interface ObservedTrust {
  /** In every webhook's bundle. */
  readonly trusted: Since;
  /** In some webhook's bundle, although nothing needs it there. */
  readonly surplus: Since;
}

/** Nothing seen yet. */
export const NOTHING_TRUSTED: ObservedTrust = { trusted: new Map(), surplus: new Map() };

/**
 * Notes what is in the bundles now, and since when.
 *
 * @param before what was noted last
 * @param bundles one for each webhook; none when there is no configuration
 * @param needed the authorities that have to be there
 * @param nowMs a monotonic clock, in milliseconds
 */
export function observeTrust(
  before: ObservedTrust,
  bundles: readonly BundleFacts[],
  needed: readonly string[],
  nowMs: number,
): ObservedTrust {
  const present = presentIn(bundles);
  const isEverywhere = (one: string): boolean =>
    bundles.every(({ authorities }) => authorities.includes(one));
  return {
    trusted: stillThere(before.trusted, present.filter(isEverywhere), nowMs),
    surplus: stillThere(
      before.surplus,
      present.filter((one) => !needed.includes(one)),
      nowMs,
    ),
  };
}

/** What a decision about the configuration is made on. */
export interface BundleView {
  /** One for each webhook; none when there is no configuration. */
  readonly bundles: readonly BundleFacts[];
  /** What has to be there, the most important first: what the Secret says, and what this replica serves by. */
  readonly needed: readonly string[];
  /** What {@link observeTrust} has noted of just these bundles. */
  readonly surplus: Since;
  /** How long an authority that is not needed stays, in milliseconds. */
  readonly overlapMs: number;
  /** The monotonic clock of `surplus`, in milliseconds. */
  readonly nowMs: number;
}

/** The next write to the configuration, if there is one. */
export type BundleDecision =
  /** Every webhook gets these authorities, in this order. */
  | { readonly kind: 'write'; readonly authorities: readonly string[] }
  /** Nothing to write before that, unless something changes. */
  | { readonly kind: 'none'; readonly againInMs: number };

/**
 * Decides what to write to the configuration. What is missing is added at once; what is not needed stays for a
 * while, because another replica may still serve by it, and is never a reason for two replicas to undo each other's
 * writes.
 */
export function decideBundles(view: BundleView): BundleDecision {
  const { bundles, needed, surplus, overlapMs, nowMs } = view;
  const old = (one: string): boolean => nowMs - (surplus.get(one) ?? nowMs) >= overlapMs;
  const authorities = [...needed, ...presentIn(bundles).filter((one) => !needed.includes(one) && !old(one))];
  const isRight = (bundle: BundleFacts): boolean =>
    !bundle.unreadable &&
    needed.every((one) => bundle.authorities.includes(one)) &&
    !bundle.authorities.some((one) => !needed.includes(one) && old(one));
  if (needed.length > 0 && !bundles.every(isRight)) return { kind: 'write', authorities };
  const ages = [...surplus.values()].map((since) => overlapMs - (nowMs - since));
  return { kind: 'none', againInMs: Math.min(Infinity, ...ages) };
}

function presentIn(bundles: readonly BundleFacts[]): string[] {
  return [...new Set(bundles.flatMap(({ authorities }) => authorities))];
}

function stillThere(before: Since, present: readonly string[], nowMs: number): Since {
  return new Map(present.map((one) => [one, before.get(one) ?? nowMs]));
}
