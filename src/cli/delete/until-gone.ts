import { setTimeout as pause } from 'node:timers/promises';
import type { JobMetadata } from '../../api/job.ts';
import { KEEP_OUTCOME_FINALIZER } from '../../api/names.ts';
import { isApiError, isForbidden } from '../../kube/api-error.ts';
import type { Connection } from '../../kube/connection.ts';
import { describeTarget, targetPath, type Target } from '../targets/target.ts';

/** How waiting for objects to go ended. */
export type GoneResult =
  | { readonly kind: 'gone' }
  /** The time is up, and these are still there. */
  | { readonly kind: 'timeout'; readonly remaining: readonly Target[] };

/** What waiting needs. */
export interface UntilGoneOptions {
  readonly connection: Connection;
  /** In milliseconds; undefined for as long as it takes. */
  readonly limitMs: number | undefined;
  /** Told once, in a sentence, what keeps an object that has not gone for a while. */
  readonly tell: (sentence: string) => void;
}

/** Between two looks: at first, and after a while. */
const SOON_MS = 100;
const LATER_MS = 1_000;
/** After so long it is said what an object waits for. */
const PATIENCE_MS = 3_000;

/**
 * Waits until objects are gone that have been deleted. Another object of the same name does not count, and what may not
 * be read is not waited for.
 *
 * @throws ApiError if nothing answers
 */
export async function untilGone(
  targets: readonly Target[],
  { connection, limitMs, tell }: UntilGoneOptions,
): Promise<GoneResult> {
  const startedMs = performance.now();
  let remaining = targets;
  let isTold = false;
  for (let pauseMs = SOON_MS; ; pauseMs = Math.min(pauseMs * 1.5, LATER_MS)) {
    const there: { readonly target: Target; readonly metadata: JobMetadata }[] = [];
    for (const target of remaining) {
      const metadata = await metadataOf(connection, target);
      if (metadata !== undefined) there.push({ target, metadata });
    }
    remaining = there.map(({ target }) => target);
    const takenMs = performance.now() - startedMs;
    if (remaining.length === 0) return { kind: 'gone' };
    if (limitMs !== undefined && takenMs >= limitMs) return { kind: 'timeout', remaining };
    if (!isTold && takenMs >= PATIENCE_MS) {
      for (const { target, metadata } of there) tell(whatKeeps(target, metadata));
      isTold = true;
    }
    await pause(Math.min(pauseMs, limitMs === undefined ? pauseMs : Math.max(1, limitMs - takenMs)));
  }
}

/** What keeps an object that has been deleted, in one sentence. */
export function whatKeeps(target: Target, { finalizers }: JobMetadata): string {
  const name = describeTarget(target);
  const keeping = finalizers ?? [];
  if (keeping.includes(KEEP_OUTCOME_FINALIZER)) {
    return `${name} stays until jobflow's controller has taken off its finalizer ${KEEP_OUTCOME_FINALIZER}; if that takes long, \`jobflow doctor\` tells whether the controller runs.`;
  }
  if (keeping.includes('foregroundDeletion')) return `${name} stays until all that belongs to it is gone.`;
  return keeping.length === 0
    ? `${name} is still there.`
    : `${name} stays until its finalizers are taken off: ${keeping.join(', ')}.`;
}

/** @returns undefined if it is gone, or may not be read */
async function metadataOf(connection: Connection, target: Target): Promise<JobMetadata | undefined> {
  try {
    const { metadata } = (await connection.request({
      method: 'GET',
      path: targetPath(target),
      answer: 'metadata',
    })) as { readonly metadata: JobMetadata };
    return metadata.uid === target.object.metadata.uid ? metadata : undefined;
  } catch (error) {
    if (isApiError(error, 'notFound') || isForbidden(error)) return undefined;
    throw error;
  }
}
