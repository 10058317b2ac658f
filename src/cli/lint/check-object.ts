import { parseAnnotations } from '../../api/annotations.ts';
import { annotationField } from '../../api/errors.ts';
import type { Json, JsonObject } from '../../api/job.ts';
import { API_GROUP, USER_ANNOTATIONS } from '../../api/names.ts';
import { WaitingObjects } from '../../core/admission/flow/waiting-objects.ts';
import { decideDaemon } from '../../core/admission/flow/decide-daemon.ts';
import { decideFlow, templatesToLookUp } from '../../core/admission/flow/decide-flow.ts';
import { decideTemplate } from '../../core/admission/flow/decide-template.ts';
import { textAt } from '../../core/admission/flow/named-list.ts';
import { plannedEntries } from '../../core/admission/flow/planned-entries.ts';
import type { ResourceVerdict } from '../../core/admission/flow/resource-verdict.ts';
import type { ResourceView } from '../../core/admission/flow/resource-view.ts';
import { annotationsOf } from '../../core/admission/flow/whole-record.ts';
import { fieldOf, isObject, objectOrEmpty, valueAt } from '../../core/admission/json-tree.ts';
import { checkDependencies, checkName, checkReferences } from './check-names.ts';
import { checkJob } from './check-job.ts';
import { fieldIn } from './field-path.ts';
import { findingAt, singleRefusals, type Complaint, type Finding } from './finding.ts';
import type { KnownObjects, LintedManifest } from './known-objects.ts';
import { schemaMistakes, type SchemaMistake } from './manifest-schema.ts';

/**
 * What is wrong with one object by itself, and with the names that it mentions.
 *
 * @param known the objects of its namespace
 */
export function checkObject(manifest: LintedManifest, known: KnownObjects): Finding[] {
  const mistakes = schemaMistakes(manifest.kind, manifest.object);
  const namesTemplate =
    manifest.kind === 'Job' && textAt(annotationsAt(manifest.object), USER_ANNOTATIONS.template) !== '';
  // What a Job leaves out may be in its JobTemplate.
  const told = mistakes.filter(
    ({ kind, field }) => !(namesTemplate && kind === 'missing' && field.startsWith('spec')),
  );
  const findings = told.map((mistake) => schemaFinding(manifest, mistake));
  // What has the wrong type cannot be judged any further; a field too many does not matter.
  const isReadable = mistakes.every(
    ({ kind }) => kind === 'unknown' || (kind === 'missing' && namesTemplate),
  );
  const complaints = [
    ...checkName(manifest),
    ...(isReadable ? judge(manifest, known) : []),
    ...misplaced(manifest),
  ];
  return [
    ...findings,
    ...complaints.map((complaint) =>
      findingAt(manifest.placeOf(fieldIn(complaint.message)), manifest, complaint),
    ),
  ];
}

function annotationsAt(object: Json): Json | undefined {
  return valueAt(object, 'metadata', 'annotations');
}

function schemaFinding(manifest: LintedManifest, { field, problem, kind }: SchemaMistake): Finding {
  const explained = `\`kubectl explain ${manifest.kind.toLowerCase()}\``;
  // YAML takes `yes`, `true` and `1` for other things than texts.
  const unquoted = /^is a (boolean|(whole )?number), expected a string$/.test(problem);
  const wrong = unquoted ? 'put it in quotes' : 'correct it';
  const mend = { unknown: 'correct or remove it', missing: 'add it', wrong }[kind];
  const place = manifest.placeOf(fieldIn(field), kind === 'unknown' ? 'name' : 'value');
  const message = `${field}: ${problem}; ${mend} (${explained} describes it).`;
  return findingAt(place, manifest, { severity: 'error', rule: 'ManifestInvalid', message });
}

function judge(manifest: LintedManifest, known: KnownObjects): Complaint[] {
  const { object } = manifest;
  const view = soleView();
  switch (manifest.kind) {
    case 'Job':
      return checkJob({ job: object, base: '', name: manifest.name }, known);
    case 'CronJob': {
      const template = objectOrEmpty(valueAt(object, 'spec', 'jobTemplate'));
      return checkJob({ job: template, base: 'spec.jobTemplate', name: '' }, known);
    }
    case 'JobFlow': {
      const references = templatesToLookUp(object, undefined);
      // Whether they exist is told below, as a warning: they may be in the cluster already.
      const templates = new Map(references.map((name) => [name, ASSUMED_TEMPLATE]));
      const verdict = decideFlow({ object, old: undefined, namespace: known.namespace, templates, view });
      const entries = plannedEntries(manifest.name, object.spec);
      return [
        ...complaintsOf(verdict),
        ...entries.flatMap((entry) => [
          ...checkReferences(entry, known),
          ...entry.edges.flatMap(({ field, stated, edge }) =>
            // A name without a slash is that of an entry, and has been judged with the flow.
            stated.includes('/') ? checkDependencies(field, [edge], known) : [],
          ),
        ]),
      ];
    }
    case 'JobTemplate':
      return complaintsOf(decideTemplate({ object, old: undefined, view }));
    case 'DaemonJob':
      return [
        ...complaintsOf(decideDaemon({ object, old: undefined, view })),
        ...checkDaemonDependencies(object, known),
      ];
  }
}

function checkDaemonDependencies(object: JsonObject, known: KnownObjects): Complaint[] {
  const parsed = parseAnnotations(annotationsOf(object));
  const field = annotationField(USER_ANNOTATIONS.dependsOn);
  return parsed.ok ? checkDependencies(field, parsed.annotations.edges, known) : [];
}

const ASSUMED_TEMPLATE = { kind: 'found', resource: { spec: { jobTemplate: {} } } } as const;

/** A namespace that holds nothing: cycles with other objects are looked for in one go, in `check-cycles.ts`. */
function soleView(): ResourceView {
  const alone = new WaitingObjects(() => undefined);
  return {
    findWholeCycle: (candidate) => alone.cycleThroughWhole(candidate),
    usersOfTemplate: () => [],
  };
}

function complaintsOf(verdict: ResourceVerdict): Complaint[] {
  if (verdict.kind === 'admit') return verdict.warnings.map(advice);
  return singleRefusals(verdict.refusal).map(({ code, message }) => ({
    severity: 'error',
    rule: code,
    message,
  }));
}

function advice(message: string): Complaint {
  return { severity: 'warning', rule: 'Advice', message };
}

/** Annotations of ours where nobody reads them: on a CronJob itself, and on the template of a pod. */
function misplaced({ kind, object }: LintedManifest): Complaint[] {
  const spec = fieldOf(object, 'spec');
  const job = kind === 'CronJob' ? 'spec.jobTemplate.' : '';
  const jobSpec = kind === 'CronJob' ? valueAt(spec, 'jobTemplate', 'spec') : spec;
  const right = `${job}metadata.annotations`;
  const pods =
    kind === 'JobTemplate' || kind === 'JobFlow'
      ? []
      : [{ value: fieldOf(jobSpec, 'template'), path: `${job}spec.template.metadata` }];
  const places = [...(kind === 'CronJob' ? [{ value: object, path: 'metadata' }] : []), ...pods];
  return places.flatMap(({ value, path }) =>
    ourKeys(annotationsAt(value ?? null)).map((key): Complaint => ({
      severity: 'warning',
      rule: 'AnnotationMisplaced',
      message: `${annotationField(key).replace('metadata', path)}: has no effect there; move it to ${right}.`,
    })),
  );
}

function ourKeys(annotations: Json | undefined): string[] {
  return isObject(annotations)
    ? Object.keys(annotations).filter((key) => key.startsWith(`${API_GROUP}/`))
    : [];
}
