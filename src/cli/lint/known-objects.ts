import { parseAnnotations } from '../../api/annotations.ts';
import type { JobObject, JsonObject } from '../../api/job.ts';
import { API_GROUP } from '../../api/names.ts';
import { plannedEntries, type PlannedEntry } from '../../core/admission/flow/planned-entries.ts';
import { WaitingObjects, type SeenObject } from '../../core/admission/flow/waiting-objects.ts';
import { annotationsOf, projectDaemon, projectFlow } from '../../core/admission/flow/whole-record.ts';
import { textAt } from '../../core/admission/flow/named-list.ts';
import { objectOrEmpty } from '../../core/admission/json-tree.ts';
import { leftAloneReason } from '../../core/job-projection.ts';
import type { Manifest } from '../manifests/parse-manifests.ts';
import type { LintedKind } from './manifest-schema.ts';

/** An object whose kind `lint` looks at. */
export interface LintedManifest extends Manifest {
  readonly kind: LintedKind;
}

const GROUP_OF_KIND: Readonly<Record<LintedKind, string>> = {
  Job: 'batch',
  CronJob: 'batch',
  JobFlow: API_GROUP,
  JobTemplate: API_GROUP,
  DaemonJob: API_GROUP,
};

/** Whether an object is of a kind that `lint` looks at, in whatever version. */
export function isLinted(manifest: Manifest): manifest is LintedManifest {
  const { kind, apiVersion } = manifest;
  if (!Object.hasOwn(GROUP_OF_KIND, kind)) return false;
  const group = GROUP_OF_KIND[kind as LintedKind];
  return apiVersion === '' || apiVersion.split('/')[0] === group;
}

/** The objects of one namespace, and what they wait for. */
export class KnownObjects {
  readonly namespace: string;
  /** By kind and name; of two with the same name the first one. */
  readonly #objects = new Map<string, LintedManifest>();
  /** What becomes of the entries of JobFlows, by the name of the Job or `daemonjob/NAME`. */
  readonly #entries = new Map<string, { readonly flow: LintedManifest; readonly entry: PlannedEntry }>();
  readonly #waits = new Map<string, SeenObject>();
  readonly #waiting = new WaitingObjects((name) => this.#waits.get(name));

  /** @param namespace its name, for sentences */
  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /**
   * Adds an object.
   *
   * @returns the one that has the same kind and name already; then nothing is added
   */
  add(manifest: LintedManifest): LintedManifest | undefined {
    const { kind, name, object } = manifest;
    if (name === '') return undefined;
    const known = this.get(kind, name);
    if (known !== undefined) return known;
    this.#objects.set(`${kind}/${name}`, manifest);
    if (kind === 'Job') this.#addJob(manifest);
    if (kind === 'DaemonJob') this.#waiting.setWhole(projectDaemon(object).whole);
    if (kind === 'JobFlow') {
      this.#waiting.setWhole(projectFlow(object).whole);
      for (const entry of plannedEntries(name, object.spec)) {
        if (!this.#entries.has(entry.ref)) this.#entries.set(entry.ref, { flow: manifest, entry });
      }
    }
    return undefined;
  }

  /** The object of a kind and name. */
  get(kind: LintedKind, name: string): LintedManifest | undefined {
    return this.#objects.get(`${kind}/${name}`);
  }

  /**
   * Whose object waits, or is waited for, under a name.
   *
   * @param reference the name of a Job, `jobflow/NAME` or `daemonjob/NAME`
   */
  origin(reference: string): Origin | undefined {
    const [kind, name] = reference.includes('/') ? reference.split('/') : ['job', reference];
    const object = this.get(KIND_OF_REFERENCE[kind ?? ''] ?? 'Job', name ?? '');
    return object === undefined ? this.#entries.get(reference) : { object };
  }

  /** One shortest cycle for every group of objects that wait for each other. */
  cycles(): readonly (readonly string[])[] {
    return this.#waiting.cycles();
  }

  #addJob({ object, name }: LintedManifest): void {
    const annotations = annotationsOf(object);
    const parsed = parseAnnotations(annotations);
    if (!parsed.ok || leftAloneReason(asJob(object)) !== undefined) return;
    const { edges, run, flow, hold } = parsed.annotations;
    // Only a Job with a gate can be a part of a deadlock.
    if (edges.length === 0 && !hold) return;
    this.#waits.set(name, { waits: { run, edges }, wholes: flow === undefined ? [] : [`jobflow/${flow}`] });
    this.#waiting.refreshJob(name);
  }
}

/** An object of its own, or the entry of a JobFlow that will become one. */
export type Origin =
  { readonly object: LintedManifest } | { readonly flow: LintedManifest; readonly entry: PlannedEntry };

const KIND_OF_REFERENCE: Readonly<Record<string, LintedKind>> = {
  job: 'Job',
  jobflow: 'JobFlow',
  daemonjob: 'DaemonJob',
};

/**
 * An object of a file as a Job. What has the wrong type is told by the schema; here the owners are left out that are
 * none, so that the others can be looked at.
 */
export function asJob(object: JsonObject): JobObject {
  const metadata = objectOrEmpty(object.metadata);
  const owners = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : [];
  const readable = owners.filter((owner) =>
    ['apiVersion', 'kind', 'name'].every((field) => textAt(owner, field) !== ''),
  );
  return { ...object, metadata: { ...metadata, ownerReferences: readable } } as unknown as JobObject;
}
