import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { ApiError, errorOfAnswer, errorOfNetwork } from './api-error.ts';
import { Credentials } from './credentials.ts';
import { LineSplitter } from './line-splitter.ts';
import { RenewablePool } from './renewable-pool.ts';
import { verbOf, type RequestObserver } from './request-observer.ts';
import { connectorOf } from './tls-connector.ts';

/** How to reach one API server. */
export interface ConnectOptions {
  /** A kubeconfig file. Without it: KUBECONFIG, else the pod's service account, else `~/.kube/config`. */
  readonly kubeconfigPath?: string | undefined;
  /** The context to use instead of the current one. */
  readonly context?: string | undefined;
  /** Connections for requests, and so how many requests run at once; the others wait their turn. */
  readonly connections: number;
  /** The `User-Agent` of every request. */
  readonly userAgent: string;
  /** The limit of a request that states none, waiting its turn included, in milliseconds; 30 s. */
  readonly requestTimeoutMs?: number;
  /** The limit for TCP and TLS, in milliseconds; 5 s. */
  readonly connectTimeoutMs?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
  /** Told of every request. */
  readonly observe?: RequestObserver;
}

/** Query parameters; those that are undefined are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** One request. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path without query, such as `/apis/batch/v1/namespaces/default/jobs/a`; see `apiPath`. */
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of the body; by default `application/json`, and `application/merge-patch+json` with PATCH. */
  readonly contentType?: string;
  /**
   * What of the object is to be answered: all of it unless stated. `metadata`, and `metadataList` of a list, spare the
   * API server and this side the rest of what they know already or do not need
   * (https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches).
   */
  readonly answer?: 'object' | 'metadata' | 'metadataList';
  /** The limit for the whole request, waiting its turn included, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Ends the request with an ApiError of kind `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** A request for something that keeps coming: a watch, or the log of a pod. */
export interface StreamRequest {
  readonly path: string;
  readonly query?: Query;
  /** The limit for the answer's first bytes, in milliseconds; the stream itself has none. */
  readonly headersTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called once the API server has accepted the request, before the first line. */
  readonly onOpen?: (() => void) | undefined;
  /** How it is given: as lines unless stated; as bytes, in the pieces in which they come, for a log. */
  readonly as?: 'lines' | 'bytes';
}

/** One API server. Safe to share; every failure is an ApiError. */
export interface Connection {
  /** The server's URL. */
  readonly server: string;
  /** The namespace of the kubeconfig's context or of the pod, if it states one. */
  readonly namespace: string | undefined;
  /**
   * Sends one request.
   *
   * @returns the parsed answer, or the text of one that is not JSON; whoever asked makes a type of it
   * @throws ApiError
   */
  request(request: ApiRequest): Promise<unknown>;
  /**
   * Opens a stream of lines, or of bytes. It has a TCP connection of its own for as long as it lasts, so that watches take none
   * from requests. Leaving the loop ends it.
   *
   * @returns the lines or pieces, each only valid until the next is asked for; ends when the API server ends it
   * @throws ApiError, also in the middle
   */
  stream(request: StreamRequest): AsyncIterable<Buffer>;
  /**
   * The time by the API server's clock, in milliseconds since the epoch, from the `Date` of its latest answer: up to
   * a second late, never early, even if this machine's clock is set meanwhile. This machine's time before the first
   * answer.
   */
  serverTimeMs(): number;
  /** Ends everything that runs, with ApiErrors of kind `aborted`, and closes all sockets. */
  close(): Promise<void>;
}

/**
 * Makes a connection to one API server; nothing is sent yet.
 *
 * The pool speaks HTTP/1.1 over kept-alive connections: with HTTP/2 all requests and watches would share one TCP
 * connection and its flow control.
 *
 * @throws KubeconfigError if there are no usable credentials
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { kubeconfigPath, context, env = process.env, now = () => performance.now() } = options;
  const credentials = await Credentials.load({ kubeconfigPath, context, env }, now);
  return new PooledConnection(credentials, options, now);
}

/**
 * Writes a path with each variable part encoded, so that a name can never reach another resource.
 *
 * @example apiPath`/api/v1/namespaces/${namespace}/events/${name}`
 */
