import type { JobObject } from '../../api/job.ts';
import { projectFlow, type FlowObject } from '../../core/flow/flow-projection.ts';
import { outcomeOf } from '../../core/outcome.ts';
import type { Connection } from '../../kube/connection.ts';
import { wait } from '../../kube/wait.ts';
import {
  followNamespace,
  type ContactChange,
  type DeletedObject,
  type FollowedNamespace,
} from '../cluster/follow-namespace.ts';
import type { NamespaceObjects } from '../cluster/read-objects.ts';
import { viewNamespace, type NamespaceView } from '../view/namespace-view.ts';
import type { FailureLogs } from './failure-logs.ts';
import { RunProgress, type FollowedNames, type RunSnapshot } from './run-progress.ts';

/** What is followed in one namespace, as it is now. */
export interface NamespaceProgress {
  readonly namespace: string;
  readonly view: NamespaceView;
  readonly snapshot: RunSnapshot;
}

/** Shows what goes on. */
export interface RunReporter {
  /** The least time between two views, in milliseconds. */
  readonly gapMs: number;
  /** Shows a view and what is new in it. */
  readonly show: (progress: readonly NamespaceProgress[]) => void;
  /** Tells that the cluster does not answer, or does so again. */
  readonly contact: (change: ContactChange) => void;
  /** Tells how it ended, after the last view. */
  readonly finish: (progress: readonly NamespaceProgress[]) => void;
  /** Tells something that is about no Job. */
  readonly note: (words: string) => void;
  /** Shows lines of a log. */
  readonly log: (heading: string, lines: readonly string[]) => void;
}

/** How following ended. */
export type RunEnd = 'complete' | 'failed' | 'timeout' | 'interrupted';

/** How to follow, and how long. */
export interface FollowOptions {
  readonly reporter: RunReporter;
  readonly logs: FailureLogs;
  /** On the clock of `performance.now`; undefined for as long as it takes. */
  readonly deadlineMs: number | undefined;
  /** Aborted when the user has had enough. */
  readonly interruption: AbortSignal;
}

/** Without any change there is a new view all the same so often: clocks go on. */
const TICK_MS = 1_000;
/** How often it is looked whether what is deleted is seen to be gone, in milliseconds. */
const SEEN_MS = 20;
/** Looking takes at most this share of the time: 1 of so many parts. */
const LOOKING_SHARE = 5;

/** Follows what runs in some namespaces. */
export class RunFollower {
  readonly #connection: Connection;
  readonly #followed = new Map<string, FollowedNamespace>();
  /** What ended and is gone, by namespace. */
  readonly #departed = new Map<string, Departed>();
  #onContact: (change: ContactChange) => void = () => undefined;
  #onChange: () => void = () => undefined;
  #isAway = false;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Begins to follow; nothing that happens from now on is missed.
   *
   * @throws ApiError if Jobs cannot be read, or nothing answers
   */
  static async begin(connection: Connection, namespaces: Iterable<string>): Promise<RunFollower> {
    const follower = new RunFollower(connection);
    for (const namespace of new Set(namespaces)) await follower.#begin(namespace);
    return follower;
  }

  /** What a namespace holds now. */
  objects(namespace: string): NamespaceObjects | undefined {
    return this.#followed.get(namespace)?.objects();
  }

  /**
   * Waits until it has been seen that objects are gone, with what they own, and forgets them: what comes next under their
   * names is something new.
   *
   * @param uids of objects that have been deleted
   */
  async forget(uids: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    if (uids.size === 0) return;
    const isLeft = ({ metadata }: JobObject | FlowObject): boolean =>
      uids.has(metadata.uid ?? '') || (metadata.ownerReferences ?? []).some(({ uid }) => uids.has(uid));
    for (const [namespace, followed] of this.#followed) {
      for (;;) {
        const { jobs, flows, daemons } = followed.objects();
        if (![...jobs, ...flows, ...daemons].some(isLeft)) break;
        if (!(await wait(SEEN_MS, signal))) return;
      }
      this.#departed.set(namespace, { jobs: new Map(), flows: new Map() });
    }
  }

