import { pino, type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from './config.ts';

/** A program's logger: `log.info({ job }, 'released')`, a constant message with fields. */
export type { Logger } from 'pino';

/** How a logger is made. */
export interface LoggerOptions {
  /** Which program speaks: `jobflow-webhook`. */
  readonly program: string;
  readonly level: LogLevel;
  /** Where the lines go; standard output by default. */
  readonly destination?: DestinationStream;
}

/** An error as it appears in the log. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

/**
 * Makes a logger that writes one JSON object a line, with the time in RFC 3339 and the level as a word.
 * Fields that could hold a credential or an env value are blacked out, whoever logs them.
 */
export function createLogger({ program, level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { program },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: loggedError, error: loggedError },
    redact: { paths: SECRET_PATHS, censor: '[hidden]' },
  };
  // Synchronous, so that the last lines before an exit are written, and in their order.
  return pino(options, destination ?? pino.destination({ fd: 1, sync: true }));
}

/**
 * What the log tells of an error: its class, message, code, stack and causes. Nothing else that hangs on it, since
 * errors of HTTP clients carry whole requests, with their tokens and bodies.
 *
 * @param error anything that was thrown
 */
export function loggedError(error: unknown): LoggedError {
  return describe(error, 0);
}

const SECRET_NAMES = ['token', 'password', 'authorization', 'Authorization', 'env'];
const SECRET_PATHS = [...SECRET_NAMES, ...SECRET_NAMES.map((name) => `*.${name}`)];

const MAX_CAUSES = 5;

function describe(error: unknown, depth: number): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const code: unknown = 'code' in error ? error.code : undefined;
  const { cause } = error;
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(cause === undefined || depth >= MAX_CAUSES ? {} : { cause: describe(cause, depth + 1) }),
  };
}
