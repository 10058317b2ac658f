import type { Input } from '../manifests/read-inputs.ts';
import type { Manifest } from '../manifests/parse-manifests.ts';
import { checkCycles } from './check-cycles.ts';
import { checkObject } from './check-object.ts';
import { findingAt, type Complaint, type Finding } from './finding.ts';
import { isLinted, KnownObjects, type LintedManifest } from './known-objects.ts';
import { readFiles, type ReadFiles } from './read-files.ts';

/** What `lint` has to say. */
export interface LintReport {
  /** Sorted by file in the order in which they were named, then by line. */
  readonly findings: readonly Finding[];
  /** How many files were looked at. */
  readonly files: number;
  /** How many objects of a kind that jobflow has to do with. */
  readonly objects: number;
}

/**
 * Checks objects as the webhook and the API server would, without either: as if all files were applied at once to a
 * namespace that holds nothing else.
 *
 * @param inputs the files
 * @param namespace where objects go that state none
 */
export function lintManifests(inputs: readonly Input[], namespace: string): LintReport {
  return lintRead(readFiles(inputs), inputs, namespace);
}

/**
 * As {@link lintManifests}, of files whose objects have been taken from them already.
 *
 * @param read what the files hold
 */
export function lintRead(read: ReadFiles, inputs: readonly Input[], namespace: string): LintReport {
  const findings = [...read.findings];
  const linted = read.manifests.filter(isLinted);
  for (const manifest of read.manifests) {
    if (!isLinted(manifest)) findings.push(...checkFrame(manifest));
  }
  for (const finding of checkAll(linted, namespace)) findings.push(finding);
  const order = new Map(inputs.map(({ file }, index) => [file, index]));
  return {
    findings: findings.sort((a, b) => compare(a, b, order)),
    files: inputs.length,
    objects: linted.length,
  };
}

function checkAll(linted: readonly LintedManifest[], namespace: string): Finding[] {
  const namespaces = new Map<string, KnownObjects>();
  const findings: Finding[] = [];
  const placed: { readonly manifest: LintedManifest; readonly known: KnownObjects }[] = [];
  for (const manifest of linted) {
    const where = manifest.namespace ?? namespace;
    const known = namespaces.get(where) ?? new KnownObjects(where);
    namespaces.set(where, known);
    const other = known.add(manifest);
    if (other !== undefined) findings.push(duplicate(manifest, other));
    placed.push({ manifest, known });
  }
  for (const { manifest, known } of placed) {
    for (const finding of checkObject(manifest, known)) findings.push(finding);
  }
  for (const known of namespaces.values()) findings.push(...checkCycles(known));
  return findings;
}

/** What every object of Kubernetes has; of the kinds that are looked at the schema says it. */
function checkFrame(manifest: Manifest): Finding[] {
  const missing = (['apiVersion', 'kind'] as const).filter((field) => manifest[field] === '');
  return missing.map((field) =>
    findingAt(manifest.placeOf([]), manifest, {
      severity: 'error',
      rule: 'ManifestInvalid',
      message: `${field}: is missing; write ${field === 'kind' ? 'what the object is, such as "Job"' : 'the version of its kind, such as "batch/v1"'}.`,
    }),
  );
}

function duplicate(manifest: LintedManifest, other: LintedManifest): Finding {
  const path = ['metadata', 'name'];
  const { file, line } = other.placeOf(path);
  const complaint: Complaint = {
    severity: 'error',
    rule: 'ObjectDuplicate',
    message: `metadata.name: there is another ${manifest.kind} "${manifest.name}" (${file}:${line}); rename one of the two, or remove it.`,
  };
  return findingAt(manifest.placeOf(path), manifest, complaint);
}

function compare(a: Finding, b: Finding, order: ReadonlyMap<string, number>): number {
  const rank = (finding: Finding): number => order.get(finding.file) ?? 0;
  return rank(a) - rank(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
