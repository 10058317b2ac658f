import type { WaitingGraph } from './waiting-graph.ts';

/** A cycle, `a, b, c, a`, each waiting for the next; all Jobs on it have the same list. */
type Cycle = readonly string[];

/** The cycles of one graph, as far as they have been looked for: of each Job that is on one, one. */
export class KnownCycles {
  readonly #graph: WaitingGraph;
  readonly #cycles = new Map<string, Cycle>();

  constructor(graph: WaitingGraph) {
    this.#graph = graph;
  }

  /** The cycle that a Job is on, beginning and ending with it; undefined if it is on none. */
  of(name: string): readonly string[] | undefined {
    const cycle = this.#cycles.get(name);
    return cycle && beginningAt(cycle, name);
  }

  /** How many different cycles are kept. */
  get size(): number {
    return new Set(this.#cycles.values()).size;
  }

  /**
   * Looks again after the edges of a Job have changed: at its own cycle and those of every Job that shared or now shares
   * one with it.
   *
   * @returns the names of the Jobs whose cycle has changed
   */
  changed(name: string): string[] {
    return this.search([name, ...this.#through(name), ...this.#graph.sharingCyclesWith(name)]);
  }

  /**
   * Looks for the cycles of Jobs. One that leads through several of them is found once, and kept once: a list for each
   * Job of a long cycle would take memory by the square of its length.
   *
   * @returns the names of the Jobs whose cycle has changed
   */
  search(names: Iterable<string>): string[] {
    const found = new Map<string, Cycle>();
    const text = rememberedText();
    const changed: string[] = [];
    for (const name of new Set(names)) {
      const cycle = found.get(name) ?? this.#find(name);
      const before = this.#cycles.get(name);
      if (cycle === undefined) this.#cycles.delete(name);
      else {
        this.#cycles.set(name, cycle);
        for (const member of cycle) if (!found.has(member)) found.set(member, cycle);
      }
      if (text(cycle) !== text(before)) changed.push(name);
    }
    return changed;
  }

  #find(name: string): Cycle | undefined {
    const job = this.#graph.get(name);
    const cycle = job && this.#graph.cycleThrough(job);
    // The same cycle gives the same list, wherever the search began.
    return cycle && beginningAt(cycle, cycle.reduce(lesser));
  }

  /** The Jobs whose known cycle leads through one. */
  #through(name: string): string[] {
    const judged = new Map<Cycle, boolean>();
    const leads = (cycle: Cycle): boolean => {
      const known = judged.get(cycle) ?? cycle.includes(name);
      judged.set(cycle, known);
      return known;
    };
    return [...this.#cycles].flatMap(([member, cycle]) => (leads(cycle) ? member : []));
  }
}

function beginningAt(cycle: Cycle, name: string): readonly string[] {
  const at = cycle.indexOf(name);
  return at === 0 ? cycle : [...cycle.slice(at, -1), ...cycle.slice(0, at), name];
}

function lesser(a: string, b: string): string {
  return a < b ? a : b;
}

/** Each cycle is written once, however many Jobs are on it. */
function rememberedText(): (cycle: Cycle | undefined) => string {
  const texts = new Map<Cycle, string>();
  return (cycle) => {
    if (cycle === undefined) return '';
    const text = texts.get(cycle) ?? cycle.join();
    texts.set(cycle, text);
    return text;
  };
}
