/** What every projected record keeps of its object. */
export interface Identified {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** One difference between what was known and what is. */
export type Change<T> =
  | { readonly kind: 'added'; readonly record: T; readonly previous?: undefined }
  | { readonly kind: 'updated'; readonly record: T; readonly previous: T }
  /** `record` is the last state that is known: the final one if the deletion was seen, else an earlier one. */
  | { readonly kind: 'deleted'; readonly record: T; readonly previous?: undefined };

/** Who says so: a list is the whole truth at one moment, a watch may repeat itself. */
export type Source = 'list' | 'watch';

/** The key of an object in a store: `namespace/name`, or `/name` without a namespace. */
export function keyOf({ namespace, name }: Pick<Identified, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

/**
 * What changes when an object is seen.
 *
 * @param stored what is known under its name
 * @param seen the object as it was seen
 * @param source where; what a watch says is ignored if it is provably older than what is known
 * @returns nothing, one change, or for an object re-created under its name two
 */
export function changesOnSeen<T extends Identified>(
  stored: T | undefined,
  seen: T,
  source: Source,
): Change<T>[] {
  if (stored === undefined) return [{ kind: 'added', record: seen }];
  if (source === 'watch' && isProvablyOlder(seen.resourceVersion, stored.resourceVersion)) return [];
  if (stored.uid !== seen.uid) {
    return [
      { kind: 'deleted', record: stored },
      { kind: 'added', record: seen },
    ];
  }
  if (stored.resourceVersion === seen.resourceVersion) return [];
  return [{ kind: 'updated', record: seen, previous: stored }];
}

/**
 * What changes when a watch tells of a deletion.
 *
 * @param stored what is known under the object's name
 * @param last the object's last state, as the event carries it
 */
export function changesOnDeleted<T extends Identified>(stored: T | undefined, last: T): Change<T>[] {
  if (stored === undefined || isProvablyOlder(last.resourceVersion, stored.resourceVersion)) return [];
  // Another UID: what is stored was deleted without this watch having said so, before this one was created.
  return [{ kind: 'deleted', record: stored.uid === last.uid ? last : stored }];
}

const DIGITS = /^[1-9]\d*$/;

/**
 * Whether one resourceVersion is certainly older than another of the same resource. They are compared as whole
 * numbers where both are such, which Kubernetes guarantees since 1.35 and etcd has always given; anything else proves
 * nothing (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions).
 */
export function isProvablyOlder(version: string, than: string): boolean {
  if (!DIGITS.test(version) || !DIGITS.test(than)) return false;
  return version.length === than.length ? version < than : version.length < than.length;
}
