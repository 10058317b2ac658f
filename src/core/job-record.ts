import type { Outcomes } from '../api/outcomes-record.ts';
import type { UnmetPolicy } from '../api/annotations.ts';
import type { DependencyEdge } from '../api/dependency-list.ts';
import type { Outcome } from '../api/outcomes.ts';

/** What a Job's annotations ask of jobflow; only annotated Jobs have it. */
export interface GateTerms {
  /** The Jobs to wait for; empty without `depends-on`. */
  readonly edges: readonly DependencyEdge[];
  /** Set when the annotations cannot be read (they got past the webhook): the one sentence that says why. */
  readonly unreadable: string | undefined;
  readonly run: string | undefined;
  readonly flow: string | undefined;
  /** The JobTemplate that the Job was made from. */
  readonly template: string | undefined;
  readonly onUnmet: UnmetPolicy;
  /** Milliseconds after the Job's creation at which waiting ends, or undefined for no limit. */
  readonly waitTimeoutMs: number | undefined;
  /** `hold: "true"` without `approved`. */
  readonly held: boolean;
  /** Ours to gate: the `gated` record says so, or `depends-on` or `hold` is there. */
  readonly gated: boolean;
  /** `released-at` is set. */
  readonly released: boolean;
  /** The user's own file states `suspend: true`, as the webhook recorded at CREATE. */
  readonly statedSuspend: boolean;
  /** Released, and the controller's field manager still owns a `spec.suspend` that the user's file states too. */
  readonly ownsSuspend: boolean;
  /** What the Job was made from, if a JobFlow or DaemonJob made it: a digest that changes with its entry. */
  readonly source: string | undefined;
  /** UIDs of upstreams that were already being deleted when this Job was created: they never count. */
  readonly ignoredUids: readonly string[];
  /** Outcomes that had to outlive their Jobs, by upstream name. */
  readonly outcomes: Outcomes;
}

/** The object in charge of a Job: the owner reference with `controller: true`. */
export interface ControllerOwner {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** An object that others can wait for, in the fields that count for them. A JobRecord is one. */
export interface UpstreamRecord {
  /** As edges name it: the name of a Job, `jobflow/NAME` or `daemonjob/NAME`. */
  readonly name: string;
  readonly uid: string;
  readonly deletedMs: number | undefined;
  readonly outcome: Outcome | undefined;
  readonly terms: Pick<GateTerms, 'run'> | undefined;
  /** It goes away by itself some time after its end, or with its owner, and no finalizer keeps it until then. */
  readonly vanishes?: boolean;
}

/** One Job as jobflow remembers it: what decisions need and no more (under 1 KB). */
export interface JobRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** `metadata.creationTimestamp`, in milliseconds since the epoch (whole seconds). */
  readonly createdMs: number;
  /** `metadata.deletionTimestamp`, in milliseconds since the epoch, or undefined. */
  readonly deletedMs: number | undefined;
  readonly suspended: boolean;
  /** It has a `startTime` or active pods: it is running, has run, or is being failed or completed natively. */
  readonly started: boolean;
  readonly outcome: Outcome | undefined;
  /** `spec.ttlSecondsAfterFinished` is set, so the Job can vanish by itself. */
  readonly hasTtl: boolean;
  readonly finalizers: readonly string[];
  /** Why jobflow leaves this Job alone (another controller, a foreign `managedBy`), or undefined. */
  readonly leftAloneBecause: string | undefined;
  readonly owner: ControllerOwner | undefined;
  readonly terms: GateTerms | undefined;
}
