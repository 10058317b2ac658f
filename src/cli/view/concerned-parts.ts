import { parseReference } from '../../api/dependency-reference.ts';
import type { FlowRecord } from '../../core/flow/flow-record.ts';
import type { NamespaceView } from './namespace-view.ts';
import type { PartState, PartView } from './part-view.ts';

/**
 * The parts of a namespace that jobflow has to do with: those that are annotated or belong to a JobFlow, DaemonJobs, and
 * what any of them waits for. The Jobs of DaemonJobs are not among them, for those are counted there.
 */
export function concernedParts({ parts }: NamespaceView): PartView[] {
  const concerned = new Set<PartView>();
  for (const part of parts.values()) {
    if (!isConcerned(part)) continue;
    concerned.add(part);
    for (const { name } of part.edges) {
      const upstream = parts.get(name);
      if (upstream !== undefined) concerned.add(upstream);
    }
  }
  return [...parts.values()].filter((part) => concerned.has(part));
}

function isConcerned({ name, flow, record }: PartView): boolean {
  if (record?.owner?.kind === 'DaemonJob') return false;
  return flow !== undefined || record?.terms !== undefined || parseReference(name)?.kind === 'daemonjob';
}

/**
 * All that some parts wait for, and what that waits for in turn, with the parts themselves.
 *
 * @param some parts of the view
 */
export function withUpstreams({ parts, flows }: NamespaceView, some: readonly PartView[]): PartView[] {
  const reached = new Set(some);
  // A set goes on to what is added to it meanwhile.
  for (const part of reached) {
    for (const { name } of part.edges) {
      const upstream = parts.get(name);
      if (upstream !== undefined) reached.add(upstream);
      const reference = parseReference(name);
      if (reference?.kind !== 'jobflow') continue;
      for (const own of flows.get(reference.name)?.parts ?? []) reached.add(own);
    }
  }
  return [...reached];
}

/** Where a JobFlow as a whole stands, in the words that its Jobs have. */
export function flowState({ outcome, spec, status }: FlowRecord): PartState {
  if (outcome !== undefined) return outcome;
  if (spec.suspend === true) return 'Suspended';
  // Without entries it never ends, for more Jobs may join it; it stands where those stand that have joined.
  if ((spec.flows ?? []).length === 0) {
    if (status.state === 'Succeed') return 'Complete';
    if (status.state === 'Failed') return 'Failed';
  }
  return status.state === undefined || status.state === 'Pending' ? 'Waiting' : 'Running';
}
