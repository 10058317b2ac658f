import { WaitingObjects, type SeenObject } from '../src/core/admission/flow/waiting-objects.ts';

/** Tells what is known of an object: the name of a Job, `jobflow/NAME` or `daemonjob/NAME`. */
export type Seen = (namespace: string, reference: string) => SeenObject | undefined;

/** What waits, by namespace: the Job index and the resource index both write to it. */
export class WaitingNamespaces {
  readonly #namespaces = new Map<string, WaitingObjects>();
  readonly #sources: Seen[] = [];

  /** Adds one who knows objects; asked in the order of their addition. */
  addSource(seen: Seen): void {
    this.#sources.push(seen);
  }

  /** What waits in a namespace, now and later. */
  of(namespace: string): WaitingObjects {
    let objects = this.#namespaces.get(namespace);
    if (objects === undefined) {
      objects = new WaitingObjects((reference) => this.#seen(namespace, reference));
      this.#namespaces.set(namespace, objects);
    }
    return objects;
  }

  #seen(namespace: string, reference: string): SeenObject | undefined {
    for (const source of this.#sources) {
      const found = source(namespace, reference);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
