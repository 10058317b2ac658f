import type { DependencyEdge } from '../api/dependency-list.ts';
import type { JobRecord } from './job-record.ts';
import { opensOn } from './outcome.ts';

/** A Job that waits, as far as the graph is concerned. */
export interface WaitingJob {
  readonly name: string;
  readonly run: string | undefined;
  readonly edges: readonly Pick<DependencyEdge, 'name'>[];
}

/** A waiting Job as the graph holds it: an edge that a recorded outcome has opened holds nothing up any more. */
export function waitingJob({ name, terms }: JobRecord): WaitingJob {
  const { run, edges = [], outcomes } = terms ?? {};
  const pending = outcomes?.size
    ? edges.filter((edge) => {
        const recorded = outcomes.get(edge.name);
        return recorded === undefined || !opensOn(edge.wants, recorded.outcome);
      })
    : edges;
  return { name, run, edges: pending };
}

const NOBODY: ReadonlySet<string> = new Set();

/**
 * The Jobs of one namespace that wait, and what they wait for. A Job that has been released, has ended or is being
 * deleted is not in it: nothing can deadlock on it.
 */
export class WaitingGraph {
  readonly #jobs = new Map<string, WaitingJob>();
  readonly #dependents = new Map<string, Set<string>>();

  /** How many Jobs wait. */
  get size(): number {
    return this.#jobs.size;
  }

  /** Puts a waiting Job in, in place of what was known of the same name. */
  set(job: WaitingJob): void {
    this.delete(job.name);
    this.#jobs.set(job.name, job);
    for (const { name } of job.edges) {
      const dependents = this.#dependents.get(name);
      if (dependents === undefined) this.#dependents.set(name, new Set([job.name]));
      else dependents.add(job.name);
    }
  }

  /** Takes a Job out, for it no longer waits. */
  delete(name: string): void {
    const job = this.#jobs.get(name);
    if (job === undefined) return;
    this.#jobs.delete(name);
    for (const edge of job.edges) {
      const dependents = this.#dependents.get(edge.name);
      dependents?.delete(name);
      if (dependents?.size === 0) this.#dependents.delete(edge.name);
    }
  }

  /** The names of the Jobs that wait for the named one, whether it exists or not. */
  dependentsOf(name: string): ReadonlySet<string> {
    return this.#dependents.get(name) ?? NOBODY;
  }

  /**
   * A shortest cycle through a Job, taking the Job as given here in place of what the graph holds.
   *
   * @returns the path `a, b, c, a`, each waiting for the next; undefined if there is none
   */
  cycleThrough(candidate: WaitingJob): readonly string[] | undefined {
    const closing = this.dependentsOf(candidate.name);
    const waitsForItself = candidate.edges.some(({ name }) => name === candidate.name);
    if (waitsForItself) return [candidate.name, candidate.name];
    // Whoever closes a cycle waits for the candidate: without such a Job there is nothing to search.
    if (closing.size === 0) return undefined;
    const cameFrom = new Map<string, string>();
    let frontier: readonly WaitingJob[] = [candidate];
    while (frontier.length > 0) {
      const next: WaitingJob[] = [];
      for (const job of frontier) {
        for (const { name } of job.edges) {
          if (name === candidate.name && counts(job, candidate)) {
            return tracePath(cameFrom, candidate.name, job.name);
          }
          const upstream = this.#jobs.get(name);
          if (upstream === undefined || name === candidate.name) continue;
          if (cameFrom.has(name) || !counts(job, upstream)) continue;
          cameFrom.set(name, job.name);
          next.push(upstream);
        }
      }
      frontier = next;
    }
    return undefined;
  }

  /** The names of all Jobs that share a cycle with the named one, itself included; empty if it is on none. */
  sharingCyclesWith(name: string): string[] {
    const start = this.#jobs.get(name);
    if (start === undefined || this.cycleThrough(start) === undefined) return [];
    const upstreams = reachable(start, (job) => this.#waitingUpstreams(job));
    const dependents = reachable(start, (job) =>
      [...this.dependentsOf(job.name)].flatMap((dependent) => {
        const found = this.#jobs.get(dependent);
        return found !== undefined && counts(found, job) ? [found] : [];
      }),
    );
    return [...upstreams].filter((job) => dependents.has(job)).map((job) => job.name);
  }

  /**
   * The names of all Jobs that are on a cycle, in one pass over the graph (Tarjan's strongly connected components,
   * without recursion, since a chain may be thousands of Jobs long).
   */
  jobsOnCycles(): string[] {
    const found: string[] = [];
    const index = new Map<string, number>();
    const low = new Map<string, number>();
    const open: string[] = [];
    const isOpen = new Set<string>();
    for (const root of this.#jobs.values()) {
      if (index.has(root.name)) continue;
      const calls: { readonly job: WaitingJob; readonly upstreams: WaitingJob[]; next: number }[] = [];
      const enter = (job: WaitingJob): void => {
        index.set(job.name, index.size);
        low.set(job.name, index.size - 1);
        open.push(job.name);
        isOpen.add(job.name);
        calls.push({ job, upstreams: this.#waitingUpstreams(job), next: 0 });
      };
      const lower = (name: string, to: number | undefined): void => {
        low.set(name, Math.min(low.get(name) ?? Infinity, to ?? Infinity));
      };
      enter(root);
      for (let call = calls.at(-1); call !== undefined; call = calls.at(-1)) {
        const { job, upstreams } = call;
        const upstream = upstreams[call.next++];
        if (upstream !== undefined) {
          if (!index.has(upstream.name)) enter(upstream);
          else if (isOpen.has(upstream.name)) lower(job.name, index.get(upstream.name));
          continue;
        }
        calls.pop();
        const caller = calls.at(-1);
        if (caller !== undefined) lower(caller.job.name, low.get(job.name));
        if (low.get(job.name) !== index.get(job.name)) continue;
        const component = open.splice(open.lastIndexOf(job.name));
        for (const name of component) isOpen.delete(name);
        if (component.length > 1 || upstreams.includes(job)) found.push(...component);
      }
    }
    return found;
  }

  #waitingUpstreams(job: WaitingJob): WaitingJob[] {
    return job.edges.flatMap(({ name }) => {
      const upstream = this.#jobs.get(name);
      return upstream !== undefined && counts(job, upstream) ? [upstream] : [];
    });
  }

  /** The names of all Jobs that wait, in the order in which they came. */
  names(): Iterable<string> {
    return this.#jobs.keys();
  }

  /** The waiting Job of that name. */
  get(name: string): WaitingJob | undefined {
    return this.#jobs.get(name);
  }
}

function reachable(
  start: WaitingJob,
  next: (job: WaitingJob) => readonly WaitingJob[],
): ReadonlySet<WaitingJob> {
  const reached = new Set<WaitingJob>();
  const pending = [...next(start)];
  for (let job = pending.pop(); job !== undefined; job = pending.pop()) {
    if (reached.has(job)) continue;
    reached.add(job);
    pending.push(...next(job));
  }
  return reached;
}

/** A Job of another `run` is not what the dependent waits for. */
function counts(dependent: WaitingJob, upstream: WaitingJob): boolean {
  return dependent.run === undefined || dependent.run === upstream.run;
}

function tracePath(cameFrom: ReadonlyMap<string, string>, start: string, last: string): string[] {
  const path = [start];
  for (let name: string | undefined = last; name !== undefined && name !== start; name = cameFrom.get(name)) {
    path.push(name);
  }
  path.push(start);
  return path.reverse();
}
