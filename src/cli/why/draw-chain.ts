import { describeReference } from '../../api/dependency-reference.ts';
import { humanDuration } from '../view/human-duration.ts';
import type { Cause } from './cause.ts';
import { describeCause } from './describe-cause.ts';
import type { Explanation, Link, LinkState, Upstream } from './explanation.ts';

/** So many lines are drawn; what does not fit is counted. */
const MAX_LINES = 30;
/** Names are set in a column of at most so many characters. */
const MAX_COLUMN = 60;
/** And what is said of one in so many. */
const MAX_TEXT = 100;

interface Line {
  readonly label: string;
  readonly text: string;
}

/**
 * The chain from what was asked about to what holds it up, as a tree; what several wait for is drawn once.
 *
 * @param nowMs the time, in milliseconds since the epoch
 * @returns nothing if there is no chain
 */
export function drawChain({ subject, links }: Explanation, nowMs: number): string[] {
  if (links.size < 2) return [];
  const lines: Line[] = [];
  const drawn = new Set<string>();
  // Without recursion: a chain may have ten thousand Jobs. What is drawn first is taken last from the pile.
  const pile: Branch[] = [{ upstream: { key: subject, wants: undefined }, indent: '', branch: '' }];
  while (lines.length < MAX_LINES) {
    const next = pile.pop();
    if (next === undefined) break;
    const { upstream, indent, branch } = next;
    const link = links.get(upstream.key);
    if (link === undefined) continue;
    const isRepeated = drawn.has(upstream.key);
    drawn.add(upstream.key);
    lines.push({
      label: `${indent}${branch}${labelOf(link, upstream)}`,
      text: isRepeated ? 'see above' : textOf(link, nowMs),
    });
    if (isRepeated) continue;
    const inner = `${indent}${INDENTS[branch] ?? ''}`;
    for (const [index, child] of [...link.upstreams.entries()].reverse()) {
      const isLast = index === link.upstreams.length - 1;
      pile.push({ upstream: child, indent: inner, branch: isLast ? '└─ ' : '├─ ' });
    }
  }
  const width = Math.min(MAX_COLUMN, Math.max(...lines.map(({ label }) => label.length)));
  const left = links.size - drawn.size;
  return [
    ...lines.map(({ label, text }) => `${label.padEnd(width)}  ${text}`),
    ...(left > 0 ? [`… and ${left} more`] : []),
  ];
}

interface Branch {
  readonly upstream: Upstream;
  readonly indent: string;
  readonly branch: '' | '├─ ' | '└─ ';
}

const INDENTS: Readonly<Record<string, string>> = { '': '', '├─ ': '│  ', '└─ ': '   ' };

function labelOf({ name }: Link, { wants }: Upstream): string {
  return `${describeReference(name)}${wants === undefined || wants === 'Complete' ? '' : ` (=${wants})`}`;
}

function textOf({ name, state, sinceMs, causes }: Link, nowMs: number): string {
  const since =
    sinceMs === undefined
      ? ''
      : AGO.has(state)
        ? ` ${humanDuration(nowMs - sinceMs)} ago`
        : ` for ${humanDuration(nowMs - sinceMs)}`;
  const told = causes
    .filter(({ kind }) => !SAID_BY_STATE.has(kind))
    .map((cause) => briefly(cause) ?? `: ${describeCause(cause, { name, who: 'it', nowMs })}`);
  return shortened([`${WORDS[state]}${since}`, ...told].join(''));
}

/** What is left to say where the state says the rest. */
function briefly(cause: Cause): string | undefined {
  switch (cause.kind) {
    case 'running':
      return `, pod ${cause.pod}${cause.node === undefined ? '' : ` on node "${cause.node}"`}`;
    case 'active':
      return `, ${cause.pods} ${cause.pods === 1 ? 'pod' : 'pods'}`;
    case 'failed':
      return cause.last?.exitCode === undefined
        ? ` (${cause.reason})`
        : ` (${cause.reason}, exit code ${cause.last.exitCode})`;
    case 'beingDeleted':
    case 'leftOver':
      return cause.finalizers.length === 0 ? '' : `, kept by ${cause.finalizers.join(', ')}`;
    case 'gone':
      return ' any more';
    case 'unseen':
      return '';
    default:
      return undefined;
  }
}

/** The whole of it is in the answer. */
function shortened(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
}

const AGO: ReadonlySet<LinkState> = new Set<LinkState>(['Complete', 'Failed', 'Skipped']);

/** Causes that add nothing to the state. */
const SAID_BY_STATE: ReadonlySet<string> = new Set(['held', 'finished', 'missing']);

const WORDS: Readonly<Record<LinkState, string>> = {
  Waiting: 'waiting',
  Held: 'held',
  Suspended: 'suspended',
  Running: 'running',
  Complete: 'completed',
  Failed: 'failed',
  Skipped: 'skipped',
  Missing: 'does not exist',
  Unseen: 'not to be seen',
  Deleting: 'being deleted',
  NotMade: 'not made yet',
};
