import { expect } from 'chai';
import type { Cluster } from '../cluster.ts';
import type { CrashPoint } from './crash-point.ts';
import { startCrashingController } from './crashing-program.ts';

/** Lives that are tried at the same time, each in a namespace and with a controller of its own. */
const AT_ONCE = 8;
/** Of one life, in milliseconds. */
const LIFE_LIMIT_MS = 120_000;

/** A place of its own for one life. */
export type Place = {
  readonly namespace: string;
  readonly close: () => Promise<void>;
};

/** One life that is tried again and again. */
export type Life<P extends Place, E> = {
  readonly place: () => Promise<P>;
  /** Lives it, and tells all that can be told when it is over. */
  readonly live: (place: P) => Promise<E>;
};

/**
 * Lives a life once undisturbed, then again for each write of the controller: killed before it and after it, one by one,
 * and started again. The writes are counted, not listed: it goes on until none is left at which to end.
 *
 * @returns the undisturbed end, and how many times the controller was killed
 * @throws AssertionError if an end differs from the undisturbed one
 */
export async function atEveryWrite<P extends Place, E>(
  cluster: Cluster,
  life: Life<P, E>,
): Promise<{ readonly end: E; readonly points: number }> {
  const { end } = await tryLife(cluster, life, undefined);
  let points = 0;
  for (let write = 1, goesOn = true; goesOn; write += AT_ONCE / 2) {
    const tried = await Promise.all(
      pointsFrom(write).map(async (point) => ({ point, ...(await tryLife(cluster, life, point)) })),
    );
    for (const one of tried) {
      if (one.crashed) points += 1;
      else goesOn = false;
      expect(one.end, `killed ${one.point.when} write ${one.point.write}`).to.deep.equal(end);
    }
  }
  return { end, points };
}

function pointsFrom(first: number): CrashPoint[] {
  const writes = Array.from({ length: AT_ONCE / 2 }, (_, index) => first + index);
  return writes.flatMap((write) => [
    { write, when: 'before' as const },
    { write, when: 'after' as const },
  ]);
}

async function tryLife<P extends Place, E>(
  cluster: Cluster,
  life: Life<P, E>,
  point: CrashPoint | undefined,
): Promise<{ crashed: boolean; end: E }> {
  const place = await life.place();
  try {
    const controller = await startCrashingController(cluster, place.namespace, point);
    const end = await controller.during(() => life.live(place), LIFE_LIMIT_MS);
    return { crashed: controller.crashed, end };
  } finally {
    await place.close();
  }
}
