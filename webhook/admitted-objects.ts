import { keyOf } from '../src/kube/store-change.ts';

/**
 * How long an admitted object counts before the watch has brought it. It may have been refused after us (a quota,
 * another webhook), so it must not count for ever; by then the controller is the one to find a cycle.
 */
const ADMITTED_COUNTS_MS = 5_000;

/** A create that was admitted so long ago has most likely been stored or refused by now. */
const ADMITTED_SETTLES_MS = 1_000;

/** An object as it was admitted. */
interface Admitted<T> {
  readonly namespace: string;
  readonly name: string;
  readonly object: T;
  readonly atMs: number;
}

/** Objects that were admitted a moment ago and that the watch has not yet brought. */
export class AdmittedObjects<T> {
  /** By key, in the order of their admission. */
  readonly #admitted = new Map<string, Admitted<T>>();
  readonly #now: () => number;

  /** @param now a monotonic clock, in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts an object from now on, in place of an earlier one of the same name. */
  add(namespace: string, name: string, object: T): void {
    const key = keyOf({ namespace, name });
    this.#admitted.delete(key);
    this.#admitted.set(key, { namespace, name, object, atMs: this.#now() });
  }

  /** The object as it was admitted. */
  get(namespace: string, name: string): T | undefined {
    return this.#admitted.get(keyOf({ namespace, name }))?.object;
  }

  /** Whether an object was admitted so long ago that it has most likely been stored or refused by now. */
  isSettled(namespace: string, name: string): boolean {
    const admitted = this.#admitted.get(keyOf({ namespace, name }));
    return admitted !== undefined && admitted.atMs <= this.#now() - ADMITTED_SETTLES_MS;
  }

  /** The objects that were admitted in a namespace. */
  *within(namespace: string): Iterable<T> {
    for (const admitted of this.#admitted.values()) {
      if (admitted.namespace === namespace) yield admitted.object;
    }
  }

  /** Lets an object go: the watch has brought it, or it was refused after all. */
  delete(namespace: string, name: string): void {
    this.#admitted.delete(keyOf({ namespace, name }));
  }

  /** Lets go of what has counted for too long. @returns what it was */
  takeOld(): { readonly namespace: string; readonly name: string }[] {
    const oldestMs = this.#now() - ADMITTED_COUNTS_MS;
    const old: Admitted<T>[] = [];
    for (const [key, admitted] of this.#admitted) {
      if (admitted.atMs > oldestMs) break;
      this.#admitted.delete(key);
      old.push(admitted);
    }
    return old;
  }
}
