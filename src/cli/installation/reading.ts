import { isApiError, isForbidden } from '../../kube/api-error.ts';
import type { Connection, Query } from '../../kube/connection.ts';
import { listAll } from '../cluster/read-objects.ts';

/** What came of looking at something that may not be there, or that this user may have no right to see. */
export type Reading<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'absent' }
  /** What may not be read, as it completes "You may not …": `get leases in namespace "jobflow-system"`. */
  | { readonly kind: 'forbidden'; readonly what: string };

/** What a list or an object is called, for whoever may not read it: `leases in namespace "jobflow-system"`. */
export interface Asked {
  readonly path: string;
  readonly what: string;
  readonly query?: Query;
}

/**
 * Reads one object.
 *
 * @throws ApiError for anything but a missing object and a missing right
 */
export async function readObject(connection: Connection, { path, what }: Asked): Promise<Reading<unknown>> {
  return reading(`get ${what}`, async () => ({
    kind: 'read',
    value: await connection.request({ method: 'GET', path }),
  }));
}

/**
 * Reads a list. A kind that the cluster does not have counts as absent.
 *
 * @throws ApiError for anything but a missing kind and a missing right
 */
export async function readObjects(
  connection: Connection,
  { path, what, query }: Asked,
): Promise<Reading<readonly unknown[]>> {
  return reading(`list ${what}`, async () => ({
    kind: 'read',
    value: await listAll<unknown>(connection, path, query),
  }));
}

/** What was read, made into something else; undefined makes it absent. */
export function mapReading<T, U>(read: Reading<T>, make: (value: T) => U | undefined): Reading<U> {
  if (read.kind !== 'read') return read;
  const value = make(read.value);
  return value === undefined ? { kind: 'absent' } : { kind: 'read', value };
}

/** The value, if there is one. */
export function valueOf<T>(read: Reading<T>): T | undefined {
  return read.kind === 'read' ? read.value : undefined;
}

async function reading<T>(what: string, read: () => Promise<Reading<T>>): Promise<Reading<T>> {
  try {
    return await read();
  } catch (error) {
    if (isForbidden(error)) return { kind: 'forbidden', what };
    if (isApiError(error, 'notFound')) return { kind: 'absent' };
    throw error;
  }
}
