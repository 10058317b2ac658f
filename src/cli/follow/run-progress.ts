import type { FlowRecord } from '../../core/flow/flow-record.ts';
import { timeMs } from '../view/api-time.ts';
import { flowState } from '../view/concerned-parts.ts';
import type { NamespaceView } from '../view/namespace-view.ts';
import { hasEnded, type PartState, type PartView } from '../view/part-view.ts';
import { depthsOf } from './part-depths.ts';
import type { RunEvent } from './run-event.ts';
import { standstillsOf, waitingWords, type Standstill, type WaitingPlace } from './waiting-words.ts';

/** What is followed in one namespace. */
export interface FollowedNames {
  readonly jobs: readonly string[];
  /** As edges name them: `daemonjob/NAME`. */
  readonly daemons: readonly string[];
  /** JobFlows with entries, and with them what they make. */
  readonly flows: readonly string[];
  /** UIDs of those that had ended before anything was applied. */
  readonly endedBefore: ReadonlySet<string>;
}

/** One followed Job or DaemonJob as it is now. */
export interface RunPart {
  readonly name: string;
  readonly state: PartState | 'Deleted';
  /** The followed JobFlow that makes it. */
  readonly flow: string | undefined;
  /** What is waited for that is followed too. */
  readonly upstreams: readonly string[];
  /** What keeps it waiting, short; empty if nothing does. */
  readonly waitsFor: readonly string[];
  /** Why it does not go on by itself, or how it failed. */
  readonly problem: string | undefined;
  /** In milliseconds since the epoch. */
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly pods: PartView['pods'];
  readonly completions: number;
}

/** Where what is followed stands. */
export interface RunSnapshot {
  /** In the order in which they were applied. */
  readonly parts: readonly RunPart[];
  /** The JobFlows, as if each were a part; the pods that it counts are its Jobs. */
  readonly flows: readonly RunPart[];
  /** Nothing more will become of any of it. */
  readonly isOver: boolean;
  /** Something failed, or is gone before its end. */
  readonly hasFailed: boolean;
  readonly events: readonly RunEvent[];
}

/** How long something may stay as it is that jobflow's controller should change, in milliseconds. */
const CONTROLLER_LIMIT_MS = 10_000;

/** What has been told of one part. */
interface Told {
  uid: string | undefined;
  seen: boolean;
  waits: boolean;
  start: boolean;
  end: boolean;
  failedPods: number;
  readonly standstills: Set<string>;
  /** Since when nothing keeps it from starting, by the clock of the views. */
  readySinceMs: number | undefined;
}

/** A part that is there, what has been told of it, and where what is new is told. */
interface Telling {
  readonly part: PartView;
  readonly waitsFor: readonly string[];
  readonly place: WaitingPlace;
  readonly told: Told;
  readonly events: RunEvent[];
  readonly nowMs: number;
}

/**
 * Follows Jobs, DaemonJobs and JobFlows of a namespace from view to view: tells each start, wait and end once. Pure but for
 * what it remembers. Between two views anything may have happened; what the objects tell of it is not missed.
 */
export class RunProgress {
  readonly #names: FollowedNames;
  readonly #told = new Map<string, Told>();

  constructor(names: FollowedNames) {
    this.#names = names;
  }

  /**
   * Takes the next view.
   *
   * @param nowMs the time, in milliseconds since the epoch
   */
  update(view: NamespaceView, nowMs: number): RunSnapshot {
    const events: RunEvent[] = [];
    const flowOf = this.#followed(view);
    const isFollowed = (name: string): boolean => flowOf.has(name) || this.#isFollowedFlow(name);
    const place: WaitingPlace = { view, isFollowed };
    const parts = [...flowOf].map(([name, flow]) => this.#part(name, flow, place, events, nowMs));
    let hasFailed = parts.some(({ state }) => state === 'Failed' || state === 'Deleted');
    let isOver = parts.every(({ state }) => state === 'Deleted' || hasEnded({ state }));
    const flows = this.#names.flows.map((name) => this.#flow(name, view, events, nowMs));
    for (const { state } of flows) {
      if (state === 'Failed' || state === 'Deleted') hasFailed = true;
      else if (!hasEnded({ state })) isOver = false;
    }
    return { parts, flows, isOver, hasFailed, events: inOrder(events, parts) };
  }

  #isFollowedFlow(name: string): boolean {
    return name.startsWith('jobflow/') && this.#names.flows.includes(name.slice('jobflow/'.length));
  }

