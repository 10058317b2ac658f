import type { NamedResources } from './named-resources.ts';

/** What the index knows of objects that were admitted and that no watch has brought yet. */
export interface Admissions {
  /** Of the objects of a cycle, those that only an admission speaks for, and that may have been refused after it. */
  doubtful(namespace: string, names: readonly string[]): string[];
  /** Forgets the admission of an object that was refused after it. */
  forget(namespace: string, reference: string): void;
}

/**
 * Forgets, of the objects of a cycle, those that were admitted and then refused by somebody else: a quota, the API
 * server's own validation.
 *
 * @param cycle the path of the cycle; empty if there is none
 * @returns whether there was one
 * @throws ApiError if that cannot be told
 */
export async function forgetRefused(
  index: Admissions,
  resources: Pick<NamedResources, 'exists'>,
  namespace: string,
  cycle: readonly string[],
): Promise<boolean> {
  let forgot = false;
  for (const name of new Set(index.doubtful(namespace, cycle))) {
    if (await resources.exists(namespace, name)) continue;
    index.forget(namespace, name);
    forgot = true;
  }
  return forgot;
}
