import type { DependencyEdge } from '../../api/dependency-list.ts';
import { parseReference } from '../../api/dependency-reference.ts';
import type { Outcome, Wanted } from '../../api/outcomes.ts';
import type { PartState } from '../view/part-view.ts';

/** One thing that waits or is waited for. */
export interface GraphNode {
  /** Tells the nodes of a graph apart. */
  readonly id: string;
  /**
   * The name of a Job, `jobflow/NAME`, `daemonjob/NAME`, or `cronjob/NAME` for the Jobs that a CronJob makes; of a name
   * that is yet to be generated the beginning and `*`.
   */
  readonly name: string;
  /** The JobFlow that it is an entry of, or that it joins. */
  readonly flow: string | undefined;
  /** Waits for a person too. */
  readonly held: boolean;
  /** Where it stands, if it is from a cluster. */
  readonly state: PartState | undefined;
  /** Named by others, but not there; with a state it was, and is gone. */
  readonly isUnknown: boolean;
  readonly waitsFor: readonly GraphEdge[];
}

/** What a node waits for. */
export interface GraphEdge {
  /** The `id` of its node. */
  readonly id: string;
  /** As it is named. */
  readonly name: string;
  /** Undefined where it is a part of a whole: any end will do. */
  readonly wants: Wanted | undefined;
}

/** What waits in one namespace. */
export interface DependencyGraph {
  readonly namespace: string;
  /** By their `id`, in the order in which they were found; those that are unknown last. */
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** Where unknown nodes were looked for in vain: `not in these files`. */
  readonly absence: string;
}

/** A node as it is found, with edges by name. */
export interface FoundNode extends Pick<GraphNode, 'name' | 'flow' | 'held' | 'state'> {
  /** Has no name yet: nothing can wait for it, and others may look the same. */
  readonly isNameless: boolean;
  readonly run: string | undefined;
  readonly edges: readonly DependencyEdge[];
  /** Outcomes that are known of Jobs which are gone, by name. */
  readonly outcomes: ReadonlyMap<string, { readonly outcome: Outcome }>;
}

/** A JobFlow that may be waited for as a whole. */
export interface FoundFlow {
  readonly name: string;
  readonly run: string | undefined;
  readonly state: PartState | undefined;
}

/** What is found in one namespace. */
export interface FoundObjects extends Pick<DependencyGraph, 'namespace' | 'absence'> {
  /** Of two with the same name the first one counts. */
  readonly nodes: readonly FoundNode[];
  readonly flows: readonly FoundFlow[];
}

/**
 * Leads edges to the nodes that they mean: of the run of the node that waits, where it has one. What is waited for and
 * has no node gets one: a JobFlow as a whole, which waits for its parts, or one that is unknown.
 */
export function connectNodes(found: FoundObjects): DependencyGraph {
  return new Connector(found).connect();
}

/** What a drawing writes on a node. */
export function labelOf({ name, state, held }: GraphNode): string {
  const shown = state === undefined ? name : `${name} · ${state}`;
  return held && state !== 'Held' ? `${shown} (held)` : shown;
}

/** What is said of a node that is not there. */
export function absenceOf({ state }: GraphNode, absence: string): string {
  return state === undefined ? absence : 'gone';
}

class Connector {
  readonly #found: FoundObjects;
  /** By `id`. */
  readonly #nodes = new Map<string, FoundNode>();
  readonly #flows: ReadonlyMap<string, FoundFlow>;
  /** The `id`s and names of the nodes of each flow. */
  readonly #parts = new Map<string, Omit<GraphEdge, 'wants'>[]>();
  /** Nodes that are only waited for, by `id`. */
  readonly #awaited = new Map<string, GraphNode>();

  constructor(found: FoundObjects) {
    this.#found = found;
    this.#flows = new Map(found.flows.map((flow) => [flow.name, flow]));
    for (const { name } of found.flows) this.#parts.set(name, []);
    for (const [index, node] of found.nodes.entries()) {
      // No name of an object holds a `#`.
      const id = node.isNameless ? `${node.name}#${index}` : node.name;
      if (this.#nodes.has(id)) continue;
      this.#nodes.set(id, node);
      if (node.flow === undefined) continue;
      const parts = this.#parts.get(node.flow);
      if (parts === undefined) this.#parts.set(node.flow, [{ id, name: node.name }]);
      else parts.push({ id, name: node.name });
    }
  }

  connect(): DependencyGraph {
    const { namespace, absence } = this.#found;
    const nodes = new Map<string, GraphNode>();
    for (const [id, node] of this.#nodes) {
      const { name, flow, held, state } = node;
      const waitsFor = node.edges.map((edge) => this.#lead(node, edge));
      nodes.set(id, { id, name, flow, held, state, isUnknown: false, waitsFor });
    }
    return { namespace, absence, nodes: new Map([...nodes, ...this.#awaited]) };
  }

  #lead(from: FoundNode, { name, wants }: DependencyEdge): GraphEdge {
    const node = this.#nodes.get(name);
    if (node !== undefined && isOfRun(from, node)) return { id: name, name, wants };
    const whole = node === undefined ? this.#wholeFlow(from, name) : undefined;
    if (whole !== undefined) return { id: whole.id, name, wants };
    const isOfOtherRun = node !== undefined || this.#flowNamed(name) !== undefined;
    const shown = isOfOtherRun ? `${name} (run ${from.run ?? ''})` : name;
    const id = isOfOtherRun ? `${name}#${from.run ?? ''}` : name;
    if (!this.#awaited.has(id)) {
      const state = from.outcomes.get(name)?.outcome;
      this.#awaited.set(id, {
        id,
        name: shown,
        flow: undefined,
        held: false,
        state,
        isUnknown: true,
        waitsFor: [],
      });
    }
    return { id, name, wants };
  }

  /** The node of a JobFlow as a whole; it may be known by its parts alone. */
  #wholeFlow(from: FoundNode, id: string): GraphNode | undefined {
    const flow = this.#flowNamed(id);
    if (flow === undefined || !isOfRun(from, flow)) return undefined;
    const known = this.#awaited.get(id);
    if (known !== undefined) return known;
    const waitsFor = (this.#parts.get(flow.name) ?? []).map((part) => ({ ...part, wants: undefined }));
    const { state } = flow;
    const node = { id, name: id, flow: undefined, held: false, state, isUnknown: false, waitsFor };
    this.#awaited.set(id, node);
    return node;
  }

  #flowNamed(reference: string): KnownFlow | undefined {
    const parsed = parseReference(reference);
    if (parsed?.kind !== 'jobflow') return undefined;
    const { name } = parsed;
    return this.#flows.get(name) ?? (this.#parts.has(name) ? { name, state: undefined } : undefined);
  }
}

/** A JobFlow that is only named by those that joined it has a run that nobody knows. */
type KnownFlow = FoundFlow | Omit<FoundFlow, 'run'>;

/** Whether a node is of the run that another waits for; one whose run nobody knows may be. */
function isOfRun(from: FoundNode, upstream: FoundNode | KnownFlow): boolean {
  return from.run === undefined || !('run' in upstream) || upstream.run === from.run;
}
