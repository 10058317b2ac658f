/** The kinds of object that a Job can wait for, as they are written before the slash. */
export const UPSTREAM_KINDS = ['job', 'jobflow', 'daemonjob'] as const;

/** A kind of object that a Job can wait for. */
export type UpstreamKind = (typeof UPSTREAM_KINDS)[number];

/** What an edge points to. */
export interface Reference {
  readonly kind: UpstreamKind;
  readonly name: string;
}

/**
 * Reads `NAME`, `jobflow/NAME` or `daemonjob/NAME`. A reference without a slash is a Job; no name of an object holds
 * a slash, so that references of all kinds can be keys side by side.
 *
 * @returns undefined if the kind is none that can be waited for
 */
export function parseReference(text: string): Reference | undefined {
  const slash = text.indexOf('/');
  if (slash === -1) return { kind: 'job', name: text };
  const kind = text.slice(0, slash);
  if (kind !== 'jobflow' && kind !== 'daemonjob') return undefined;
  return { kind, name: text.slice(slash + 1) };
}

/** Writes a reference as {@link parseReference} reads it. */
export function formatReference({ kind, name }: Reference): string {
  return kind === 'job' ? name : `${kind}/${name}`;
}

/** A reference in a sentence: `Job "a"`, `JobFlow "etl"`. */
export function describeReference(text: string): string {
  const { kind, name } = parseReference(text) ?? { kind: 'job', name: text };
  return `${{ job: 'Job', jobflow: 'JobFlow', daemonjob: 'DaemonJob' }[kind]} "${name}"`;
}
