import { Pool } from 'undici';
import type { KeyedCertificate } from './certificates.ts';

/** An answer of the API server, whatever its status. */
export type ApiAnswer = { status: number; body: unknown };

/** A plain client of one API server, with the admin's rights, for set-up and for looking. */
export class ApiClient {
  readonly #pool: Pool;

  constructor(server: string, caCert: string, admin: KeyedCertificate) {
    this.#pool = new Pool(server, {
      connections: 32,
      connect: { ca: caCert, cert: admin.cert, key: admin.key },
    });
  }

  /**
   * Sends one request.
   *
   * @param path with its query, as in `/api/v1/nodes?limit=1`
   * @param body sent as JSON; the content type of a PATCH is a merge patch unless stated
   * @returns the status and the parsed body (a string where it is not JSON); never throws for a status
   * @throws Error when the API server cannot be reached
   */
  async request(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<ApiAnswer> {
    const type = contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
    const response = await this.#pool.request({
      method,
      path,
      headers: { accept: 'application/json', 'content-type': type },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.body.text();
    return { status: response.statusCode, body: parse(text) };
  }

  /**
   * Sends one request that must succeed.
   *
   * @throws Error with the API server's own message when the status is not 2xx
   */
  async demand(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<unknown> {
    const answer = await this.request(method, path, body);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    const message = readPath(answer.body, 'message');
    throw new Error(
      `${method} ${path}: ${answer.status} ${typeof message === 'string' ? message : ''}`.trim(),
    );
  }

  /** Closes all connections at once. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** What lies at a path of keys (or list indexes) in a parsed JSON value; `undefined` where it ends early. */
export function readPath(value: unknown, ...keys: readonly (string | number)[]): unknown {
  let at = value;
  for (const key of keys) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Object.entries(at).find(([name]) => name === String(key))?.[1];
  }
  return at;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
