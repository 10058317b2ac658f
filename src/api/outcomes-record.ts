import { isOutcome, type Outcome } from './outcomes.ts';

/** An outcome, pinned to the Job that had it. */
export interface RecordedOutcome {
  readonly uid: string;
  readonly outcome: Outcome;
}

/** Recorded outcomes by the upstream's name. */
export type Outcomes = ReadonlyMap<string, RecordedOutcome>;

/** No outcomes: shared, so that a Job without any costs nothing. */
export const NO_OUTCOMES: Outcomes = new Map();

/**
 * Reads the `outcomes` annotation: `{"a":["UID","Complete"]}`. Entries that jobflow cannot have written are left
 * out, so that a damaged annotation counts as an unknown outcome, not as a wrong one.
 */
export function parseOutcomes(text: string | undefined): Outcomes {
  if (text === undefined) return NO_OUTCOMES;
  const outcomes = new Map<string, RecordedOutcome>();
  for (const [name, entry] of Object.entries(parseObject(text))) {
    if (!Array.isArray(entry)) continue;
    const [uid, outcome] = entry as unknown[];
    if (typeof uid === 'string' && isOutcome(outcome)) outcomes.set(name, { uid, outcome });
  }
  return outcomes;
}

/** Writes the `outcomes` annotation, the names in order, so that the same outcomes give the same bytes. */
export function formatOutcomes(outcomes: Outcomes): string {
  const entries = [...outcomes].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries
    .map(([name, { uid, outcome }]) => `${JSON.stringify(name)}:${JSON.stringify([uid, outcome])}`)
    .join(',')}}`;
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
