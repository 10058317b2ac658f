import { describeReference } from '../../api/dependency-reference.ts';
import type { PartView } from '../view/part-view.ts';
import { RetryUnits, hasFailed, type RetryUnit, type UnitEdge } from './retry-units.ts';
import type { NamespaceView } from '../view/namespace-view.ts';

/** Why something is run again. */
export type RetryReason =
  | { readonly kind: 'named' }
  /** It failed, and so something did that is named. */
  | { readonly kind: 'upstream'; readonly of: string }
  /** It failed or was skipped because something else did that is run again. */
  | { readonly kind: 'follows'; readonly upstream: string };

/** One thing that is run again. */
export interface RetryStep {
  readonly unit: RetryUnit;
  readonly because: RetryReason;
  /** What it waits for of all that is run again, as edges name it: those have to be at it before it is. */
  readonly after: readonly string[];
  /** Sentences: what will keep it from running, or from going on. */
  readonly warnings: readonly string[];
}

/** What a retry does. */
export interface RetryPlan {
  /** In an order in which each comes after those that it waits for. */
  readonly steps: readonly RetryStep[];
  /** One sentence each: what is named and cannot be run again. */
  readonly problems: readonly string[];
  /** One sentence each: what would fail again at once, and so stays. */
  readonly leftOut: readonly string[];
}

/**
 * Finds what is to be run again: what is named, as far as it failed or was skipped; what failed before it and made it
 * fail; and what failed or was skipped because of any of these. What completed stays, and what has not ended is not
 * touched.
 *
 * @param named as edges name it: `load`, `jobflow/etl`, `daemonjob/tidy`; all of it exists
 * @param nowMs the time, in milliseconds since the epoch
 */
export function planRetry(view: NamespaceView, named: readonly string[], nowMs: number): RetryPlan {
  return new Planner(new RetryUnits(view, nowMs)).plan(named);
}

class Planner {
  readonly #units: RetryUnits;
  readonly #chosen = new Map<string, { readonly unit: RetryUnit; readonly because: RetryReason }>();
  /** All that runs again, as edges name it. */
  readonly #again = new Set<string>();
  readonly #problems: string[] = [];
  /** What would fail again at once, by its name, with what it would fail of. */
  readonly #blocked = new Map<string, string>();

  constructor(units: RetryUnits) {
    this.#units = units;
  }