  /** Every part that is followed, and the flow that makes it. */
  #followed(view: NamespaceView): Map<string, string | undefined> {
    const followed = new Map<string, string | undefined>();
    for (const name of [...this.#names.jobs, ...this.#names.daemons]) followed.set(name, undefined);
    for (const name of this.#names.flows) {
      for (const { name: part, record } of view.flows.get(name)?.parts ?? []) {
        const isOwn =
          record === undefined || (record.owner?.kind === 'JobFlow' && record.owner.name === name);
        if (isOwn && !followed.has(part)) followed.set(part, name);
      }
    }
    return followed;
  }

  #part(
    name: string,
    flow: string | undefined,
    place: WaitingPlace,
    events: RunEvent[],
    nowMs: number,
  ): RunPart {
    const part = place.view.parts.get(name);
    const told = this.#toldOf(name, part?.record?.uid);
    if (part === undefined) return this.#missingPart(name, flow, told, events, nowMs);
    told.seen = true;
    const waitsFor = hasEnded(part) || part.state === 'Running' ? [] : waitingWords(part, place);
    const problem = this.#tellPart({ part, waitsFor, place, told, events, nowMs });
    return {
      name,
      state: part.state,
      flow,
      upstreams: part.edges.map((edge) => edge.name).filter((upstream) => place.isFollowed(upstream)),
      waitsFor,
      problem: part.state === 'Complete' ? undefined : problem,
      startedMs: part.startedMs,
      endedMs: part.endedMs,
      pods: part.pods,
      completions: part.completions,
    };
  }

  /** Tells what is new of a part. @returns its problem, if it has one */
  #tellPart(telling: Telling): string | undefined {
    const { part, told, events, nowMs } = telling;
    const { name, state, startedMs, endedMs, ending, createdMs, record } = part;
    if (record !== undefined && !told.end && this.#names.endedBefore.has(record.uid)) {
      told.end = true;
      if (hasEnded(part)) events.push({ kind: 'endedBefore', name, atMs: nowMs, state, endedMs });
    }
    if (!hasEnded(part) && startedMs === undefined) {
      return this.#tellWaiting(telling);
    }
    if (told.end) return endingWords(ending);
    if (!told.start && startedMs !== undefined) {
      told.start = true;
      const waitedMs = told.waits && createdMs !== undefined ? startedMs - createdMs : undefined;
      events.push({ kind: 'started', name, atMs: startedMs, waitedMs });
    }
    if (!hasEnded(part)) {
      const { failed } = part.pods;
      if (failed > told.failedPods && !name.includes('/'))
        events.push({ kind: 'podFailed', name, atMs: nowMs, failed });
      told.failedPods = failed;
      return undefined;
    }
    told.end = true;
    const tookMs = startedMs === undefined || endedMs === undefined ? undefined : endedMs - startedMs;
    events.push({ kind: 'ended', name, atMs: endedMs ?? nowMs, state, tookMs, message: endingWords(ending) });
    return endingWords(ending);
  }

  #tellWaiting({ part, waitsFor, place, told, events, nowMs }: Telling): string | undefined {
    const { name } = part;
    if (!told.waits && waitsFor.length > 0) {
      told.waits = true;
      // Of these the next sentence says all.
      const isSaid = part.cycle !== undefined || part.state === 'Held';
      if (!isSaid) events.push({ kind: 'waits', name, atMs: nowMs, on: waitsFor });
    }
    const tellOnce = ({ key, words, command }: Standstill): string => {
      if (!told.standstills.has(key)) {
        told.standstills.add(key);
        events.push({ kind: 'standsStill', name, atMs: nowMs, words, command });
      }
      return words;
    };
    const [problem] = standstillsOf(part, place).map(tellOnce);
    if (problem !== undefined) return problem;
    if (!isReady(part)) {
      told.readySinceMs = undefined;
      return undefined;
    }
    told.readySinceMs ??= nowMs;
    if (nowMs - told.readySinceMs < CONTROLLER_LIMIT_MS) return undefined;
    const words = 'has nothing left to wait for, but is not started: jobflow’s controller does not answer';
    return tellOnce({ key: 'controller', words, command: `why ${name}` });
  }

  #missingPart(
    name: string,
    flow: string | undefined,
    told: Told,
    events: RunEvent[],
    nowMs: number,
  ): RunPart {
    if (told.seen && !told.end) {
      told.end = true;
      events.push({ kind: 'deleted', name, atMs: nowMs });
    }
    return {
      name,
      // It has been applied, and the watch will tell of it in a moment.
      state: told.seen ? 'Deleted' : 'Waiting',
      flow,
      upstreams: [],
      waitsFor: [],
      problem: told.seen ? 'is gone' : undefined,
      startedMs: undefined,
      endedMs: undefined,
      pods: { active: 0, succeeded: 0, failed: 0 },
      completions: 1,
    };
  }

  #flow(name: string, view: NamespaceView, events: RunEvent[], nowMs: number): RunPart {
    const flow = view.flows.get(name)?.record;
    const reference = `jobflow/${name}`;
    const told = this.#toldOf(reference, flow?.uid);
    if (flow === undefined) return this.#missingPart(reference, undefined, told, events, nowMs);
    told.seen = true;
    const { outcome } = flow;
    let problem: string | undefined;
    if (outcome === undefined) {
      problem = this.#tellFlow(flow, told, events, nowMs);
    } else {
      if (outcome === 'Failed') problem = flow.status.message;
      if (!told.end) {
        told.end = true;
        events.push(flowEnd(flow, outcome, this.#names.endedBefore.has(flow.uid), nowMs));
      }
    }
    return flowPart(flow, problem);
  }

  /** Tells why a flow does not go on by itself. */
  #tellFlow(flow: FlowRecord, told: Told, events: RunEvent[], nowMs: number): string | undefined {
    const name = `jobflow/${flow.name}`;
    const tell = (key: string, words: string, command: string): string => {
      if (!told.standstills.has(key)) {
        told.standstills.add(key);
        events.push({ kind: 'standsStill', name, atMs: nowMs, words, command });
      }
      return words;
    };
    const stalled = flow.status.conditions?.find(
      ({ type, status }) => type === 'Stalled' && status === 'True',
    );
    if (stalled !== undefined) {
      const message = (stalled.message ?? '').replace(/\.$/, '');
      return tell(`stalled ${message}`, `cannot go on: ${message}`, `why ${name}`);
    }
    if (flow.spec.suspend === true) return tell('suspended', 'is suspended', `resume ${name}`);
    if (flow.status.observedGeneration !== undefined) return undefined;
    told.readySinceMs ??= nowMs;
    if (nowMs - told.readySinceMs < CONTROLLER_LIMIT_MS) return undefined;
    return tell('controller', 'is not taken up: jobflow’s controller does not answer', 'doctor');
  }

  #toldOf(name: string, uid: string | undefined): Told {
    let told = this.#told.get(name);
    // Made anew under its name: by a retry, or by hand.
    const isAnother = told?.uid !== undefined && uid !== undefined && told.uid !== uid;
    if (told === undefined || isAnother) {
      told = {
        uid,
        seen: isAnother,
        waits: false,
        start: false,
        end: false,
        failedPods: 0,
        standstills: new Set(),
        readySinceMs: undefined,
      };
      this.#told.set(name, told);
    }
    told.uid ??= uid;
    return told;
  }
}

