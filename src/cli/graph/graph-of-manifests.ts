import { parseAnnotations, type UserAnnotations } from '../../api/annotations.ts';
import { formatReference } from '../../api/dependency-reference.ts';
import { USER_ANNOTATIONS } from '../../api/names.ts';
import { textAt } from '../../core/admission/flow/named-list.ts';
import { plannedEntries } from '../../core/admission/flow/planned-entries.ts';
import { annotationsOf } from '../../core/admission/flow/whole-record.ts';
import { fieldOf, valueAt } from '../../core/admission/json-tree.ts';
import { findingAt, type Finding } from '../lint/finding.ts';
import { fieldIn } from '../lint/field-path.ts';
import { isLinted, type LintedManifest } from '../lint/known-objects.ts';
import type { Manifest } from '../manifests/parse-manifests.ts';
import { connectNodes, type DependencyGraph, type FoundFlow, type FoundNode } from './dependency-graph.ts';

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
export function graphsOfManifests(manifests: readonly Manifest[], namespace: string): DrawnManifests {
  const findings: Finding[] = [];
  const namespaces = new Map<string, { nodes: FoundNode[]; flows: FoundFlow[] }>();
  for (const manifest of manifests) {
    if (!isLinted(manifest)) continue;
    const where = manifest.namespace ?? namespace;
    const found = namespaces.get(where) ?? { nodes: [], flows: [] };
    namespaces.set(where, found);
    if (manifest.kind === 'JobFlow')
      found.flows.push({ name: manifest.name, run: runOf(manifest), state: undefined });
    found.nodes.push(...nodesOf(manifest, findings));
  }
  const graphs = [...namespaces].map(([name, found]) =>
    connectNodes({ ...found, namespace: name, absence: 'not in these files' }),
  );
  return { graphs: graphs.filter(({ nodes }) => nodes.size > 0), findings };
}

function nodesOf(manifest: LintedManifest, findings: Finding[]): FoundNode[] {
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
        const edges = entry.edges.map(({ edge }) => edge);
        const held = fieldOf(entry.value, 'hold') === true;
        return {
          ...OF_A_FILE,
          name: entry.ref,
          isNameless: false,
          flow: name,
          run: runOf(manifest),
          held,
          edges,
        };
      });
    case 'JobTemplate':
      return [];
  }
}

/** What only a cluster knows. */
const OF_A_FILE = { state: undefined, outcomes: new Map() } as const;

function runOf({ object }: LintedManifest): string | undefined {
  return annotationsOf(object)[USER_ANNOTATIONS.run];
}

/** A name that is yet to be generated is only known by its beginning. */
function shownName({ name, object }: LintedManifest): string {
  return name === '' ? `${textAt(object.metadata, 'generateName')}*` : name;
}

function jobNode(name: string, manifest: LintedManifest, base: string, findings: Finding[]): FoundNode {
  const job = base === '' ? manifest.object : (valueAt(manifest.object, ...base.split('.')) ?? null);
  const parsed = parseAnnotations(annotationsOf(job));
  if (!parsed.ok) {
    const prefix = base === '' ? '' : `${base}.`;
    findings.push(...parsed.refusals.map(({ message }) => unreadable(manifest, `${prefix}${message}`)));
  }
  const terms: Pick<UserAnnotations, 'edges' | 'run' | 'flow' | 'hold' | 'approved'> = parsed.ok
    ? parsed.annotations
    : {
        edges: [],
        run: undefined,
        flow: undefined,
        hold: annotationsOf(job)[USER_ANNOTATIONS.hold] === 'true',
        approved: false,
      };
  const { edges, run, flow } = terms;
  return {
    ...OF_A_FILE,
    name,
    isNameless: manifest.name === '',
    flow,
    run,
    held: terms.hold && !terms.approved,
    edges,
  };
}

function unreadable(manifest: Manifest, message: string): Finding {
  const place = manifest.placeOf(fieldIn(message));
  return findingAt(place, manifest, { severity: 'error', rule: 'ManifestInvalid', message });
}
