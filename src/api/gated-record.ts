import type { Json } from './job.ts';

/**
 * One thing that injection changed: where, and what the user had stated there. A path leads through object keys;
 * an element of a keyed list (containers, env, volumes …) is named by `{ key: value }` instead of its index, so
 * that the record still fits after the list has been edited.
 */
export interface InjectedLeaf {
  readonly path: readonly PathStep[];
  /** What arrived with the CREATE; undefined if nothing was there. */
  readonly stated: Json | undefined;
}

/** A key of an object, or the element of a keyed list whose named fields have these values. */
export type PathStep = string | Readonly<Record<string, string | number>>;

/** The `gated` annotation: the record made at CREATE. */
export interface GatedRecord {
  /** The Job was created suspended and is ours to gate. */
  readonly gate: boolean;
  /** The user's own file states `suspend: true`. */
  readonly statedSuspend: boolean;
  /** The field manager that created the Job; empty for clients that name none. */
  readonly manager: string;
  /** UIDs of upstreams that were already being deleted at CREATE: they never count. */
  readonly ignoredUids: readonly string[];
  readonly injected: readonly InjectedLeaf[];
  /** A digest of what a JobFlow's or DaemonJob's Job was made from; undefined for Jobs that users make. */
  readonly source?: string | undefined;
}

/**
 * Writes the record. `gate` comes first and without spaces: the ValidatingAdmissionPolicy tells a gated Job by the
 * beginning of the text.
 */
export function formatGatedRecord(record: GatedRecord): string {
  return JSON.stringify({
    gate: record.gate,
    ...(record.statedSuspend && { suspend: true }),
    manager: record.manager,
    ...(record.source !== undefined && { source: record.source }),
    ...(record.ignoredUids.length > 0 && { ignored: record.ignoredUids }),
    ...(record.injected.length > 0 && {
      // A leaf without a second element was absent.
      injected: record.injected.map(({ path, stated }) => (stated === undefined ? [path] : [path, stated])),
    }),
  });
}

/**
 * Reads the record.
 *
 * @returns the record, or undefined if the text is none (jobflow alone writes it, so that is damage)
 */
export function parseGatedRecord(text: string | undefined): GatedRecord | undefined {
  if (text === undefined) return undefined;
  const raw = parseJson(text);
  if (typeof raw !== 'object' || raw === null || !('gate' in raw) || typeof raw.gate !== 'boolean') {
    return undefined;
  }
  const fields: Readonly<Record<string, unknown>> = { ...raw };
  return {
    gate: raw.gate,
    statedSuspend: fields.suspend === true,
    manager: typeof fields.manager === 'string' ? fields.manager : '',
    ...(typeof fields.source === 'string' && { source: fields.source }),
    ignoredUids: strings(fields.ignored),
    injected: leaves(fields.injected),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function leaves(value: unknown): InjectedLeaf[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (!Array.isArray(entry)) return [];
    const [path, stated] = entry as [unknown, Json | undefined];
    return isPath(path) ? [{ path, stated }] : [];
  });
}

function isPath(value: unknown): value is PathStep[] {
  return (
    Array.isArray(value) &&
    value.every((step: unknown) => typeof step === 'string' || (typeof step === 'object' && step !== null))
  );
}
