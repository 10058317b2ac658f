/**
 * What this folder needs of a logger: a constant message with fields, in pino's order. A pino logger is one.
 * Fields never hold a token, a Secret or an env value.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
