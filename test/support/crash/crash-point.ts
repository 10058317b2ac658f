/** Where a controller ends itself: around its N-th write, counted from its start. */
export type CrashPoint = {
  readonly write: number;
  /** `before` it is sent, or `after` it was answered and before the controller hears of it. */
  readonly when: 'before' | 'after';
};

/** The environment variables of the program `crashing-controller.ts`. */
export const CRASH_ENV = { point: 'TEST_CRASH_POINT', namespace: 'TEST_ONLY_NAMESPACE' } as const;

/** Writes a point as {@link parseCrashPoint} reads it; empty for none. */
export function formatCrashPoint(point: CrashPoint | undefined): string {
  return point === undefined ? '' : `${point.when} ${point.write}`;
}

/** Reads `before 7` or `after 7`; undefined if there is no such point. */
export function parseCrashPoint(text: string | undefined): CrashPoint | undefined {
  const [when, write] = (text ?? '').split(' ');
  return when === 'before' || when === 'after' ? { when, write: Number(write) } : undefined;
}
