import type { WaitingJob } from '../../waiting-graph.ts';
import { WaitingGraph } from '../../waiting-graph.ts';
import type { Candidate } from '../view.ts';
import { groupsOnCycles, shortestPath, type Upstreams } from './cycle-search.ts';

/** A JobFlow or DaemonJob that has not ended: it waits for all its parts, and others may wait for it as a whole. */
export interface Whole {
  /** `jobflow/NAME` or `daemonjob/NAME`. */
  readonly ref: string;
  readonly run: string | undefined;
  /** What it waits for itself, as a Job does: a DaemonJob by its annotations. */
  readonly edges: WaitingJob['edges'];
  /** The Jobs and DaemonJobs that it is made of, as they will be created, without those that have ended. */
  readonly parts: readonly WaitingJob[];
}

/** What an object waits for, and in which `run`. */
export type Waits = Pick<WaitingJob, 'run' | 'edges'>;

/** An object that exists, as far as cycles are concerned. */
export interface SeenObject {
  /** The object as it waits; undefined if it no longer does. */
  readonly waits: Waits | undefined;
  /** The JobFlows and DaemonJobs that it is a part of: `jobflow/NAME`. */
  readonly wholes: readonly string[];
}

/** One thing that a JobFlow or DaemonJob adds to the graph: an edge of a part, or that the whole has the part. */
export interface NewEdge {
  readonly from: string;
  readonly to: string;
}

/** A JobFlow or DaemonJob as it asks for admission. */
export interface WholeCandidate {
  readonly whole: Whole;
  /** What is new in it: only that is checked, so that nobody is trapped on a cycle that slipped in before. */
  readonly added: readonly NewEdge[];
  /** It is being created: Jobs that bear the names of its parts are left over from before. */
  readonly isNew: boolean;
}

/** A cycle, and the first of the new edges that close one. */
export interface ClosedCycle<E extends NewEdge = NewEdge> {
  readonly edge: E;
  /** The path `a, b, a`, each waiting for the next, from the end that has the edge. */
  readonly path: readonly string[];
}

const NONE: readonly string[] = [];

/**
 * All of one namespace that waits: Jobs, JobFlows and DaemonJobs, and the Jobs that these are going to create. An
 * object that has ended, was released or is being deleted is not in it: nothing can deadlock on it.
 *
 * A whole waits for its parts whatever their `run`; a dependent with a `run` passes over objects of another one.
 */
export class WaitingObjects {
  readonly #seen: (name: string) => SeenObject | undefined;
  readonly #graph = new WaitingGraph();
  readonly #wholes = new Map<string, Whole>();
  /** What wholes are going to create, by name and then by whole. */
  readonly #planned = new Map<string, Map<string, WaitingJob>>();
  /** Waiting Jobs that are parts, with their wholes; and the other way round. */
  readonly #wholesOf = new Map<string, readonly string[]>();
  readonly #members = new Map<string, Set<string>>();

  /** @param seen tells what is known of the Job, JobFlow or DaemonJob of a name; undefined if there is none */
  constructor(seen: (name: string) => SeenObject | undefined) {
    this.#seen = seen;
  }

  /** Looks at the Job of a name again, for something about it has changed. */
  refreshJob(name: string): void {
    const seen = this.#seen(name);
    this.#setNode(name, seen === undefined ? this.#plannedAs(name) : seen.waits);
    this.#setMember(name, seen?.waits === undefined ? NONE : seen.wholes);
  }

  /** Puts in a JobFlow or DaemonJob that has not ended, in place of what was known of it. */
  setWhole(whole: Whole): void {
    const before = this.#wholes.get(whole.ref);
    if (before === whole) return;
    this.#wholes.set(whole.ref, whole);
    const left = new Map(before?.parts.map((part) => [part.name, part]));
    for (const part of whole.parts) {
      const known = left.get(part.name);
      left.delete(part.name);
      if (known === part) continue;
      this.#plan(part.name, whole.ref, part);
    }
    for (const name of left.keys()) this.#plan(name, whole.ref, undefined);
    this.#showWhole(whole.ref);
  }

  /** Takes out a JobFlow or DaemonJob that has ended or is going away. */
  deleteWhole(ref: string): void {
    const whole = this.#wholes.get(ref);
    if (whole === undefined) return;
    this.#wholes.delete(ref);
    for (const { name } of whole.parts) this.#plan(name, ref, undefined);
    this.#showWhole(ref);
  }

