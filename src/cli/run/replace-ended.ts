import { readOne } from '../cluster/read-objects.ts';
import { CommandError } from '../cluster/command-error.ts';
import { isApiError } from '../../kube/api-error.ts';
import type { Connection } from '../../kube/connection.ts';
import { wait } from '../../kube/wait.ts';
import type { JsonObject } from '../../api/job.ts';
import { outcomeOf } from '../../core/outcome.ts';
import type { NamespaceObjects } from '../cluster/read-objects.ts';
import type { PlacedObject } from '../apply/apply-objects.ts';
import { resourcePath } from '../apply/resource-catalog.ts';
import { describeObject, followedKind } from '../apply/to-apply.ts';

/** An object that is to be applied and is there already, with an end. */
export interface EndedObject {
  readonly placed: PlacedObject;
  readonly uid: string;
}

/** The part of an object of a cluster that tells its end. */
interface Endable {
  readonly metadata: { readonly name?: string; readonly uid?: string };
  readonly status?: { readonly conditions?: readonly { type: string; status: string }[] | null } | null;
}

/**
 * What of the objects is there already and has ended.
 *
 * @param objects what the namespace of each holds
 */
export function endedObjects(
  placed: readonly PlacedObject[],
  objects: (namespace: string) => NamespaceObjects | undefined,
): EndedObject[] {
  const uids = new Map<string, string>();
  const noted = new Set<string>();
  const note = (namespace: string): void => {
    if (noted.has(namespace)) return;
    noted.add(namespace);
    const { jobs = [], flows = [], daemons = [] } = objects(namespace) ?? {};
    const kinds = [
      ['Job', jobs],
      ['JobFlow', flows],
      ['DaemonJob', daemons],
    ] as const;
    for (const [kind, present] of kinds) {
      for (const { metadata, status } of present as readonly Endable[]) {
        if (outcomeOf([...(status?.conditions ?? [])]) !== undefined)
          uids.set(`${namespace}/${kind}/${metadata.name ?? ''}`, metadata.uid ?? '');
      }
    }
  };
  return placed.flatMap((one) => {
    const kind = followedKind(one.target);
    if (kind === undefined || one.target.name === '') return [];
    note(one.namespace);
    const uid = uids.get(`${one.namespace}/${kind}/${one.target.name}`);
    return uid === undefined ? [] : [{ placed: one, uid }];
  });
}

/** How long what is deleted may take to go, in milliseconds, and how often it is looked. */
const GONE_LIMIT_MS = 60_000;
const LOOK_MS = 100;

/**
 * Deletes what has ended, with its pods or Jobs, and waits until it is gone.
 *
 * @throws ApiError, or CommandError if something stays
 */
export async function deleteEnded(
  connection: Connection,
  ended: readonly EndedObject[],
  signal: AbortSignal,
): Promise<void> {
  for (const { placed, uid } of ended) {
    const path = pathOf(placed);
    try {
      const body = { propagationPolicy: 'Foreground', preconditions: { uid } };
      await connection.request({ method: 'DELETE', path, body });
    } catch (error) {
      // It is gone, or another has its name.
      if (!isApiError(error, 'notFound', 'conflict')) throw error;
    }
  }
  const limitMs = performance.now() + GONE_LIMIT_MS;
  for (const { placed, uid } of ended) {
    for (;;) {
      const found = await readOne<JsonObject & Endable>(connection, pathOf(placed));
      if (found?.metadata.uid !== uid) break;
      if (performance.now() > limitMs || !(await wait(LOOK_MS, signal)))
        throw new CommandError(
          `${describeObject(placed.target)} is being deleted, but has not gone yet; run this again when it has.`,
        );
    }
  }
}

function pathOf({ target, namespace, resource }: PlacedObject): string {
  return resource === undefined ? '' : resourcePath(resource, namespace, target.name);
}
