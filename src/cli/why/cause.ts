import type { Outcome, Wanted } from '../../api/outcomes.ts';
import type { Ineligible } from '../../core/daemon/node-eligibility.ts';
import type { GateDecision } from '../../core/gate.ts';
import type { Unread } from '../cluster/read-objects.ts';
import type { ControllerState, WebhookState } from '../installation/installation.ts';

/** Why a container ended. */
export interface ContainerEnd {
  readonly pod: string;
  readonly container: string;
  readonly exitCode: number | undefined;
  readonly reason: string;
  readonly message: string;
}

/** A pod, and the container of it that is meant. */
interface OfPod {
  readonly pod: string;
}

interface OfContainer extends OfPod {
  readonly container: string;
}

/** What a reason and its message are in Kubernetes: one word, and a sentence. */
interface Said {
  readonly reason: string;
  readonly message: string;
}

/** What holds up one object, without looking at others. Times are in milliseconds since the epoch. */
export type Cause =
  // What is waited for and is not there.
  | { readonly kind: 'missing'; readonly near: readonly string[] }
  /** It is gone; an Event still tells of it, but no outcome was kept. */
  | ({ readonly kind: 'gone'; readonly atMs: number | undefined } & Said)
  /** Objects of its kind may not be read, or are not installed. */
  | { readonly kind: 'unseen'; readonly resource: string; readonly because: Unread['because'] }
  | { readonly kind: 'otherRun'; readonly run: string | undefined; readonly wanted: string }
  | { readonly kind: 'leftOver'; readonly finalizers: readonly string[] }
  | { readonly kind: 'beingDeleted'; readonly sinceMs: number; readonly finalizers: readonly string[] }
  // A gate.
  | { readonly kind: 'held' }
  | { readonly kind: 'cycle'; readonly path: readonly string[] }
  | { readonly kind: 'unreadable'; readonly problem: string }
  | { readonly kind: 'unmet'; readonly upstream: string; readonly outcome: Outcome }
  | {
      readonly kind: 'notDecided';
      readonly decision: Exclude<GateDecision['kind'], 'wait' | 'cycle'>;
      readonly sinceMs: number;
      /** Undefined until it is known, or if nobody knows. */
      readonly controller: ControllerState | undefined;
      /** The namespaces that the controller follows, if this one is not among them. */
      readonly follows: readonly string[] | undefined;
    }
  /** The gate has just opened, or its upstream has just ended: nobody is late. */
  | { readonly kind: 'aboutToStart' }
  | { readonly kind: 'closed'; readonly upstream: string; readonly wants: Wanted; readonly outcome: Outcome }
  /** Ended at its gate by an upstream that cannot be told any more. */
  | ({ readonly kind: 'endedAtGate' } & Said)
  | { readonly kind: 'timedOut'; readonly message: string }
  // JobFlows and DaemonJobs.
  | { readonly kind: 'flowSuspended'; readonly flow: string }
  | { readonly kind: 'flowDeleted'; readonly flow: string }
  | { readonly kind: 'flowEdited'; readonly flow: string }
  | {
      readonly kind: 'flowFull';
      readonly flow: string;
      readonly limit: number;
      readonly running: readonly string[];
    }
  | { readonly kind: 'flowEnded'; readonly flow: string; readonly outcome: Outcome }
  | ({ readonly kind: 'stalled'; readonly object: string } & Said)
  | { readonly kind: 'noEntries' }
  | { readonly kind: 'daemonSuspended' }
  | { readonly kind: 'daemonFull'; readonly limit: number }
  | {
      readonly kind: 'noNode';
      /** Undefined if nodes may not be read. */
      readonly nodes: readonly { readonly name: string; readonly why: Ineligible }[] | undefined;
    }
  /** Nobody has looked at it since it was made or edited. */
  | {
      readonly kind: 'notObserved';
      readonly object: string;
      readonly sinceMs: number;
      readonly controller: ControllerState | undefined;
      readonly follows: readonly string[] | undefined;
    }
  // Suspended, or not jobflow's.
  | {
      readonly kind: 'suspended';
      /** It had been started before. */
      readonly ranBefore: boolean;
      /** jobflow has a part in it: it was gated, and is released. */
      readonly released: boolean;
      /** The field manager that wrote `spec.suspend`, if it is known. */
      readonly by: string | undefined;
    }
  | { readonly kind: 'kueue'; readonly queue: string; readonly message: string | undefined }
  | { readonly kind: 'leftAlone'; readonly because: string }
  // Released, and its pods.
  | { readonly kind: 'podsRefused'; readonly message: string; readonly atMs: number | undefined }
  | { readonly kind: 'noPods'; readonly sinceMs: number }
  | ({ readonly kind: 'unschedulable'; readonly message: string; readonly sinceMs: number } & OfPod)
  | ({ readonly kind: 'imageUnavailable'; readonly image: string } & OfContainer & Said)
  | ({ readonly kind: 'containerNotCreated' } & OfContainer & Said)
  | ({ readonly kind: 'volumeUnavailable'; readonly message: string } & OfPod)
  | ({
      readonly kind: 'crashLoop';
      readonly restarts: number;
      readonly last: ContainerEnd | undefined;
    } & OfContainer)
  | ({ readonly kind: 'creating'; readonly sinceMs: number; readonly node: string | undefined } & OfPod)
  | ({
      readonly kind: 'podEnding';
      readonly sinceMs: number;
      readonly node: string | undefined;
      readonly finalizers: readonly string[];
    } & OfPod)
  | {
      readonly kind: 'retrying';
      readonly failures: number;
      readonly limit: number;
      readonly last: ContainerEnd | undefined;
    }
  | { readonly kind: 'ending'; readonly condition: string; readonly reason: string }
  | ({
      readonly kind: 'running';
      readonly sinceMs: number;
      readonly restarts: number;
      readonly node: string | undefined;
    } & OfPod)
  /** It runs, but its pods were not looked at, or may not be. */
  | {
      readonly kind: 'active';
      readonly pods: number;
      /** How many of them are ready, as the Job counts them; undefined if it does not. */
      readonly ready: number | undefined;
      readonly sinceMs: number | undefined;
    }
  // Ended.
  | ({ readonly kind: 'failed'; readonly last: ContainerEnd | undefined } & Said)
  | {
      readonly kind: 'finished';
      readonly outcome: Outcome;
      readonly endedMs: number | undefined;
      readonly tookMs: number | undefined;
    };

/** What is wrong with jobflow itself, beside what holds up the Job. */
export type Remark =
  | { readonly kind: 'noController'; readonly controller: ControllerState }
  /** Nodes that get no Job of the DaemonJob. */
  | {
      readonly kind: 'nodesLeftOut';
      readonly nodes: readonly { readonly name: string; readonly why: Ineligible }[];
    }
  /** It should have waited, but started: the webhook was not asked about it in time. */
  | { readonly kind: 'neverGated' }
  /** Its annotations were written while the webhook was not asked. */
  | {
      readonly kind: 'notRecorded';
      readonly webhook: WebhookState | undefined;
      readonly failurePolicy: string | undefined;
    };

/** Whether a cause goes on to something better by itself; otherwise somebody has to do something. */
export function goesOnByItself({ kind }: Cause): boolean {
  return PASSING.has(kind);
}

const PASSING: ReadonlySet<Cause['kind']> = new Set<Cause['kind']>([
  'aboutToStart',
  'flowEdited',
  'flowFull',
  'daemonFull',
  'creating',
  'ending',
  'running',
  'active',
  'finished',
]);
