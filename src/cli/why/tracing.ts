import type { Wanted } from '../../api/outcomes.ts';
import type { Cause } from './cause.ts';
import type { Evidence } from './evidence.ts';
import type { LinkState, Upstream } from './explanation.ts';
import type { FoundEvidence } from './found.ts';

/** What links are made with. */
export interface Tracing {
  readonly evidence: Evidence;
  readonly found: FoundEvidence;
  /** Follows an edge: what it leads to becomes a link of its own. */
  readonly follow: (name: string, wants: Wanted | undefined) => Upstream;
  /** Adds a link of which all is known: what bears the name is not what is waited for. */
  readonly add: (link: LinkDraft, wants: Wanted | undefined) => Upstream;
}

/** A link, with what is left out being nothing. */
export interface LinkDraft {
  readonly name: string;
  readonly state: LinkState;
  readonly sinceMs?: number | undefined;
  readonly causes?: readonly Cause[];
  readonly upstreams?: readonly Upstream[];
}
