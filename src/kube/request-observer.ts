import type { ApiRequest } from './connection.ts';

/** What a request was for, in the API server's own words; so few that a metric may have them as a label. */
export type RequestVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/**
 * Told of every request that has ended, and of every watch that has been opened or refused.
 *
 * @param code the HTTP status; `none` if no answer came, `aborted` if this side ended the request
 * @param seconds from the call to the end of the answer, waiting its turn included; of a watch, to its first bytes
 */
export type RequestObserver = (verb: RequestVerb, code: string, seconds: number) => void;

/** The verb of a request: a list is a GET with a limit, since nothing here lists without one. */
export function verbOf({ method, query }: Pick<ApiRequest, 'method' | 'query'>): RequestVerb {
  switch (method) {
    case 'GET':
      return query?.limit === undefined ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return 'delete';
  }
}
