import type { Explanation } from './explanation.ts';

/**
 * What could not be read for want of rights, a line each.
 *
 * @param unread of lists of the namespace, sentences
 */
export function notSeen({ forbidden }: Explanation, unread: readonly string[]): string[] {
  const asked = forbidden.map((what) => `You may not ${what}; with that right there is more to tell.`);
  return [...new Set([...unread, ...asked])];
}
