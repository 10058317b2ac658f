import { parseAnnotations, type UserAnnotations } from '../../api/annotations.ts';
import { formatReference } from '../../api/dependency-reference.ts';
import type { Wanted } from '../../api/outcomes.ts';
import { USER_ANNOTATIONS } from '../../api/names.ts';
import { textAt } from '../../core/admission/flow/named-list.ts';
import { plannedEntries } from '../../core/admission/flow/planned-entries.ts';
import { annotationsOf } from '../../core/admission/flow/whole-record.ts';
import { fieldOf, valueAt } from '../../core/admission/json-tree.ts';
import { findingAt, type Finding } from '../lint/finding.ts';
import { fieldIn } from '../lint/field-path.ts';
import { isLinted, type LintedManifest } from '../lint/known-objects.ts';
import type { Manifest } from '../manifests/parse-manifests.ts';

/** One thing that waits or is waited for. */
export interface GraphNode {
  /** The name of a Job, `jobflow/NAME`, `daemonjob/NAME`, or `cronjob/NAME` for the Jobs that a CronJob makes. */
  readonly name: string;
  /** The JobFlow that it is an entry of, or that it joins. */
  readonly flow: string | undefined;
  /** Waits for a person too. */
  readonly held: boolean;
  /** Named by others, but in none of the files. */
  readonly isUnknown: boolean;
  readonly waitsFor: readonly GraphEdge[];
}

/** What a node waits for. */
export interface GraphEdge {
  readonly name: string;
  /** Undefined where it is a part of a whole: any end will do. */
  readonly wants: Wanted | undefined;
}

/** What waits in one namespace. */
export interface DependencyGraph {
  readonly namespace: string;
  /** By name, in the order of the files; those that are unknown last. */
  readonly nodes: ReadonlyMap<string, GraphNode>;
}

/** The graphs of some files, and what could not be drawn. */
export interface DrawnManifests {
  /** By namespace, in the order of the files; none without nodes. */
  readonly graphs: readonly DependencyGraph[];
  /** Dependencies that cannot be read; those are left out. */
  readonly findings: readonly Finding[];
}

/**
 * Takes from objects what waits for what: Jobs, the Jobs of CronJobs, the entries of JobFlows, and DaemonJobs.
 *
 * @param namespace where objects go that state none
 */
export function dependencyGraphs(manifests: readonly Manifest[], namespace: string): DrawnManifests {
  const findings: Finding[] = [];
  const namespaces = new Map<string, Map<string, GraphNode>>();
  const flows = new Map<string, string[]>();
  for (const manifest of manifests) {
    if (!isLinted(manifest)) continue;
    const where = manifest.namespace ?? namespace;
    const nodes = namespaces.get(where) ?? new Map<string, GraphNode>();
    namespaces.set(where, nodes);
    const named = flows.get(where) ?? [];
    flows.set(where, named);
    if (manifest.kind === 'JobFlow') named.push(manifest.name);
    for (const node of nodesOf(manifest, findings)) if (!nodes.has(node.name)) nodes.set(node.name, node);
  }
  const graphs = [...namespaces].map(([name, nodes]) => {
    return { namespace: name, nodes: withAwaited(nodes, flows.get(name) ?? []) };
  });
  return { graphs: graphs.filter(({ nodes }) => nodes.size > 0), findings };
}

function nodesOf(manifest: LintedManifest, findings: Finding[]): GraphNode[] {
  const { kind, name, object } = manifest;
  switch (kind) {
    case 'Job':
      return [jobNode(shownName(manifest), manifest, '', findings)];
    case 'DaemonJob':
      return [
        jobNode(formatReference({ kind: 'daemonjob', name: shownName(manifest) }), manifest, '', findings),
      ];
    case 'CronJob':
      return [jobNode(`cronjob/${shownName(manifest)}`, manifest, 'spec.jobTemplate', findings)];
    case 'JobFlow':
      return plannedEntries(name, fieldOf(object, 'spec')).map((entry) => {
        findings.push(...entry.unreadable.map((refused) => unreadable(manifest, refused.message)));
        const waitsFor = entry.edges.map(({ edge }) => edge);
        const held = fieldOf(entry.value, 'hold') === true;
        return { name: entry.ref, flow: name, held, isUnknown: false, waitsFor };
      });
    case 'JobTemplate':
      return [];
  }
}

/** A name that is yet to be generated is only known by its beginning. */
function shownName({ name, object }: LintedManifest): string {
  return name === '' ? `${textAt(object.metadata, 'generateName')}*` : name;
}

function jobNode(name: string, manifest: LintedManifest, base: string, findings: Finding[]): GraphNode {
  const job = base === '' ? manifest.object : (valueAt(manifest.object, ...base.split('.')) ?? null);
  const parsed = parseAnnotations(annotationsOf(job));
  if (!parsed.ok) {
    const prefix = base === '' ? '' : `${base}.`;
    findings.push(...parsed.refusals.map(({ message }) => unreadable(manifest, `${prefix}${message}`)));
  }
  const terms: Pick<UserAnnotations, 'edges' | 'flow' | 'hold' | 'approved'> = parsed.ok
    ? parsed.annotations
    : {
        edges: [],
        flow: undefined,
        hold: annotationsOf(job)[USER_ANNOTATIONS.hold] === 'true',
        approved: false,
      };
  const held = terms.hold && !terms.approved;
  return { name, flow: terms.flow, held, isUnknown: false, waitsFor: terms.edges };
}

function unreadable(manifest: Manifest, message: string): Finding {
  const place = manifest.placeOf(fieldIn(message));
  return findingAt(place, manifest, { severity: 'error', rule: 'ManifestInvalid', message });
}

/** Adds what is waited for and has no node yet: a JobFlow as a whole waits for its parts, anything else is unknown. */
function withAwaited(
  nodes: ReadonlyMap<string, GraphNode>,
  flows: readonly string[],
): ReadonlyMap<string, GraphNode> {
  const all = new Map(nodes);
  const parts = new Map<string, GraphEdge[]>(
    flows.map((name) => [formatReference({ kind: 'jobflow', name }), []]),
  );
  for (const { flow, name } of nodes.values()) {
    if (flow === undefined) continue;
    const ref = formatReference({ kind: 'jobflow', name: flow });
    const known = parts.get(ref);
    if (known === undefined) parts.set(ref, [{ name, wants: undefined }]);
    else known.push({ name, wants: undefined });
  }
  for (const { waitsFor } of nodes.values()) {
    for (const { name } of waitsFor) {
      if (all.has(name)) continue;
      const isUnknown = !parts.has(name);
      all.set(name, { name, flow: undefined, held: false, isUnknown, waitsFor: parts.get(name) ?? [] });
    }
  }
  return all;
}
