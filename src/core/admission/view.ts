import type { DependencyEdge } from '../../api/dependency-list.ts';

/** A Job as the dependency graph sees it while it asks for admission. */
export interface Candidate {
  readonly name: string;
  /** Its `run`, or undefined without one. */
  readonly run: string | undefined;
  readonly edges: readonly DependencyEdge[];
}

/** What a decision about one Job may ask about the other Jobs of its namespace. */
export interface AdmissionView {
  /**
   * A cycle that the candidate's edges would close among Jobs that still wait (finished, released and deleting Jobs
   * do not count).
   *
   * @returns the path `a, b, c, a`, starting and ending with the candidate, or undefined if there is none
   */
  findCycle(candidate: Candidate): readonly string[] | undefined;
  /** UIDs of the named Jobs that are being deleted at this moment. */
  uidsInDeletion(names: readonly string[]): string[];
}
