/**
 * What a failed request asks of its caller:
 *
 * - `retry`: nothing wrong with the request; the same one may succeed later (network, 408, 429, 5xx)
 * - `conflict`: 409, the object has changed, or exists already (`reason` tells: `Conflict`, `AlreadyExists`)
 * - `gone`: 410, the resourceVersion or continue token is too old; list again
 * - `notFound`: 404
 * - `denied`: 401 or 403
 * - `invalid`: any other 4xx; the same request will never succeed
 * - `aborted`: the caller's own signal, or the connection has been closed
 */
export type ApiErrorKind = 'retry' | 'conflict' | 'gone' | 'notFound' | 'denied' | 'invalid' | 'aborted';

/** The parts of an ApiError. */
export interface ApiErrorDetails {
  readonly kind: ApiErrorKind;
  readonly message: string;
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A request that did not succeed, classified where it entered. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind: ApiErrorKind;
  /** The HTTP status, or undefined if no answer came. */
  readonly status: number | undefined;
  /** The `reason` of the API server's Status (`AlreadyExists`, `Expired`), or the code of a network error. */
  readonly reason: string | undefined;
  /** How long the API server asked to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor({ kind, message, status, reason, retryAfterMs, cause }: ApiErrorDetails) {
    super(message, { cause });
    this.kind = kind;
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * What an HTTP status asks of the caller.
 *
 * @param status the HTTP status of an answer, or the `code` of a Status object inside a watch
 */
export function kindOfStatus(status: number): ApiErrorKind {
  switch (status) {
    case 401:
    case 403:
      return 'denied';
    case 404:
      return 'notFound';
    case 408:
    case 429:
      return 'retry';
    case 409:
      return 'conflict';
    case 410:
      return 'gone';
    default:
      return status >= 400 && status < 500 ? 'invalid' : 'retry';
  }
}

/**
 * The error for an answer that is not 2xx.
 *
 * @param status the HTTP status
 * @param body the parsed body; a Kubernetes Status gives message and reason
 * @param retryAfter the `Retry-After` header, in seconds as the API server writes it
 */
export function errorOfAnswer(status: number, body: unknown, retryAfter?: string): ApiError {
  const said = readStatus(body);
  return new ApiError({
    kind: kindOfStatus(status),
    status,
    message: said.message ?? `the API server answered ${status}${saidInText(body)}`,
    reason: said.reason,
    retryAfterMs: secondsToMs(retryAfter) ?? said.retryAfterMs,
  });
}

/** More of an answer that is no JSON is a page for people. */
const LONGEST_TEXT = 200;

/** What something between here and the API server said, or what is no API server at all. */
function saidInText(body: unknown): string {
  const line = typeof body === 'string' ? body.trim() : '';
  return line === '' || line.length > LONGEST_TEXT || /[\n<]/.test(line) ? '' : `: ${line}`;
}

/**
 * The error for an ERROR event of a watch, whose object is a Status.
 *
 * @param object the event's object
 */
export function errorOfWatchEvent(object: unknown): ApiError {
  const said = readStatus(object);
  const status = said.code ?? 500;
  return new ApiError({
    kind: kindOfStatus(status),
    status,
    message: said.message ?? 'the watch ended with an error',
    reason: said.reason,
    retryAfterMs: said.retryAfterMs,
  });
}

/** Codes of errors that mean that this side ended the request. */
const ENDED_HERE = new Set(['UND_ERR_ABORTED', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED', 'ABORT_ERR']);

/** Codes of errors that mean that the request itself could not be sent as it is. */
const MALFORMED_HERE = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'ERR_INVALID_CHAR']);

/**
 * The error for a request that got no answer, or only part of one. Anything not known to be this side's doing may
 * go away by itself: a refused or reset connection, a time limit, a certificate that is being replaced.
 *
 * @param cause what was thrown
 */
export function errorOfNetwork(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  const code = codeOf(cause);
  const kind = kindOfCode(code);
  const message =
    cause instanceof Error && cause.message !== '' ? cause.message : (code ?? 'the request failed');
  return new ApiError({ kind, message, reason: code, cause });
}

/** Whether this is an ApiError of one of the kinds. */
export function isApiError<K extends ApiErrorKind>(
  error: unknown,
  ...kinds: readonly K[]
): error is ApiError & { readonly kind: K } {
  return error instanceof ApiError && kinds.some((kind) => kind === error.kind);
}

/** Whether the API server knows who asks, but has not given them the right (403). */
export function isForbidden(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 403;
}

function kindOfCode(code: string | undefined): ApiErrorKind {
  if (code === undefined) return 'retry';
  if (ENDED_HERE.has(code)) return 'aborted';
  return MALFORMED_HERE.has(code) ? 'invalid' : 'retry';
}

function codeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  return cause.name === 'AbortError' ? 'ABORT_ERR' : undefined;
}

function secondsToMs(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : undefined;
}

interface StatusWords {
  readonly message: string | undefined;
  readonly reason: string | undefined;
  readonly code: number | undefined;
  readonly retryAfterMs: number | undefined;
}

function readStatus(body: unknown): StatusWords {
  const status = isObject(body) ? body : {};
  const details = isObject(status.details) ? status.details : {};
  const { message, reason, code } = status;
  const { retryAfterSeconds } = details;
  return {
    message: typeof message === 'string' && message !== '' ? message : undefined,
    reason: typeof reason === 'string' && reason !== '' ? reason : undefined,
    code: typeof code === 'number' ? code : undefined,
    retryAfterMs:
      typeof retryAfterSeconds === 'number' && retryAfterSeconds > 0 ? retryAfterSeconds * 1_000 : undefined,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
