import type { JobObject } from '../../src/api/job.ts';
import {
  planJobCleanup,
  planResourceCleanup,
  type CleanupPlan,
  type CleanupPolicy,
} from '../../src/core/cleanup-plan.ts';
import { errorOfNetwork, isApiError } from '../../src/kube/api-error.ts';
import { backoffMs, type Backoff } from '../../src/kube/backoff.ts';
import { collectionPaths, type Collection } from '../../src/kube/collections.ts';
import { apiPath, type Connection } from '../../src/kube/connection.ts';
import { readListPage } from '../../src/kube/list-and-watch.ts';
import type { Log } from '../../src/kube/log.ts';
import { wait } from '../../src/kube/wait.ts';

/** What cleaning up needs. */
export interface CleanupOptions {
  readonly connection: Pick<Connection, 'request'>;
  readonly log: Log;
  readonly policy: CleanupPolicy;
  /** The namespaces to look through; none stands for all. */
  readonly namespaces: readonly string[];
  /** Ends it, finished or not. */
  readonly signal: AbortSignal;
  /** Objects per request of a list; 500. */
  readonly pageSize?: number;
  /** A number from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/** What has been done, and what could not be. */
export interface CleanupReport {
  readonly finalizersRemoved: number;
  readonly deleted: number;
  /** Passes through all objects; the last one found nothing to do, unless there are problems. */
  readonly passes: number;
  /** What is still as it was, each with its cause, as the last passes found it. */
  readonly problems: readonly string[];
}

/** Flows first: what is deleted makes nothing new. */
const COLLECTIONS: readonly Collection[] = ['jobflows', 'daemonjobs', 'jobs'];

/** Writes at once. */
const AT_ONCE = 8;

/** Problems that a pass remembers; with more than that, the first ones tell enough. */
const MAX_PROBLEMS = 50;

/**
 * Rights that were given a moment ago, and a policy that was deleted, take effect a little later. A controller that still
 * runs may add its finalizer again, so that there is a pause after every pass.
 */
const NEXT_PASS: Backoff = { baseMs: 250, factor: 2, capMs: 5_000 };

/**
 * Takes away what jobflow leaves on the objects of users, in passes until one finds nothing: it needs neither the
 * controller nor the webhook, and what is written to an object meanwhile does not confuse it.
 *
 * @returns the report; without problems nothing of jobflow's is left that blocks anybody
 */
export async function cleanUp(options: CleanupOptions): Promise<CleanupReport> {
  const done = { finalizersRemoved: 0, deleted: 0 };
  let problems: readonly string[] = [];
  for (let passes = 1, failures = 0; ; passes += 1) {
    const pass = new CleanupPass(options);
    await pass.run();
    done.finalizersRemoved += pass.finalizersRemoved;
    done.deleted += pass.deleted;
    if (options.signal.aborted) {
      // What the pass before could not do is the best that is known of what this one has not seen.
      const known = new Set([ENDED_EARLY, ...pass.problems, ...problems]);
      return { ...done, passes, problems: [...known] };
    }
    ({ problems } = pass);
    const report = { ...done, passes, problems };
    if (problems.length === 0 && pass.finalizersRemoved + pass.deleted === 0) return report;
    options.log.info(report, 'pass ended');
    failures = problems.length === 0 ? 0 : failures + 1;
    const pauseMs = backoffMs(NEXT_PASS, Math.max(1, failures), options.random());
    const inTime = await wait(pauseMs, options.signal);
    if (!inTime) return { ...report, problems: [ENDED_EARLY, ...problems] };
  }
}

const ENDED_EARLY = 'ended before a pass found nothing to do';

/** One look at every object. */
class CleanupPass {
  readonly problems: string[] = [];
  readonly #options: CleanupOptions;
  finalizersRemoved = 0;
  deleted = 0;

  constructor(options: CleanupOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    for (const collection of COLLECTIONS) {
      for (const path of collectionPaths(collection, this.#options.namespaces)) {
        if (this.#options.signal.aborted) return;
        try {
          await this.#runThrough(path, collection);
        } catch (error) {
          // Without its custom resource there is nothing of a kind.
          if (isApiError(error, 'notFound') && collection !== 'jobs') continue;
          // The list has become too old on the way: the next pass begins it anew.
          this.#note(`list ${path}`, error);
        }
      }
    }
  }

  /** @throws ApiError if the objects cannot be listed */
  async #runThrough(path: string, collection: Collection): Promise<void> {
    const { connection, pageSize = 500, policy, signal } = this.#options;
    for (let token: string | undefined; ;) {
      const query = { limit: pageSize, continue: token };
      const page = readListPage(await connection.request({ method: 'GET', path, query, signal }));
      const work = page.items.flatMap((item) => {
        const object = item as JobObject;
        const plan =
          collection === 'jobs' ? planJobCleanup(object, policy) : planResourceCleanup(object, policy);
        return plan.finalizers === undefined && !plan.deleted ? [] : [{ object, plan }];
      });
      const left = work.values();
      const worker = async (): Promise<void> => {
        for (const { object, plan } of left)
          await this.#carryOut(objectPath(collection, object), object, plan);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      token = page.continueToken;
      if (token === undefined || signal.aborted) return;
    }
  }

  async #carryOut(path: string, object: JobObject, plan: CleanupPlan): Promise<void> {
    const { connection, signal, log } = this.#options;
    const { uid } = object.metadata;
    let { resourceVersion } = object.metadata;
    try {
      if (plan.finalizers !== undefined) {
        const body = { metadata: { uid, resourceVersion, finalizers: plan.finalizers } };
        const answer = (await connection.request({ method: 'PATCH', path, body, signal })) as JobObject;
        ({ resourceVersion } = answer.metadata);
        this.finalizersRemoved += 1;
        log.debug({ path }, 'finalizer removed');
      }
      if (plan.deleted) {
        // Only what is still as it was when it was decided on: a Job that has started meanwhile stays.
        const preconditions = { uid, resourceVersion };
        const body = { propagationPolicy: 'Background', preconditions };
        await connection.request({ method: 'DELETE', path, body, signal });
        this.deleted += 1;
        log.debug({ path }, 'deleted');
      }
    } catch (error) {
      if (!isApiError(error, 'notFound')) this.#note(path, error);
    }
  }

  #note(what: string, cause: unknown): void {
    const { kind, message } = errorOfNetwork(cause);
    // That its time is up says nothing of an object.
    if (kind !== 'aborted' && this.problems.length < MAX_PROBLEMS) this.problems.push(`${what}: ${message}`);
  }
}

function objectPath(collection: Collection, { metadata }: JobObject): string {
  const [all = ''] = collectionPaths(collection, [metadata.namespace ?? '']);
  return all + apiPath`/${metadata.name ?? ''}`;
}