  /** Follows to the end, and shows it. */
  async untilOver(
    names: ReadonlyMap<string, FollowedNames>,
    { reporter, logs, deadlineMs, interruption }: FollowOptions,
  ): Promise<RunEnd> {
    const progresses = new Map(
      [...names].map(([namespace, followed]) => [namespace, new RunProgress(followed)]),
    );
    this.#onContact = (change) => {
      reporter.contact(change);
    };
    for (;;) {
      const beganMs = performance.now();
      const changed = new AbortController();
      this.#onChange = () => {
        changed.abort();
      };
      const shown = [...progresses].map(([namespace, progress]) => this.#progressOf(namespace, progress));
      reporter.show(shown);
      logs.read(shown);
      const leftMs = (deadlineMs ?? Infinity) - performance.now();
      const end = endOf(shown, leftMs, interruption);
      if (end !== undefined) {
        if (end !== 'interrupted') await logs.done();
        reporter.finish(shown);
        return end;
      }
      const gapMs = Math.max(reporter.gapMs, LOOKING_SHARE * (performance.now() - beganMs));
      await wait(Math.min(gapMs, leftMs), interruption);
      const restMs = Math.min(TICK_MS - gapMs, leftMs - gapMs);
      if (restMs > 0) await wait(restMs, AbortSignal.any([interruption, changed.signal]));
    }
  }

  /** Ends the watches. */
  async stop(): Promise<void> {
    await Promise.all([...this.#followed.values()].map((followed) => followed.stop()));
  }

  async #begin(namespace: string): Promise<void> {
    this.#departed.set(namespace, { jobs: new Map(), flows: new Map() });
    const followed = await followNamespace({
      connection: this.#connection,
      namespace,
      onChange: () => {
        // Whoever tells of a change answers, and what comes now is told after that.
        this.#contact({ kind: 'regained' });
        this.#onChange();
      },
      onDeleted: (gone) => {
        const departed = this.#departed.get(namespace);
        if (departed !== undefined) keep(departed, gone);
      },
      onContact: (change) => {
        this.#contact(change);
      },
    });
    this.#followed.set(namespace, followed);
  }

  /** Told once, whichever of the namespaces notices it first. */
  #contact(change: ContactChange): void {
    const isAway = change.kind === 'lost';
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    this.#onContact(change);
  }

  #progressOf(namespace: string, progress: RunProgress): NamespaceProgress {
    const objects = this.#followed.get(namespace)?.objects() ?? emptyNamespace(namespace);
    const departed = this.#departed.get(namespace);
    const nowMs = this.#connection.serverTimeMs();
    const view = viewNamespace(departed === undefined ? objects : withDeparted(objects, departed), nowMs);
    return { namespace, view, snapshot: progress.update(view, nowMs) };
  }
}

function endOf(
  shown: readonly NamespaceProgress[],
  leftMs: number,
  interruption: AbortSignal,
): RunEnd | undefined {
  if (shown.every(({ snapshot }) => snapshot.isOver))
    return shown.some(({ snapshot }) => snapshot.hasFailed) ? 'failed' : 'complete';
  if (interruption.aborted) return 'interrupted';
  return leftMs <= 0 ? 'timeout' : undefined;
}

/** What went away after its end, by name: by its TTL, say, a moment after it had ended. */
interface Departed {
  readonly jobs: Map<string, JobObject>;
  readonly flows: Map<string, FlowObject>;
}

function keep(departed: Departed, gone: DeletedObject): void {
  const name = gone.object.metadata.name ?? '';
  if (gone.kind === 'JobFlow') {
    if (projectFlow(gone.object).outcome !== undefined) departed.flows.set(name, gone.object);
  } else if (outcomeOf(gone.object.status?.conditions ?? []) !== undefined) {
    departed.jobs.set(name, gone.object);
  }
}

/** As if what ended were still there, unless something new has its name. */
function withDeparted(objects: NamespaceObjects, { jobs, flows }: Departed): NamespaceObjects {
  if (jobs.size === 0 && flows.size === 0) return objects;
  return { ...objects, jobs: filledUp(objects.jobs, jobs), flows: filledUp(objects.flows, flows) };
}

function filledUp<T extends JobObject | FlowObject>(
  present: readonly T[],
  departed: ReadonlyMap<string, T>,
): T[] {
  const names = new Set(present.map(({ metadata }) => metadata.name));
  return [...present, ...[...departed].filter(([name]) => !names.has(name)).map(([, object]) => object)];
}

function emptyNamespace(namespace: string): NamespaceObjects {
  return { namespace, jobs: [], flows: [], daemons: [], unread: [] };
}
