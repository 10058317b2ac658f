import type { Refusal } from '../../../api/errors.ts';
import { joinRefusals } from '../verdict.ts';
import type { Whole } from './waiting-objects.ts';

/** What admission decides about one write of a JobFlow, JobTemplate or DaemonJob. */
export type ResourceVerdict =
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  | {
      readonly kind: 'admit';
      /** Sentences for the person who writes. */
      readonly warnings: readonly string[];
      /** What the dependency graph has to count from now on, before a watch brings it; undefined if nothing new. */
      readonly registers: Whole | undefined;
    };

/** Refuses if there is a reason: with the code of the first, and the sentences of the first three. */
export function refuseAny(refusals: readonly Refusal[]): ResourceVerdict | undefined {
  const [first, ...others] = refusals;
  return first === undefined ? undefined : { kind: 'refuse', refusal: joinRefusals([first, ...others]) };
}

/** Admits a write as it is. */
export function admitResource(warnings: readonly string[], registers?: Whole): ResourceVerdict {
  return { kind: 'admit', warnings, registers };
}
