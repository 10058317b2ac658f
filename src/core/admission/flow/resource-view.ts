import type { ClosedCycle, NewEdge, WholeCandidate } from './waiting-objects.ts';

/** What a decision about a JobFlow, JobTemplate or DaemonJob may ask about its namespace. */
export interface ResourceView {
  /**
   * A cycle that one of the candidate's new edges would close.
   *
   * @returns the cycle of the first of them that closes one; undefined if none does
   */
  findWholeCycle<E extends NewEdge>(
    candidate: WholeCandidate & { readonly added: readonly E[] },
  ): ClosedCycle<E> | undefined;
  /** What uses a JobTemplate and may still create Jobs of it: `JobFlow/NAME`. */
  usersOfTemplate(name: string): readonly string[];
}
