import type { DependencyEdge } from '../../api/dependency-list.ts';

/** A Job as the dependency graph sees it while it asks for admission. */
export interface Candidate {
  readonly name: string;
  /** Its `run`, or undefined without one. */
  readonly run: string | undefined;
  /** The JobFlow that it is a member of: that flow waits for it. */
  readonly flow?: string;
  readonly edges: readonly DependencyEdge[];
}

/** What a decision about one Job may ask about the other Jobs of its namespace. */
export interface AdmissionView {
  /**
   * A cycle that the candidate's edges would close among Jobs that still wait, JobFlows and DaemonJobs (what is
   * finished, released or being deleted does not count).
   *
   * @returns the path `a, b, c, a`, starting and ending with the candidate, or undefined if there is none
   */
  findCycle(candidate: Candidate): readonly string[] | undefined;
  /** UIDs of the named objects, Jobs or `jobflow/NAME` and `daemonjob/NAME`, that are being deleted at this moment. */
  uidsInDeletion(names: readonly string[]): string[];
}
