import { errorOfWatchEvent } from './api-error.ts';
import type { ApiError } from './api-error.ts';

/** One page of a list. */
export interface ListPage {
  readonly items: readonly unknown[];
  /** Asks for the next page; undefined on the last. */
  readonly continueToken: string | undefined;
  /** The version of the whole list, from which a watch goes on. */
  readonly resourceVersion: string;
}

/** One line of a watch. */
export type WatchEvent =
  | { readonly kind: 'seen'; readonly object: unknown; readonly resourceVersion: string | undefined }
  | { readonly kind: 'deleted'; readonly object: unknown; readonly resourceVersion: string | undefined }
  /** Nothing has changed up to this version. */
  | { readonly kind: 'bookmark'; readonly resourceVersion: string | undefined }
  | { readonly kind: 'error'; readonly error: ApiError };

/**
 * Reads the answer to a list.
 *
 * @param answer the parsed body
 * @throws TypeError if it is no list
 */
export function readListPage(answer: unknown): ListPage {
  const list = fieldsOf(answer);
  const metadata = fieldsOf(list?.metadata);
  const resourceVersion = metadata?.resourceVersion;
  if (list === undefined || typeof resourceVersion !== 'string')
    throw new TypeError('the answer is not a list');
  // Go writes an empty list of some kinds as null.
  const items: unknown[] = Array.isArray(list.items) ? list.items : [];
  const token = metadata?.continue;
  return {
    items,
    resourceVersion,
    continueToken: typeof token === 'string' && token !== '' ? token : undefined,
  };
}

/**
 * Reads one line of a watch.
 *
 * @param line a JSON object `{type, object}`
 * @throws SyntaxError or TypeError if it is not
 */
export function readWatchEvent(line: Buffer): WatchEvent {
  const event = fieldsOf(JSON.parse(line.toString()) as unknown);
  const object = event?.object;
  switch (event?.type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'seen', object, resourceVersion: resourceVersionOf(object) };
    case 'DELETED':
      return { kind: 'deleted', object, resourceVersion: resourceVersionOf(object) };
    case 'BOOKMARK':
      return { kind: 'bookmark', resourceVersion: resourceVersionOf(object) };
    case 'ERROR':
      return { kind: 'error', error: errorOfWatchEvent(object) };
    default:
      throw new TypeError('the line is not an event of a watch');
  }
}

function resourceVersionOf(object: unknown): string | undefined {
  const version = fieldsOf(fieldsOf(object)?.metadata)?.resourceVersion;
  return typeof version === 'string' && version !== '' ? version : undefined;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