  /**
   * A shortest cycle that a Job would close, taking what it waits for as given here in place of what is known of it.
   * Of a JobFlow or DaemonJob that it is known to be a part of it remains one.
   *
   * @returns the path `a, b, c, a`, starting and ending with the Job; undefined if there is none
   */
  cycleThroughJob(candidate: Candidate): readonly string[] | undefined {
    const { name, run, flow } = candidate;
    const flowRef = flow === undefined ? undefined : `jobflow/${flow}`;
    const overlay = new Map<string, Waits>([[name, candidate]]);
    // A flow whose Jobs have all ended goes on when another one joins.
    if (flowRef !== undefined && this.#graph.get(flowRef) === undefined) {
      overlay.set(flowRef, { run, edges: [] });
    }
    const wholes = [...this.#wholesWith(name), ...(flowRef === undefined ? [] : [flowRef])];
    if (!this.#isAwaited(name, candidate, wholes)) return undefined;
    const added = new Map<string, readonly string[]>(flowRef === undefined ? [] : [[flowRef, [name]]]);
    return shortestPath(name, name, this.#upstreamsWith(overlay, added));
  }

  /**
   * A cycle that one of the new edges of a JobFlow or DaemonJob would close.
   *
   * @returns the cycle of the first of them that closes one; undefined if none does
   */
  cycleThroughWhole<E extends NewEdge>(
    candidate: WholeCandidate & { readonly added: readonly E[] },
  ): ClosedCycle<E> | undefined {
    const { whole, added, isNew } = candidate;
    const overlay = new Map<string, Waits>([[whole.ref, whole]]);
    for (const part of whole.parts) {
      const seen = isNew ? undefined : this.#seen(part.name);
      overlay.set(part.name, seen === undefined || seen.waits !== undefined ? part : { ...part, edges: [] });
    }
    const parts = new Map([[whole.ref, whole.parts.map(({ name }) => name)]]);
    const upstreams = this.#upstreamsWith(overlay, parts);
    const groups = groupsOnCycles(overlay.keys(), upstreams);
    for (const edge of added) {
      const group = groups.get(edge.from);
      if (group === undefined || group !== groups.get(edge.to)) continue;
      const isInForce = [...upstreams(edge.from)].includes(edge.to);
      if (!isInForce) continue;
      const back = edge.from === edge.to ? [edge.to] : shortestPath(edge.to, edge.from, upstreams);
      if (back !== undefined) return { edge, path: [edge.from, ...back] };
    }
    return undefined;
  }

  /**
   * A shortest cycle of every group of objects that wait for each other in a ring, found in one pass.
   *
   * @returns paths `a, b, c, a`, each waiting for the next; an object that waits for itself alone is not among them
   */
  cycles(): readonly (readonly string[])[] {
    const upstreams = this.#upstreamsWith(new Map(), new Map());
    const groups = groupsOnCycles(this.#graph.names(), upstreams);
    const found = new Set<number>();
    const cycles: (readonly string[])[] = [];
    const [seen, shared] = [new Set<number>(), new Set<number>()];
    for (const group of groups.values()) (seen.has(group) ? shared : seen).add(group);
    for (const [name, group] of groups) {
      if (!shared.has(group) || found.has(group)) continue;
      found.add(group);
      // Looking only within the group keeps many small cycles from being searched for in all the rest.
      const within: Upstreams = (from) => [...upstreams(from)].filter((to) => groups.get(to) === group);
      const path = shortestPath(name, name, within);
      if (path !== undefined) cycles.push(path);
    }
    return cycles;
  }

  /** Whoever closes a cycle waits for the Job, or for a whole that it is a part of: without such a one there is nothing to search. */
  #isAwaited(name: string, candidate: Candidate, wholes: readonly string[]): boolean {
    if (this.#graph.dependentsOf(name).size > 0) return true;
    if (candidate.edges.some((edge) => edge.name === name)) return true;
    return wholes.some((ref) => this.#isAwaited(ref, candidate, [...this.#wholesWith(ref)]));
  }

  *#wholesWith(part: string): Iterable<string> {
    yield* this.#planned.get(part)?.keys() ?? NONE;
    yield* this.#wholesOf.get(part) ?? NONE;
  }

  /**
   * What each object waits for, with some objects as given in place of what is known of them.
   *
   * @param overlay the objects that are given
   * @param added further parts of wholes, by whole
   */
  #upstreamsWith(
    overlay: ReadonlyMap<string, Waits>,
    added: ReadonlyMap<string, readonly string[]>,
  ): Upstreams {
    const nodeOf = (name: string): Waits | undefined => overlay.get(name) ?? this.#graph.get(name);
    const partsOf = (ref: string): Iterable<string> => [
      ...(overlay.get(ref) === undefined ? (this.#wholes.get(ref)?.parts ?? []).map(({ name }) => name) : []),
      ...(this.#members.get(ref) ?? NONE),
      ...(added.get(ref) ?? NONE),
    ];
    return function* upstreams(name) {
      const node = nodeOf(name);
      if (node === undefined) return;
      for (const { name: upstream } of node.edges) {
        const found = nodeOf(upstream);
        if (found !== undefined && (node.run === undefined || node.run === found.run)) yield upstream;
      }
      if (!name.includes('/')) return;
      for (const part of partsOf(name)) if (nodeOf(part) !== undefined) yield part;
    };
  }

  #plan(name: string, ref: string, part: WaitingJob | undefined): void {
    const plans = this.#planned.get(name) ?? new Map<string, WaitingJob>();
    if (part === undefined) plans.delete(ref);
    else plans.set(ref, part);
    if (plans.size === 0) this.#planned.delete(name);
    else this.#planned.set(name, plans);
    if (!name.includes('/')) this.refreshJob(name);
    else this.#showWhole(name);
  }

  #showWhole(ref: string): void {
    const whole = this.#wholes.get(ref);
    this.#setNode(ref, whole ?? (this.#seen(ref) === undefined ? this.#plannedAs(ref) : undefined));
  }

  #plannedAs(name: string): WaitingJob | undefined {
    return this.#planned.get(name)?.values().next().value;
  }

  #setNode(name: string, node: Waits | undefined): void {
    if (node === undefined) this.#graph.delete(name);
    else this.#graph.set({ name, run: node.run, edges: node.edges });
  }

  #setMember(name: string, wholes: readonly string[]): void {
    for (const ref of this.#wholesOf.get(name) ?? NONE) {
      const members = this.#members.get(ref);
      members?.delete(name);
      if (members?.size === 0) this.#members.delete(ref);
    }
    if (wholes.length === 0) this.#wholesOf.delete(name);
    else this.#wholesOf.set(name, wholes);
    for (const ref of wholes) {
      const members = this.#members.get(ref);
      if (members === undefined) this.#members.set(ref, new Set([name]));
      else members.add(name);
    }
  }
}
