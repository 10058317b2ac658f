import type { JobLife } from './job-life.ts';

/** How many of these Jobs were released and had not ended, at the moment when there were most: exact, by revision. */
export function mostAtOnce(lives: readonly JobLife[]): number {
  const moments = lives
    .flatMap(({ releasedAt, endedAt }) => [
      { at: releasedAt, by: 1 },
      { at: endedAt, by: -1 },
    ])
    .filter(({ at }) => at !== Infinity)
    .sort((a, b) => a.at - b.at);
  let running = 0;
  return moments.reduce((most, { by }) => Math.max(most, (running += by)), 0);
}
