import { formatReference, parseReference } from '../../api/dependency-reference.ts';
import type { Outcome } from '../../api/outcomes.ts';
import { NO_OUTCOMES } from '../../api/outcomes-record.ts';
import { entryJobs } from '../../core/flow/flow-entries.ts';
import { flowAsUpstream } from '../../core/flow/flow-record.ts';
import { stateOfOutcome } from '../../core/flow/job-states.ts';
import { namesToRetry } from '../../core/flow/retry.ts';
import { edgeState, type EdgeState } from '../../core/gate.ts';
import type { UpstreamRecord } from '../../core/job-record.ts';
import { hasEnded, type PartView } from '../view/part-view.ts';
import type { FlowView, NamespaceView } from '../view/namespace-view.ts';

/** What is run again as one: a Job by being made anew, a JobFlow or DaemonJob by its annotation. */
export interface RetryUnit {
  readonly kind: 'job' | 'jobflow' | 'daemonjob';
  readonly name: string;
  /** As edges name it: `load`, `jobflow/etl`, `daemonjob/tidy`. */
  readonly id: string;
  /** Something of it has failed or was skipped. */
  readonly calls: boolean;
  /** What runs again with it, as edges name it: its outcome so far counts no more. */
  readonly again: ReadonlySet<string>;
}

/** An edge of something that is run again, and how it stands. */
export interface UnitEdge {
  /** Whose it is, as edges name it. */
  readonly from: string;
  readonly name: string;
  readonly state: EdgeState;
}

/** Says of everything in a namespace with what it is run again, and what it waits for. */
export class RetryUnits {
  readonly view: NamespaceView;
  readonly #nowMs: number;
  readonly #units = new Map<string, RetryUnit>();
  #followers: ReadonlyMap<string, readonly string[]> | undefined;

  /** @param nowMs the time, in milliseconds since the epoch */
  constructor(view: NamespaceView, nowMs: number) {
    this.view = view;
    this.#nowMs = nowMs;
  }

  /** The unit of this name; undefined if there is no such object. */
  unit(id: string): RetryUnit | undefined {
    const known = this.#units.get(id);
    if (known !== undefined) return known;
    const made = this.#make(id);
    if (made !== undefined) this.#units.set(id, made);
    return made;
  }

  /** With what something is run again that an edge names. */
  unitOf(name: string): RetryUnit | undefined {
    const owner = this.view.parts.get(name)?.record?.owner;
    if (owner?.kind === 'JobFlow') return this.unit(formatReference({ kind: 'jobflow', name: owner.name }));
    if (owner?.kind !== 'DaemonJob') return this.unit(name);
    const daemon = formatReference({ kind: 'daemonjob', name: owner.name });
    return this.unitOf(daemon) ?? this.unit(daemon);
  }

  /** How the edges stand of what runs again with a unit, as they would be for a Job that is made now. */
  edgesOf({ again }: RetryUnit): UnitEdge[] {
    return [...again].flatMap((from) => {
      const record = this.view.parts.get(from)?.record;
      const terms = record?.terms;
      if (record === undefined || terms === undefined) return [];
      const job = { ...record, createdMs: this.#nowMs };
      const anew = { ...terms, ignoredUids: [], outcomes: NO_OUTCOMES };
      const upstream = (name: string): UpstreamRecord | undefined => this.#upstream(name);
      return terms.edges.map((edge) => ({
        from,
        name: edge.name,
        state: edgeState({ job, terms: anew, upstream, outcomes: NO_OUTCOMES }, edge),
      }));
    });
  }

  /** What waits for something, as edges name it, whether it still does or not. */
  followersOf(name: string): readonly string[] {
    this.#followers ??= followers(this.view);
    return this.#followers.get(name) ?? [];
  }

  #upstream(name: string): UpstreamRecord | undefined {
    const reference = parseReference(name);
    if (reference?.kind !== 'jobflow') return this.view.parts.get(name)?.record;
    const flow = this.view.flows.get(reference.name);
    return flow && flowAsUpstream(flow.record);
  }

  #make(id: string): RetryUnit | undefined {
    const reference = parseReference(id);
    if (reference?.kind === 'jobflow') {
      const flow = this.view.flows.get(reference.name);
      return flow && flowUnit(id, reference.name, flow);
    }
    const part = this.view.parts.get(id);
    if (part?.record === undefined) return undefined;
    const calls = part.record.deletedMs === undefined && hasFailed(part);
    const shared = { id, name: reference?.name ?? id };
    if (reference?.kind !== 'daemonjob') return { ...shared, kind: 'job', calls, again: new Set([id]) };
    const some = calls || (part.record.deletedMs === undefined && part.pods.failed > 0);
    return { ...shared, kind: 'daemonjob', calls: some, again: new Set([id]) };
  }
}

function flowUnit(id: string, name: string, { record, parts }: FlowView): RetryUnit {
  const own = new Map(parts.map((part) => [part.name, part]));
  const names = namesToRetry(entryJobs(record), (job) => {
    const part = own.get(job);
    return part && hasEnded(part) ? stateOfOutcome(outcomeOfPart(part)) : undefined;
  });
  const calls = record.deletedMs === undefined && names.size > 0;
  return { id, kind: 'jobflow', name, calls, again: new Set([id, ...names]) };
}

/** Whether it failed or was skipped. */
export function hasFailed({ state }: Pick<PartView, 'state'>): boolean {
  return state === 'Failed' || state === 'Skipped';
}

function outcomeOfPart({ state }: PartView): Outcome {
  return state === 'Failed' || state === 'Skipped' ? state : 'Complete';
}

function followers({ parts }: NamespaceView): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { name, edges } of parts.values()) {
    for (const edge of edges) {
      const known = found.get(edge.name);
      if (known === undefined) found.set(edge.name, [name]);
      else known.push(name);
    }
  }
  return found;
}
