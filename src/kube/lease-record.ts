/** What a Lease says about who leads; the fields of `spec` that leader election uses. */
export interface LeaseRecord {
  readonly resourceVersion: string;
  /** Empty: nobody, the last one has stepped down. */
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string | undefined;
  readonly renewTime: string | undefined;
  /** How often the holder has changed. */
  readonly leaseTransitions: number;
}

/** A record, and when this process first saw it as it is: the holder's clock is never believed. */
export interface ObservedLease {
  readonly record: LeaseRecord;
  /** On this process's monotonic clock, in milliseconds. */
  readonly observedMs: number;
}

/** What to do about the Lease now. */
export type LeaseDecision =
  | { readonly kind: 'create' }
  | { readonly kind: 'renew' }
  | { readonly kind: 'acquire'; readonly from: string }
  /** Another one holds it, for at least so much longer unless it is given up. */
  | { readonly kind: 'wait'; readonly holder: string; readonly remainingMs: number };

/**
 * Decides about the Lease as client-go does: another's lease counts until it has not changed, as seen from here, for
 * its own duration.
 *
 * @param observed the Lease, or undefined if there is none
 * @param identity who this process is
 * @param nowMs the same monotonic clock as `observedMs`
 */
export function decideLease(
  observed: ObservedLease | undefined,
  identity: string,
  nowMs: number,
): LeaseDecision {
  if (observed === undefined) return { kind: 'create' };
  const { holderIdentity, leaseDurationSeconds } = observed.record;
  if (holderIdentity === identity) return { kind: 'renew' };
  if (holderIdentity === '') return { kind: 'acquire', from: '' };
  const remainingMs = observed.observedMs + leaseDurationSeconds * 1_000 - nowMs;
  if (remainingMs > 0) return { kind: 'wait', holder: holderIdentity, remainingMs };
  return { kind: 'acquire', from: holderIdentity };
}

/**
 * Notes what has been read. The time only moves when the Lease has changed.
 *
 * @param before what was known
 * @param record what has been read now
 * @param nowMs the monotonic clock, in milliseconds
 */
export function observeLease(
  before: ObservedLease | undefined,
  record: LeaseRecord,
  nowMs: number,
): ObservedLease {
  return before?.record.resourceVersion === record.resourceVersion ? before : { record, observedMs: nowMs };
}

/**
 * Reads a Lease as the API server sends it.
 *
 * @throws TypeError if it is none
 */
export function readLease(object: unknown): LeaseRecord {
  const lease = fieldsOf(object);
  const resourceVersion = fieldsOf(lease.metadata).resourceVersion;
  if (typeof resourceVersion !== 'string') throw new TypeError('the answer is not a Lease');
  const spec = fieldsOf(lease.spec);
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return {
    resourceVersion,
    holderIdentity: text(spec.holderIdentity) ?? '',
    leaseDurationSeconds: count(spec.leaseDurationSeconds),
    acquireTime: text(spec.acquireTime),
    renewTime: text(spec.renewTime),
    leaseTransitions: count(spec.leaseTransitions),
  };
}

/**
 * Writes a time as a Kubernetes MicroTime, which has six decimals
 * (https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#MicroTime).
 *
 * @param ms milliseconds since the epoch
 */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
