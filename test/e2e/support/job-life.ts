import type { JobCondition, JobObject } from '../../../src/api/job.ts';
import type { Outcome } from '../../../src/api/outcomes.ts';
import { outcomeOf } from '../../../src/core/outcome.ts';
import type { JobVersion, PodSeen } from './namespace-observer.ts';

/**
 * One Job from its creation to its deletion, told apart from others of the same name. Moments are revisions of etcd,
 * one order for Jobs and pods alike; one that has not come is Infinity.
 */
export type JobLife = {
  readonly name: string;
  readonly uid: string;
  /** As last seen. */
  readonly now: JobObject;
  readonly isGone: boolean;
  readonly createdAt: number;
  /** When it was first seen not to be suspended. */
  readonly releasedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome | undefined;
  /** The condition that gave it its outcome. */
  readonly ending: JobCondition | undefined;
  /** In the order of their creation, those that are gone included. */
  readonly pods: readonly PodSeen[];
};

/**
 * Puts together what was seen of the Jobs of one name.
 *
 * @param versions every version of them, in order
 * @param pods every pod of them, in the order of their creation
 * @returns them in the order of their creation
 */
export function livesOf(versions: readonly JobVersion[], pods: readonly PodSeen[]): JobLife[] {
  const byUid = Map.groupBy(versions, ({ job }) => job.metadata.uid ?? '');
  return [...byUid].flatMap(([uid, own]) => {
    const last = own.at(-1);
    if (last === undefined) return [];
    return {
      name: last.job.metadata.name ?? '',
      uid,
      now: last.job,
      isGone: last.deleted,
      createdAt: own[0]?.revision ?? Infinity,
      releasedAt: own.find(({ job }) => job.spec?.suspend !== true)?.revision ?? Infinity,
      endedAt: own.find(({ job }) => outcomeOf(conditionsOf(job)) !== undefined)?.revision ?? Infinity,
      outcome: outcomeOf(conditionsOf(last.job)),
      ending: conditionsOf(last.job).find(
        ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
      ),
      pods: pods.filter(({ jobUid }) => jobUid === uid),
    };
  });
}

function conditionsOf(job: JobObject): readonly JobCondition[] {
  return job.status?.conditions ?? [];
}
