import type { RunPart, RunSnapshot } from '../../../src/cli/follow/run-progress.ts';
import type { NamespaceProgress } from '../../../src/cli/follow/follow-run.ts';
import type { NamespaceObjects } from '../../../src/cli/cluster/read-objects.ts';
import { viewNamespace } from '../../../src/cli/view/namespace-view.ts';

/** A followed Job that waits, unless fields say otherwise. */
export function part(name: string, fields: Partial<RunPart> = {}): RunPart {
  return {
    name,
    state: 'Waiting',
    flow: undefined,
    upstreams: [],
    waitsFor: fields.upstreams ?? [],
    problem: undefined,
    startedMs: undefined,
    endedMs: undefined,
    pods: { active: 0, succeeded: 0, failed: 0 },
    completions: 1,
    ...fields,
  };
}

/** A Job that runs since a time, in milliseconds. */
export function running(name: string, startedMs: number, fields: Partial<RunPart> = {}): RunPart {
  const pods = { active: 1, succeeded: 0, failed: 0 };
  return part(name, { state: 'Running', startedMs, pods, waitsFor: [], ...fields });
}

/** A Job that has ended. */
export function ended(name: string, state: RunPart['state'], fields: Partial<RunPart> = {}): RunPart {
  return part(name, { state, startedMs: 0, endedMs: 3_000, waitsFor: [], ...fields });
}

/** Where these parts stand, in namespace `ns`. */
export function progressOf(parts: readonly RunPart[], flows: readonly RunPart[] = []): NamespaceProgress {
  const snapshot: RunSnapshot = { parts, flows, isOver: false, hasFailed: false, events: [] };
  return { namespace: 'ns', view: viewNamespace(emptyNamespace(), 0), snapshot };
}

/** A namespace that holds nothing. */
export function emptyNamespace(): NamespaceObjects {
  return { namespace: 'ns', jobs: [], flows: [], daemons: [], unread: [] };
}