/** By time; within a second an upstream's end comes before the start of what waits for it. */
function inOrder(events: readonly RunEvent[], parts: readonly RunPart[]): readonly RunEvent[] {
  if (events.length < 2) return events;
  const depths = depthsOf(parts);
  // A JobFlow ends after all that it makes.
  const depthOf = ({ name }: RunEvent): number => depths.get(name) ?? depths.size;
  return events.toSorted((a, b) => a.atMs - b.atMs || depthOf(a) - depthOf(b));
}

function flowPart(flow: FlowRecord, problem: string | undefined): RunPart {
  const { counts, startTime, completionTime } = flow.status;
  return {
    name: `jobflow/${flow.name}`,
    state: flowState(flow),
    flow: undefined,
    upstreams: [],
    waitsFor: [],
    problem,
    startedMs: timeMs(startTime),
    endedMs: timeMs(completionTime),
    pods: {
      active: counts?.running ?? 0,
      succeeded: (counts?.succeeded ?? 0) + (counts?.skipped ?? 0),
      failed: counts?.failed ?? 0,
    },
    completions: counts?.total ?? 1,
  };
}

function flowEnd(
  flow: FlowRecord,
  outcome: NonNullable<FlowRecord['outcome']>,
  endedBefore: boolean,
  nowMs: number,
): RunEvent {
  const name = `jobflow/${flow.name}`;
  const { startTime, completionTime, message } = flow.status;
  const endedMs = timeMs(completionTime);
  if (endedBefore) return { kind: 'endedBefore', name, atMs: nowMs, state: outcome, endedMs };
  const startedMs = timeMs(startTime);
  return {
    kind: 'ended',
    name,
    atMs: endedMs ?? nowMs,
    state: outcome,
    tookMs: startedMs === undefined || endedMs === undefined ? undefined : endedMs - startedMs,
    message: outcome === 'Failed' ? message : undefined,
  };
}

/** Nothing keeps it from starting, and it is jobflow that starts it. */
function isReady({ state, waitingOn, record }: PartView): boolean {
  return state === 'Waiting' && waitingOn.length === 0 && record !== undefined;
}

/** Why it ended so, with the reason in brackets unless it says nothing new. */
function endingWords(ending: PartView['ending']): string | undefined {
  if (ending === undefined) return undefined;
  const { reason, message } = ending;
  const text = message.replace(/\.$/, '');
  if (text === '') return reason === '' ? undefined : reason;
  return reason === '' || reason === 'Skipped' || text.includes(reason) ? text : `${text} (${reason})`;
}
