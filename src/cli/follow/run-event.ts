import { humanDuration } from '../view/human-duration.ts';

/** Something that is told once of a Job, DaemonJob (`daemonjob/NAME`) or JobFlow (`jobflow/NAME`). */
export type RunEvent = {
  readonly name: string;
  /** When it happened as the cluster noted it, else when it was seen; in milliseconds since the epoch. */
  readonly atMs: number;
} & (
  | { readonly kind: 'waits'; readonly on: readonly string[] }
  /** `waitedMs`: since its creation; undefined if it did not wait. */
  | { readonly kind: 'started'; readonly waitedMs: number | undefined }
  /** `failed`: how many pods have, so far. */
  | { readonly kind: 'podFailed'; readonly failed: number }
  | {
      readonly kind: 'ended';
      readonly state: string;
      readonly tookMs: number | undefined;
      readonly message: string | undefined;
    }
  /** It had ended before this run, and is left as it is. */
  | { readonly kind: 'endedBefore'; readonly state: string; readonly endedMs: number | undefined }
  /** It is gone, and how it ended is not known. */
  | { readonly kind: 'deleted' }
  /** It does not go on by itself; `command` helps. */
  | { readonly kind: 'standsStill'; readonly words: string; readonly command: string }
);

/** Names that a line lists before it counts. */
const SHOWN = 5;

/**
 * An event as a part of a line, after the name.
 *
 * @param commandLine a command of this program as the user would write it
 */
export function eventWords(event: RunEvent, commandLine: (words: string) => string): string {
  switch (event.kind) {
    case 'waits':
      return `waits for ${listWords(event.on)}`;
    case 'started':
      return event.waitedMs === undefined
        ? 'started'
        : `started, after a wait of ${humanDuration(event.waitedMs)}`;
    case 'podFailed':
      return event.failed === 1 ? 'a pod has failed' : `${event.failed} pods have failed`;
    case 'ended':
      return endWords(event);
    case 'endedBefore': {
      const ago = event.endedMs === undefined ? '' : ` ${humanDuration(event.atMs - event.endedMs)} ago`;
      return `has ended before (${event.state}${ago}), and is not run again; --replace makes it anew`;
    }
    case 'deleted':
      return 'is gone; how it ended is not known';
    case 'standsStill':
      return `${event.words}; ${commandLine(event.command)}`;
  }
}

/** The first names, then how many more. */
export function listWords(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(', ');
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}

function endWords({ state, tookMs, message }: RunEvent & { readonly kind: 'ended' }): string {
  const word = state.toLowerCase();
  const after = tookMs === undefined ? '' : ` after ${humanDuration(tookMs)}`;
  // Of what went well there is nothing more to say.
  const why = message === undefined || state === 'Complete' ? '' : `: ${message}`;
  return `${word}${after}${why}`;
}
