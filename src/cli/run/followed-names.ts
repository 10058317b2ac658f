import { valueAt } from '../../core/admission/json-tree.ts';
import type { AppliedObject, PlacedObject } from '../apply/apply-objects.ts';
import { followedKind, type ToApply } from '../apply/to-apply.ts';
import type { FollowedNames } from '../follow/run-progress.ts';

/** Where something runs that can be followed. */
export function followedNamespaces(placed: readonly PlacedObject[]): Set<string> {
  return new Set(
    placed.filter(({ target }) => followedKind(target) !== undefined).map(({ namespace }) => namespace),
  );
}

/**
 * What is followed of all that was applied, by namespace.
 *
 * @param endedBefore UIDs of what had ended before, and stays
 */
export function followedNames(
  applied: readonly AppliedObject[],
  endedBefore: ReadonlySet<string>,
): Map<string, FollowedNames> {
  const byNamespace = Map.groupBy(
    applied.filter(({ target }) => followedKind(target) !== undefined),
    ({ namespace }) => namespace,
  );
  return new Map(
    [...byNamespace].map(([namespace, objects]) => {
      const namesOf = (kind: string): string[] =>
        objects
          .filter(({ target }) => followedKind(target) === kind && hasWork(target))
          .map(({ name }) => name);
      const daemons = namesOf('DaemonJob').map((name) => `daemonjob/${name}`);
      return [namespace, { jobs: namesOf('Job'), daemons, flows: namesOf('JobFlow'), endedBefore }];
    }),
  );
}

/** A JobFlow without entries only gives to Jobs that join it, and never ends. */
function hasWork({ kind, object }: ToApply): boolean {
  const entries = valueAt(object, 'spec', 'flows');
  return kind !== 'JobFlow' || (Array.isArray(entries) && entries.length > 0);
}
