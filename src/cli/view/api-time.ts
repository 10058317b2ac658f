/**
 * A time as the API server writes it, in milliseconds since the epoch.
 *
 * @returns undefined if there is none
 */
export function timeMs(text: string | null | undefined): number | undefined {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * A time as the API server writes it.
 *
 * @param ms milliseconds since the epoch
 */
export function timeText(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString().replace('.000Z', 'Z');
}