  plan(named: readonly string[]): RetryPlan {
    for (const id of new Set(named)) this.#name(id);
    // The map grows while it is gone through.
    for (const { unit } of this.#chosen.values()) this.#addFollowers(unit);
    return {
      steps: inOrder([...this.#chosen.values()].map((chosen) => this.#step(chosen))),
      problems: this.#problems,
      leftOut: [...this.#blocked].map(
        ([id, upstream]) =>
          `${describeReference(id)} stays as it is: ${describeReference(upstream)} has failed too, and it would fail again at once; name both to run both again.`,
      ),
    };
  }

  #name(id: string): void {
    const unit = this.#units.unit(id);
    const joined = unit?.kind === 'jobflow' ? this.#joined(unit) : [];
    const problem = unit && refusalOf(unit, this.#units.view.parts.get(id), joined.length > 0);
    if (problem !== undefined) this.#problems.push(problem);
    else if (unit?.calls === true) this.#add(unit, { kind: 'named' });
    for (const each of joined) this.#add(each, { kind: 'named' });
    for (const each of [...(unit === undefined || problem !== undefined ? [] : [unit]), ...joined])
      this.#addUpstreams(each);
  }

  /** The Jobs that joined a JobFlow by their annotation, as far as they failed or were skipped. */
  #joined(flow: RetryUnit): RetryUnit[] {
    const parts = this.#units.view.flows.get(flow.name)?.parts ?? [];
    return parts
      .filter((part) => hasFailed(part) && part.record !== undefined && part.record.owner === undefined)
      .map(({ name }) => this.#units.unit(name))
      .filter((unit): unit is RetryUnit => unit?.calls === true);
  }

  #add(unit: RetryUnit, because: RetryReason): void {
    if (this.#chosen.has(unit.id)) return;
    this.#chosen.set(unit.id, { unit, because });
    this.#blocked.delete(unit.id);
    for (const name of unit.again) this.#again.add(name);
  }

  /** What failed before, and made this fail, is run again as well: otherwise this would fail again at once. */
  #addUpstreams(unit: RetryUnit): void {
    for (const { name } of this.#failedUpstreams(unit)) {
      const upstream = this.#units.unitOf(name);
      if (upstream === undefined || this.#chosen.has(upstream.id)) continue;
      const problem = refusalOf(upstream, this.#units.view.parts.get(upstream.id), false);
      if (problem === undefined) {
        this.#add(upstream, { kind: 'upstream', of: unit.id });
        this.#addUpstreams(upstream);
      } else if (!this.#problems.includes(problem)) this.#problems.push(problem);
    }
  }

  #addFollowers(unit: RetryUnit): void {
    for (const name of unit.again) {
      for (const follower of this.#units.followersOf(name)) {
        const next = this.#units.unitOf(follower);
        if (next === undefined || this.#chosen.has(next.id) || !this.#fellWith(follower, name)) continue;
        if (refusalOf(next, this.#units.view.parts.get(next.id), false) !== undefined) continue;
        const blocker = this.#failedUpstreams(next).find((edge) => !this.#again.has(edge.name));
        if (blocker === undefined) this.#add(next, { kind: 'follows', upstream: name });
        else this.#blocked.set(next.id, blocker.name);
      }
    }
  }

  /** Whether something never ran because of another: it ended at its gate, and the edge could not open. */
  #fellWith(follower: string, upstream: string): boolean {
    const part = this.#units.view.parts.get(follower);
    if (part === undefined || !hasFailed(part) || part.startedMs !== undefined) return false;
    const unit = this.#units.unitOf(follower);
    return (
      unit !== undefined &&
      this.#units
        .edgesOf({ ...unit, again: new Set([follower]) })
        .some(({ name, state }) => name === upstream && state.kind === 'closed')
    );
  }

  /** The edges to what failed, outside the unit, that keep something of it from running. */
  #failedUpstreams(unit: RetryUnit): UnitEdge[] {
    return this.#units.edgesOf(unit).filter(({ name, from, state }) => {
      const part = this.#units.view.parts.get(from);
      const ran = part === undefined || !hasFailed(part) || part.startedMs !== undefined;
      return !ran && state.kind === 'closed' && state.outcome === 'Failed' && !unit.again.has(name);
    });
  }

  #step({ unit, because }: { readonly unit: RetryUnit; readonly because: RetryReason }): RetryStep {
    const edges = this.#units.edgesOf(unit).filter(({ name }) => !unit.again.has(name));
    return {
      unit,
      because,
      after: [...new Set(edges.map(({ name }) => name).filter((name) => this.#again.has(name)))],
      warnings: edges.filter(({ name }) => !this.#again.has(name)).flatMap(warningsOf),
    };
  }
}

/** Why something cannot be run again, in one sentence; undefined if it can. */
function refusalOf(unit: RetryUnit, part: PartView | undefined, hasJoined: boolean): string | undefined {
  const what = describeReference(unit.id);
  const owner = part?.record?.owner;
  if (unit.kind === 'job' && owner !== undefined) return ownerRefusal(what, owner);
  if (unit.calls || hasJoined) return undefined;
  if (part?.record?.deletedMs !== undefined) return `${what} is being deleted; nothing is done to it.`;
  if (unit.kind !== 'job') return `Nothing of ${what} has failed or was skipped.`;
  if (part?.state === 'Complete') return `${what} is complete, and what completed stays; name what failed.`;
  const stands = part?.state === 'Running' ? 'is still running' : `has not ended (${part?.state ?? 'gone'})`;
  return `${what} ${stands}; only what failed or was skipped is run again.`;
}

function ownerRefusal(
  what: string,
  { kind, name }: { readonly kind: string; readonly name: string },
): string {
  switch (kind) {
    case 'JobFlow':
      return `${what} belongs to JobFlow "${name}"; retry that: jobflow retry jobflow/${name}`;
    case 'DaemonJob':
      return `${what} belongs to DaemonJob "${name}"; retry that: jobflow retry daemonjob/${name}`;
    case 'CronJob':
      return `${what} was made by CronJob "${name}", which makes the next by itself; for one more now: kubectl create job --from=cronjob/${name} NAME`;
    default:
      return `${what} belongs to ${kind} "${name}"; run that again in place of it.`;
  }
}

/** What will keep something from running although it is run again. */
function warningsOf({ from, name, state }: UnitEdge): string[] {
  const [what, upstream] = [describeReference(from), describeReference(name)];
  switch (state.kind) {
    case 'open':
      return [];
    case 'closed':
      return [
        state.outcome === 'Failed'
          ? `${what} will fail again at once, since ${upstream} has failed and cannot be run again by this.`
          : `${what} will be skipped again: ${upstream} ${state.outcome === 'Complete' ? 'completed' : 'was skipped'}, and that is not what it waits for.`,
      ];
    case 'pending':
      return state.on.kind === 'notCreated'
        ? [`${what} will wait for ${upstream}, which is not there: how it ended is not known any more.`]
        : state.on.kind === 'otherRun'
          ? [`${what} will wait for ${upstream} of its own run; the one that is there belongs to another.`]
          : [];
  }
}

/** The steps in an order in which each comes after those it waits for; those on a cycle, if there is one, last. */
function inOrder(steps: readonly RetryStep[]): RetryStep[] {
  const makers = new Map(steps.flatMap((step) => [...step.unit.again].map((name) => [name, step.unit.id])));
  const byId = new Map(steps.map((step) => [step.unit.id, step]));
  const sorted = [...steps].sort((a, b) => a.unit.id.localeCompare(b.unit.id));
  const missing = new Map<string, number>();
  const next = new Map<string, string[]>();
  for (const { unit, after } of sorted) {
    const makersOf = new Set(after.map((name) => makers.get(name)).filter((id) => id !== undefined));
    missing.set(unit.id, makersOf.size);
    for (const id of makersOf) next.set(id, [...(next.get(id) ?? []), unit.id]);
  }
  const order = new Set(sorted.map(({ unit }) => unit.id).filter((id) => missing.get(id) === 0));
  // The set grows while it is gone through.
  for (const id of order) {
    for (const follower of next.get(id) ?? []) {
      const left = (missing.get(follower) ?? 0) - 1;
      missing.set(follower, left);
      if (left === 0) order.add(follower);
    }
  }
  for (const { unit } of sorted) order.add(unit.id);
  return [...order].map((id) => byId.get(id)).filter((step) => step !== undefined);
}
