import type { Refusal } from '../../api/errors.ts';
import type { JobObject } from '../../api/job.ts';
import type { Candidate } from './view.ts';

/** What admission decides about one write of a Job. */
export type Verdict =
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  | {
      readonly kind: 'admit';
      /** What is to be stored instead of what arrived; undefined if it may stay as it is. */
      readonly job: JobObject | undefined;
      /** Sentences for the person who writes. */
      readonly warnings: readonly string[];
      /** What the dependency graph has to count from now on, before a watch brings it; undefined if nothing new. */
      readonly registers: Candidate | undefined;
    };

/** Most refusals that one answer names: whoever mends them sees the next ones. */
const MAX_SHOWN = 3;

/** Refuses with one reason. */
export function refuse(refusal: Refusal): Verdict {
  return { kind: 'refuse', refusal };
}

/** Refuses with the code of the first reason and the sentences of the first three. */
export function refuseAll(refusals: readonly [Refusal, ...Refusal[]]): Verdict {
  return refuse(joinRefusals(refusals));
}

/** One refusal of several: the code of the first and the sentences of the first three. */
export function joinRefusals(refusals: readonly [Refusal, ...Refusal[]]): Refusal {
  if (refusals.length === 1) return refusals[0];
  const message = refusals
    .slice(0, MAX_SHOWN)
    .map((refusal) => refusal.message)
    .join(' ');
  return { code: refusals[0].code, message, all: refusals };
}

/** Admits a write that jobflow has nothing to change about. */
export function admitAsIs(warnings: readonly string[] = []): Verdict {
  return { kind: 'admit', job: undefined, warnings, registers: undefined };
}
