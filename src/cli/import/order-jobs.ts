import { formatDependencies, parseDependencies } from '../../api/dependency-list.ts';
import { refusal } from '../../api/errors.ts';
import { KnownCycles } from '../../core/known-cycles.ts';
import { WaitingGraph } from '../../core/waiting-graph.ts';
import { joinedField, refuseValue } from './stated-value.ts';
import type { Findings } from './findings.ts';
import type { ListedJob } from './pipeline.ts';

/** Known names that a sentence lists: more would hide what it says. */
const MAX_KNOWN = 10;

/**
 * Checks who waits for whom, and puts the Jobs in an order in which each stands after those that it waits for: first
 * all that wait for nothing, in the order of the file, then each as soon as the last of its dependencies stands.
 *
 * @param listed the Jobs, in the order of the file
 * @param findings takes unknown names, repeated ones and cycles, each with its path
 * @returns all Jobs; in the order of the file if anything is wrong
 */
export function orderJobs(listed: readonly ListedJob[], findings: Findings): readonly ListedJob[] {
  const names = new Set(listed.map(({ name }) => name));
  const before = findings.problems.length;
  for (const job of listed) checkDependencies(job, names, findings);
  refuseCycles(listed, findings);
  return findings.problems.length > before ? listed : inOrder(listed);
}

function checkDependencies(job: ListedJob, names: ReadonlySet<string>, findings: Findings): void {
  const seen = new Set<string>();
  for (const { name, at } of job.dependsOn) {
    const { field } = at;
    if (name === job.name) {
      refuseValue(at, refusal('DependencyOnItself', { field, kind: 'Job', name }).message, findings);
    } else if (!names.has(name)) {
      const allowed = `the name of a Job in jobs${listed(names, job.name)}`;
      refuseValue(at, refusal('FieldNotAllowed', { field, value: name, allowed }).message, findings);
    } else if (seen.has(name)) {
      refuseValue(at, refusal('DependencyDuplicate', { field, name }).message, findings);
    }
    seen.add(name);
  }
  const isWrong = job.dependsOn.some(({ name }) => !names.has(name)) || seen.size < job.dependsOn.length;
  if (job.dependsOn.length === 0 || isWrong) return;
  const edges = job.dependsOn.map(({ name }) => ({ name, wants: 'Complete' as const }));
  const parsed = parseDependencies(formatDependencies(edges), joinedField(job.at.field, 'depends_on'));
  // Names that are not valid are refused where the Job is listed.
  if (!parsed.ok && parsed.refusal.code !== 'DependencyNameInvalid') {
    refuseValue(job.at, parsed.refusal.message, findings);
  }
}

/** As part of the sentence, if there are few enough to help. */
function listed(names: ReadonlySet<string>, own: string): string {
  if (names.size < 2 || names.size > MAX_KNOWN) return '';
  return ` (there are ${[...names].filter((name) => name !== own).join(', ')})`;
}

/** One sentence for each cycle that the graph knows; a Job that waits for itself has its own. */
function refuseCycles(listed: readonly ListedJob[], findings: Findings): void {
  const graph = new WaitingGraph();
  for (const { name, dependsOn } of listed) {
    graph.set({ name, run: undefined, edges: dependsOn.filter((edge) => edge.name !== name) });
  }
  const onCycles = new Set(graph.jobsOnCycles());
  const cycles = new KnownCycles(graph);
  cycles.search(onCycles);
  const told = new Set<string>();
  for (const { name, at, dependsOn } of listed) {
    if (!onCycles.has(name) || told.has(name)) continue;
    const path = cycles.of(name);
    if (path === undefined) continue;
    for (const member of path) told.add(member);
    const edge = dependsOn.find((upstream) => upstream.name === path[1]);
    const field = edge?.at.field ?? at.field;
    refuseValue(edge?.at ?? at, refusal('DependencyCycle', { field, path }).message, findings);
  }
}

function inOrder(listed: readonly ListedJob[]): readonly ListedJob[] {
  const missing = new Map(listed.map(({ name, dependsOn }) => [name, dependsOn.length]));
  const dependents = Map.groupBy(
    listed.flatMap((job) => job.dependsOn.map(({ name }) => ({ upstream: name, job }))),
    ({ upstream }) => upstream,
  );
  const ordered = listed.filter(({ dependsOn }) => dependsOn.length === 0);
  // The list grows while it is gone through.
  for (const { name } of ordered) {
    for (const { job } of dependents.get(name) ?? []) {
      const left = (missing.get(job.name) ?? 0) - 1;
      missing.set(job.name, left);
      if (left === 0) ordered.push(job);
    }
  }
  return ordered;
}
