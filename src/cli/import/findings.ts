import type { Position, SourceText } from './source-text.ts';

/** Something to say about a configuration: one sentence with the field, the value and what to do. */
export interface Finding {
  readonly file: string;
  /** Undefined where it is about something that is not there. */
  readonly position: Position | undefined;
  readonly message: string;
  /** Whether it is about an option of the command, and not about the configuration (default: no). */
  readonly ofOption?: boolean;
}

/** What has been found so far. */
export interface Findings {
  /** What forbids the import. */
  readonly problems: Finding[];
  /** What the person should know about an import that succeeds. */
  readonly warnings: Finding[];
}

/** Nothing found yet. */
export function noFindings(): Findings {
  return { problems: [], warnings: [] };
}

/** A finding about a place in a text. */
export function findingAt({ file }: SourceText, position: Position | undefined, message: string): Finding {
  // Control characters would let a name break out of its line.
  return { file, position, message: message.replace(/[\p{Cc}\u2028\u2029]/gu, ' ') };
}

/** A finding as one line, the way compilers write it: `jobpipline.yaml:12:7: error: …`. */
export function formatFinding({ file, position, message }: Finding, severity: 'error' | 'warning'): string {
  const place = position === undefined ? file : `${file}:${position.line}:${position.column}`;
  return `${place}: ${severity}: ${message}`;
}
