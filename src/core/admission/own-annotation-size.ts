import type { DependencyEdge } from '../../api/dependency-list.ts';
import { refusal, type Refusal } from '../../api/errors.ts';
import { LIMITS, OWN_ANNOTATIONS } from '../../api/names.ts';
import { formatOutcomes, type Outcomes, type RecordedOutcome } from '../../api/outcomes-record.ts';

/** What jobflow has written on a Job, and what it waits for. */
export interface OwnAnnotations {
  /** The `gated` record, as text; empty for none. */
  readonly record: string;
  /** The outcomes that are written already. */
  readonly outcomes: Outcomes;
  readonly edges: readonly DependencyEdge[];
}

/**
 * Refuses what would take jobflow's own annotations beyond their limit, should every upstream have to be outlived by
 * its outcome.
 *
 * @param before what was there before an edit: one that takes no more is not refused, so that nobody is trapped
 */
export function refuseLargeAnnotations(next: OwnAnnotations, before?: OwnAnnotations): Refusal | undefined {
  const bytes = mostBytes(next);
  const limit = LIMITS.ownAnnotationBytes;
  if (bytes <= limit || (before !== undefined && bytes <= mostBytes(before))) return undefined;
  return refusal('AnnotationsTooLarge', { bytes, limit });
}

function mostBytes({ record, outcomes, edges }: OwnAnnotations): number {
  const longest: RecordedOutcome = { uid: '0'.repeat(36), outcome: 'Complete' };
  const all = new Map([...outcomes, ...edges.map(({ name }) => [name, longest] as const)]);
  return new TextEncoder().encode(OWN_ANNOTATIONS.gated + record).length + formatOutcomes(all).length;
}
