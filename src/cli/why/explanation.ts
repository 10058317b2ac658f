import type { Wanted } from '../../api/outcomes.ts';
import type { Unread } from '../cluster/read-objects.ts';
import type { PartState } from '../view/part-view.ts';
import type { Cause, Remark } from './cause.ts';
import type { Need } from './evidence.ts';

/** Where an object of the chain stands. */
export type LinkState = PartState | 'Missing' | 'Unseen' | 'Deleting' | 'NotMade';

/** One object of the chain: what was asked about, or what it waits for, directly or not. */
export interface Link {
  /** As edges name it. */
  readonly name: string;
  readonly state: LinkState;
  /** Since when it is so, in milliseconds since the epoch, if that is known. */
  readonly sinceMs: number | undefined;
  /** What holds it up itself. */
  readonly causes: readonly Cause[];
  /** What holds it up that has links of its own. */
  readonly upstreams: readonly Upstream[];
}

/** An edge that is not open. */
export interface Upstream {
  /** The key of its link. */
  readonly key: string;
  /** The outcome that is awaited; undefined for a part of a JobFlow or DaemonJob. */
  readonly wants: Wanted | undefined;
}

/** An object that really holds up the one that was asked about, and why. */
export interface Root {
  readonly name: string;
  readonly cause: Cause;
  /** From what was asked about to this, both included. */
  readonly path: readonly string[];
}

/** What there is to tell. */
export interface Explanation {
  /** As edges name it. */
  readonly subject: string;
  /** The chain: its objects by key, in the order in which they were met; the first is the subject. */
  readonly links: ReadonlyMap<string, Link>;
  /** What holds it up in the end: what needs somebody first, then what is nearest. At least one. */
  readonly roots: readonly Root[];
  readonly remarks: readonly Remark[];
  /** What could be read to say more, and has not been. */
  readonly needs: readonly Need[];
  /** What may not be read: each completes "You may not …". */
  readonly forbidden: readonly string[];
}

/** What may not be listed may well be there. */
export function stateUnread({ because }: Unread): LinkState {
  return because === 'forbidden' ? 'Unseen' : 'Missing';
}
