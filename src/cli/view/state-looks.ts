import { coloured, type Terminal } from '../terminal/terminal.ts';
import type { PartState } from './part-view.ts';

/** The colours of a state: in a terminal, and of a box in a drawing (fill and frame, `#rrggbb`). */
export interface StateLooks {
  readonly terminal: Parameters<typeof coloured>[1] | undefined;
  readonly fill: string;
  readonly frame: string;
}

/** How states look wherever they are shown. */
export const STATE_LOOKS: Readonly<Record<PartState, StateLooks>> = {
  Waiting: { terminal: undefined, fill: '#f6f8fa', frame: '#57606a' },
  Held: { terminal: 'yellow', fill: '#fff8c5', frame: '#9a6700' },
  Suspended: { terminal: 'yellow', fill: '#fff1e5', frame: '#bc4c00' },
  Running: { terminal: 'cyan', fill: '#ddf4ff', frame: '#0969da' },
  Complete: { terminal: 'green', fill: '#dafbe1', frame: '#1a7f37' },
  Failed: { terminal: 'red', fill: '#ffebe9', frame: '#cf222e' },
  Skipped: { terminal: 'grey', fill: '#eaeef2', frame: '#8c959f' },
};

/** A text in the colour of a state, where colours are shown. */
export function inColourOf(state: PartState, text: string, terminal: Terminal): string {
  const colour = STATE_LOOKS[state].terminal;
  return colour === undefined ? text : coloured(terminal, colour, text);
}