export function apiPath(fixed: TemplateStringsArray, ...parts: readonly string[]): string {
  return fixed.reduce((path, piece, index) => path + encodeURIComponent(parts[index - 1] ?? '') + piece);
}

const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;
const DEFAULT_HEADERS_TIMEOUT_MS = 10_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;

/** Less than the API server's own 90 s for idle connections, so that it is this side that closes them. */
const IDLE_CONNECTION_MS = 60_000;

class PooledConnection implements Connection {
  readonly server: string;
  readonly namespace: string | undefined;
  readonly #credentials: Credentials;
  readonly #requests: RenewablePool;
  readonly #streams: RenewablePool;
  readonly #pathPrefix: string;
  readonly #userAgent: string;
  readonly #requestTimeoutMs: number;
  readonly #now: () => number;
  readonly #observe: RequestObserver;
  /** The server's time when the monotonic clock was 0; undefined before the first answer. */
  #serverEpochMs: number | undefined;

  constructor(credentials: Credentials, options: ConnectOptions, now: () => number) {
    const url = new URL(credentials.server);
    this.server = credentials.server;
    this.namespace = credentials.namespace;
    this.#credentials = credentials;
    this.#userAgent = options.userAgent;
    this.#now = now;
    this.#observe = options.observe ?? (() => undefined);
    this.#pathPrefix = url.pathname.replace(/\/+$/, '');
    this.#requestTimeoutMs = options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS;
    const pool: Pool.Options = {
      connect: connectorOf(credentials, options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS),
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: IDLE_CONNECTION_MS,
      // Every request has its own limit below, which unlike these two covers the time spent waiting its turn.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    const { connections } = options;
    this.#requests = new RenewablePool(() => new Pool(url.origin, { ...pool, connections }), now);
    this.#streams = new RenewablePool(() => new Pool(url.origin, { ...pool, connections: null }), now);
  }

  async request(request: ApiRequest): Promise<unknown> {
    const {
      method,
      body,
      contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    } = request;
    const limit = timeLimit(request.timeoutMs ?? this.#requestTimeoutMs, request.signal);
    const startedMs = this.#now();
    let code = 'none';
    try {
      const answer = await this.#send(this.#requests, limit.signal, {
        method,
        path: this.#target(request.path, request.query),
        headers: {
          accept: ACCEPTED[request.answer ?? 'object'],
          ...(body === undefined ? {} : { 'content-type': contentType }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const content = await contentOf(answer);
      code = String(answer.statusCode);
      return content;
    } catch (cause) {
      const error = errorOfNetwork(cause);
      code = codeOf(error);
      throw error;
    } finally {
      limit.lift();
      this.#observe(verbOf(request), code, (this.#now() - startedMs) / 1_000);
    }
  }

  async *stream(request: StreamRequest): AsyncGenerator<Buffer, void, undefined> {
    const limit = timeLimit(request.headersTimeoutMs ?? DEFAULT_HEADERS_TIMEOUT_MS, request.signal);
    try {
      const body = await this.#open(request, limit.signal);
      limit.liftTime();
      request.onOpen?.();
      // undici's body gives Buffers; its types do not say so.
      const pieces = body as AsyncIterable<Buffer>;
      yield* request.as === 'bytes' ? pieces : linesOf(pieces);
    } catch (error) {
      throw errorOfNetwork(error);
    } finally {
      limit.lift();
    }
  }

  /** @throws ApiError, or what undici throws */
  async #open(
    { path, query, as }: StreamRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData['body']> {
    const startedMs = this.#now();
    let code = 'none';
    try {
      const { body, statusCode } = await this.#send(this.#streams, signal, {
        method: 'GET',
        path: this.#target(path, query),
        headers: { accept: as === 'bytes' ? ACCEPTED.bytes : ACCEPTED.object },
      });
      code = String(statusCode);
      return body;
    } catch (error) {
      code = codeOf(errorOfNetwork(error));
      throw error;
    } finally {
      this.#observe('watch', code, (this.#now() - startedMs) / 1_000);
    }
  }

  serverTimeMs(): number {
    return this.#serverEpochMs === undefined ? Date.now() : this.#serverEpochMs + this.#now();
  }

  #readClock(date: string | string[] | undefined): void {
    const serverMs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
    if (!Number.isNaN(serverMs)) this.#serverEpochMs = serverMs - this.#now();
  }

  async close(): Promise<void> {
    await Promise.all([this.#requests.destroy(), this.#streams.destroy()]);
  }

  /** Sends, and once more with new credentials after a 401. @throws ApiError for any status but 2xx */
  async #send(pool: RenewablePool, signal: AbortSignal, options: Outgoing): Promise<Dispatcher.ResponseData> {
    for (let attempt = 1; ; attempt += 1) {
      const auth = await this.#credentials.headers();
      const headers = {
        'user-agent': this.#userAgent,
        ...auth,
        ...options.headers,
      };
      const answer = await pool.request({ ...options, headers, signal }, isTimeout);
      this.#readClock(answer.headers.date);
      if (answer.statusCode >= 200 && answer.statusCode < 300) return answer;
      const retryAfter = answer.headers['retry-after'];
      const content = await contentOf(answer).catch(() => undefined);
      if (answer.statusCode === 401 && attempt === 1 && (await this.#credentials.renew())) continue;
      throw errorOfAnswer(
        answer.statusCode,
        content,
        typeof retryAfter === 'string' ? retryAfter : undefined,
      );
    }
  }

  #target(path: string, query: Query | undefined): string {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) search.append(name, String(value));
    }
    const text = search.toString();
    return this.#pathPrefix + path + (text === '' ? '' : `?${text}`);
  }
}

interface Outgoing {
  readonly method: ApiRequest['method'];
  readonly path: string;
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const splitter = new LineSplitter();
  for await (const piece of pieces) yield* splitter.push(piece);
  const rest = splitter.rest();
  if (rest !== undefined) yield rest;
}

const ACCEPTED = {
  object: 'application/json',
  // Errors come as JSON all the same.
  bytes: 'application/json, */*',
  // An API server that cannot give these gives the whole object.
  metadata: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
  metadataList: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
} as const;

/** The reason of the ApiError of a request whose time is up. */
const TIMEOUT = 'Timeout';

function isTimeout(error: unknown): boolean {
  return error instanceof ApiError && error.reason === TIMEOUT && error.status === undefined;
}

function codeOf({ kind, status }: ApiError): string {
  if (status !== undefined) return String(status);
  return kind === 'aborted' ? 'aborted' : 'none';
}

async function contentOf({ headers, body }: Dispatcher.ResponseData): Promise<unknown> {
  const type = headers['content-type'];
  return typeof type === 'string' && type.startsWith('application/json') ? body.json() : body.text();
}

interface TimeLimit {
  readonly signal: AbortSignal;
  /** Ends the limit in time; the caller's signal still counts. */
  liftTime(): void;
  /** Ends both, and leaves nothing behind on the caller's signal. */
  lift(): void;
}

function timeLimit(timeoutMs: number, signal: AbortSignal | undefined): TimeLimit {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const message = `no answer from the API server within ${timeoutMs} ms`;
    controller.abort(new ApiError({ kind: 'retry', message, reason: TIMEOUT }));
  }, timeoutMs);
  const stop = (): void => {
    controller.abort(new ApiError({ kind: 'aborted', message: 'the request was ended by its caller' }));
  };
  if (signal?.aborted === true) stop();
  else signal?.addEventListener('abort', stop, { once: true });
  return {
    signal: controller.signal,
    liftTime: () => {
      clearTimeout(timer);
    },
    lift: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    },
  };
}
