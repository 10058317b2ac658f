/** How something stands that was looked at. */
export type Level =
  | 'ok'
  /** It keeps jobflow from working as it should. */
  | 'wrong'
  /** Worth knowing, and no fault of the installation. */
  | 'note'
  /** It may not be read, or could not be looked at. */
  | 'unknown';

/** What was found about one thing. */
export interface Finding {
  /** What was looked at, in one word. */
  readonly check: Check;
  readonly level: Level;
  /** One sentence. */
  readonly message: string;
  /** What to do, in one sentence. */
  readonly mend?: string;
  /** The namespace of the installation that it is about; absent where it is about the cluster or the user. */
  readonly installation?: string;
}

/** What is looked at. */
export type Check =
  | 'kubernetes'
  | 'installation'
  | 'resources'
  | 'webhook'
  | 'certificate'
  | 'admission'
  | 'policy'
  | 'controller'
  | 'deployments'
  | 'versions'
  | 'leftovers'
  | 'rights';

/** All is well with it. */
export function ok(check: Check, message: string): Finding {
  return { check, level: 'ok', message };
}

/** Something is wrong with it. */
export function wrong(check: Check, message: string, mend: string): Finding {
  return { check, level: 'wrong', message, mend };
}

/** Something to know about it. */
export function note(check: Check, message: string, mend?: string): Finding {
  return { check, level: 'note', message, ...(mend !== undefined && { mend }) };
}

/** It may not be read. */
export function unknown(check: Check, message: string, mend?: string): Finding {
  return { check, level: 'unknown', message, ...(mend !== undefined && { mend }) };
}

/**
 * It may not be read.
 *
 * @param what as it completes "You may not …": `get leases in namespace "jobflow-system"`
 * @param unsaid what therefore is not known, as the rest of a sentence: `whether a controller leads`
 */
export function notReadable(check: Check, what: string, unsaid: string): Finding {
  return unknown(
    check,
    `You may not ${what}, so it is not said ${unsaid}.`,
    'Ask for that right, or ask somebody who has it to run `jobflow doctor`.',
  );
}
