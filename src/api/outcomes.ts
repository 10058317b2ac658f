/** How a Job ended. `Skipped` is a completion without a pod, with reason `Skipped`. */
export type Outcome = 'Complete' | 'Failed' | 'Skipped';

/** What an edge waits for, as users write it after `=`. */
export type Wanted = 'Complete' | 'Failed' | 'NotFailed' | 'Finished';

const OUTCOMES: readonly string[] = ['Complete', 'Failed', 'Skipped'] satisfies Outcome[];
const WANTED: readonly string[] = ['Complete', 'Failed', 'NotFailed', 'Finished'] satisfies Wanted[];

/** Whether a text is the name of an outcome. */
export function isOutcome(text: unknown): text is Outcome {
  return typeof text === 'string' && OUTCOMES.includes(text);
}

/** Whether a text is something that an edge can wait for. */
export function isWanted(text: string): text is Wanted {
  return WANTED.includes(text);
}
