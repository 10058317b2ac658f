import { annotationField, refusal } from '../../api/errors.ts';
import { USER_ANNOTATIONS } from '../../api/names.ts';
import { findingAt, type Finding } from './finding.ts';
import { fieldIn } from './field-path.ts';
import type { KnownObjects, LintedManifest } from './known-objects.ts';

/** The edge of a cycle that is written in a file. */
interface WrittenEdge {
  readonly manifest: LintedManifest;
  readonly field: string;
}

/**
 * The cycles of a namespace, each once, at the first of its dependencies. One that stays within a JobFlow is told
 * when the JobFlow itself is checked, in the names of its entries.
 */
export function checkCycles(known: KnownObjects): Finding[] {
  return known.cycles().flatMap((path) => {
    const names = path.slice(0, -1);
    if (isWithinOneFlow(names, known)) return [];
    const edges = names.map((name, index) => writtenEdge(name, path[index + 1] ?? '', known));
    const at = edges.findIndex((edge) => edge !== undefined);
    const edge = edges[at];
    if (edge === undefined) return [];
    const turned = [...names.slice(at), ...names.slice(0, at), names[at] ?? ''];
    const { message } = refusal('DependencyCycle', { field: edge.field, path: turned });
    const place = edge.manifest.placeOf(fieldIn(edge.field));
    return [findingAt(place, edge.manifest, { severity: 'error', rule: 'DependencyCycle', message })];
  });
}

function isWithinOneFlow(names: readonly string[], known: KnownObjects): boolean {
  const flows = new Set(
    names.map((name) => {
      const origin = known.origin(name);
      if (origin === undefined) return undefined;
      if ('flow' in origin) return origin.flow;
      return origin.object.kind === 'JobFlow' ? origin.object : undefined;
    }),
  );
  return flows.size === 1 && !flows.has(undefined);
}

/** Where it is written that one object waits for another; undefined if nobody wrote it, as of a JobFlow for its parts. */
function writtenEdge(from: string, to: string, known: KnownObjects): WrittenEdge | undefined {
  const origin = known.origin(from);
  if (origin === undefined) return undefined;
  if ('flow' in origin) {
    const { flow, entry } = origin;
    const field = entry.edges.find(({ edge }) => edge.name === to)?.field;
    return field === undefined ? undefined : { manifest: flow, field };
  }
  if (origin.object.kind === 'JobFlow') return undefined;
  return { manifest: origin.object, field: annotationField(USER_ANNOTATIONS.dependsOn) };
}
