import type { JobFlowStatus } from '../../../src/api/flow-spec.ts';
import type { ObservedNamespace } from '../../e2e/support/observed-namespace.ts';

/** All that can be told of a life when it is over. */
export type EndState<S> = {
  readonly states: S;
  readonly conditions: readonly string[];
  /** Of each Job in the order of their creation: how it ended, how many pods it had. */
  readonly lives: Readonly<Record<string, readonly string[]>>;
};

/** The conditions of a JobFlow or DaemonJob, without what differs from life to life. */
export function conditionsOf({ conditions = [] }: JobFlowStatus): string[] {
  return conditions.map(({ type, status, reason }) => `${type} ${status} ${reason ?? ''}`);
}

/** The lives of the Jobs of one name, in words. */
export function livesOf(jobs: ObservedNamespace, name: string): string[] {
  return jobs.lives(name).map(({ outcome, pods }) => `${outcome ?? 'none'}, ${pods.length} pods`);
}
