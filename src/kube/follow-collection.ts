import { collectionPaths, type Collection } from './collections.ts';
import { Reflector } from './reflector.ts';
import type { ChangeHandler, ReflectorCounters, ReflectorOptions } from './reflector.ts';
import type { Identified } from './store-change.ts';

/** A collection that is followed, by one reflector or by several; each member as {@link Reflector} has it. */
export type FollowedCollection<T extends Identified> = Pick<
  Reflector<T>,
  'store' | 'synced' | 'whenSynced' | 'lastContactMs' | 'counters' | 'subscribe' | 'start' | 'stop'
>;

/** What is followed, and where. */
export interface FollowOptions<T extends Identified> extends Omit<
  ReflectorOptions<T>,
  'path' | 'passesIfDenied'
> {
  readonly collection: Collection;
  /** The namespaces to follow it in; none stands for all. */
  readonly namespaces: readonly string[];
}

/**
 * Follows a collection in all namespaces by one list and watch, or in each of some namespaces by its own, which takes
 * no right beyond them. Objects never refer to other namespaces, so each may be as up to date as it can: one that
 * cannot be read, because it is gone or has no Role for us, counts as empty and does not keep the others waiting.
 */
export function followCollection<T extends Identified>(options: FollowOptions<T>): FollowedCollection<T> {
  const { collection, namespaces, ...rest } = options;
  const [path = ''] = collectionPaths(collection, namespaces);
  if (namespaces.length === 0) return new Reflector({ ...rest, path });
  return new ReflectorGroup(
    namespaces.map((namespace) => {
      const [own = ''] = collectionPaths(collection, [namespace]);
      return [namespace, new Reflector({ ...rest, path: own, passesIfDenied: true })] as const;
    }),
  );
}

/** One reflector for each namespace, seen as one. */
class ReflectorGroup<T extends Identified> implements FollowedCollection<T> {
  readonly store: ReadonlyMap<string, T>;
  readonly whenSynced: Promise<void>;
  readonly #reflectors: readonly Reflector<T>[];

  constructor(byNamespace: readonly (readonly [namespace: string, Reflector<T>])[]) {
    this.#reflectors = byNamespace.map(([, reflector]) => reflector);
    this.store = new NamespacedStore(new Map(byNamespace.map(([name, { store }]) => [name, store])));
    this.whenSynced = Promise.all(this.#reflectors.map(({ whenSynced }) => whenSynced)).then(() => undefined);
  }

  get synced(): boolean {
    return this.#reflectors.every(({ synced }) => synced);
  }

  /** The longest ago of all. */
  get lastContactMs(): number | undefined {
    let oldest: number | undefined;
    for (const { lastContactMs } of this.#reflectors) {
      if (lastContactMs === undefined) return undefined;
      oldest = Math.min(oldest ?? lastContactMs, lastContactMs);
    }
    return oldest;
  }

  get counters(): ReflectorCounters {
    const sum = { watches: 0, failures: 0, stalls: 0, relists: 0, events: 0, errors: 0 };
    for (const { counters } of this.#reflectors) {
      for (const name of COUNTERS) sum[name] += counters[name];
    }
    return sum;
  }

  subscribe(handler: ChangeHandler<T>): () => void {
    const ends = this.#reflectors.map((reflector) => reflector.subscribe(handler));
    return () => {
      for (const end of ends) end();
    };
  }

  start(): void {
    for (const reflector of this.#reflectors) reflector.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()));
  }
}

const COUNTERS = ['watches', 'failures', 'stalls', 'relists', 'events', 'errors'] as const;

/** The stores of several namespaces as one; looking something up costs as much as in one of them. */
class NamespacedStore<T> implements ReadonlyMap<string, T> {
  readonly #stores: ReadonlyMap<string, ReadonlyMap<string, T>>;

  constructor(stores: ReadonlyMap<string, ReadonlyMap<string, T>>) {
    this.#stores = stores;
  }

  get size(): number {
    let size = 0;
    for (const store of this.#stores.values()) size += store.size;
    return size;
  }

  get(key: string): T | undefined {
    return this.#stores.get(key.slice(0, key.indexOf('/')))?.get(key);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  forEach(each: (value: T, key: string, map: ReadonlyMap<string, T>) => void): void {
    for (const [key, value] of this.entries()) each(value, key, this);
  }

  *entries(): MapIterator<[string, T]> {
    for (const store of this.#stores.values()) yield* store;
  }

  *keys(): MapIterator<string> {
    for (const store of this.#stores.values()) yield* store.keys();
  }

  *values(): MapIterator<T> {
    for (const store of this.#stores.values()) yield* store.values();
  }

  [Symbol.iterator](): MapIterator<[string, T]> {
    return this.entries();
  }
}
