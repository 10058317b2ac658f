import { parseReference } from '../../api/dependency-reference.ts';
import { API_GROUP } from '../../api/names.ts';
import { describeWaiting } from '../../core/gate-messages.ts';
import type { WaitingOn } from '../../core/gate.ts';
import { timeText } from '../view/api-time.ts';
import { flowState } from '../view/concerned-parts.ts';
import type { PartState, PartView } from '../view/part-view.ts';
import type { Section } from './select-parts.ts';
import { countStates, messageOf, tookMs } from './status-table.ts';

/** A Job or DaemonJob as programs read it. Times are as Kubernetes writes them. */
export interface PartReport {
  readonly kind: 'Job' | 'DaemonJob';
  readonly namespace: string;
  readonly name: string;
  readonly state: PartState;
  /** Why it ended as it did, or has not started. */
  readonly message: string;
  readonly waitingFor: readonly (WaitingOn & { readonly message: string })[];
  /** The cycle that it is on, its first name also last. */
  readonly cycle?: readonly string[] | undefined;
  readonly reason?: string | undefined;
  readonly flow?: string | undefined;
  readonly run?: string | undefined;
  readonly created?: string | undefined;
  readonly started?: string | undefined;
  readonly ended?: string | undefined;
  readonly tookSeconds?: number | undefined;
  readonly attempts: number;
  readonly pods: PartView['pods'];
  readonly completions: number;
}

/** A JobFlow as programs read it. */
export interface FlowReport {
  readonly namespace: string;
  readonly name: string;
  readonly state: PartState;
  readonly message: string;
  /** How many of its Jobs are in each state. */
  readonly counts: Partial<Record<PartState, number>>;
}

/** What `-o json` and `-o yaml` write. */
export interface StatusReport {
  /** Those that were named. */
  readonly flows: readonly FlowReport[];
  readonly jobs: readonly PartReport[];
}

/**
 * The report of what is shown.
 *
 * @param nowMs the time, in milliseconds since the epoch
 */
export function statusReport(sections: readonly Section[], nowMs: number): StatusReport {
  return {
    flows: sections.flatMap(({ namespace, flow }) => {
      if (flow === undefined) return [];
      const { record, parts } = flow;
      const message = record.status.message ?? '';
      return { namespace, name: record.name, state: flowState(record), message, counts: countStates(parts) };
    }),
    jobs: sections.flatMap(({ namespace, parts }) => parts.map((part) => partReport(namespace, part, nowMs))),
  };
}

/** The report of one Job; what is not known is left out. */
export function partReport(namespace: string, part: PartView, nowMs: number): PartReport {
  const { state, waitingOn, cycle, flow, run, createdMs, startedMs, endedMs, attempts, pods, completions } =
    part;
  const { kind, name } = parseReference(part.name) ?? { kind: 'job', name: part.name };
  const took = tookMs(part, nowMs);
  return {
    kind: kind === 'daemonjob' ? 'DaemonJob' : 'Job',
    namespace,
    name,
    state,
    message: messageOf(part),
    waitingFor: waitingOn.map((on) => ({ ...on, message: describeWaiting([on]) })),
    cycle,
    reason: part.ending?.reason,
    flow,
    run,
    created: timeText(createdMs),
    started: timeText(startedMs),
    ended: timeText(endedMs),
    tookSeconds: took === undefined ? undefined : Math.round(took / 1_000),
    attempts,
    pods,
    completions,
  };
}

/** As `kubectl -o name` writes it; undefined if it is not there yet. */
export function resourceName({ name, record }: PartView): string | undefined {
  if (record === undefined) return undefined;
  const reference = parseReference(name);
  return reference?.kind === 'daemonjob' ? `daemonjob.${API_GROUP}/${reference.name}` : `job.batch/${name}`;
}
