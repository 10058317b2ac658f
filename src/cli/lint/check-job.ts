import { isAnnotated, parseAnnotations } from '../../api/annotations.ts';
import { annotationField, refusal, type Refusal } from '../../api/errors.ts';
import type { JobObject, Json, JsonObject } from '../../api/job.ts';
import { USER_ANNOTATIONS } from '../../api/names.ts';
import { readJobFlow, readJobTemplate, type ReadResource } from '../../api/resources.ts';
import { decideCreate, namedResources, type Lookup } from '../../core/admission/decide-create.ts';
import { checkJobSpec } from '../../core/admission/flow/check-job-spec.ts';
import { annotationsOf } from '../../core/admission/flow/whole-record.ts';
import { valueAt } from '../../core/admission/json-tree.ts';
import { checkDependencies, checkResource } from './check-names.ts';
import { below } from './field-path.ts';
import { singleRefusals, type Complaint } from './finding.ts';
import { asJob, type KnownObjects } from './known-objects.ts';

/** A Job of a file, or the Job that a CronJob will create. */
export interface JobInFile {
  /** Its metadata and spec, of the right types. */
  readonly job: JsonObject;
  /** Where it lies in its object; empty if it is the object. */
  readonly base: string;
  /** Empty if it is yet to be generated. */
  readonly name: string;
}

/**
 * What the webhook would say about a new Job, and then the API server.
 *
 * @param known the objects of its namespace
 */
export function checkJob({ job, base, name }: JobInFile, known: KnownObjects): Complaint[] {
  const complaints = judge(asJob(job), name, known);
  return complaints.map((complaint) => ({ ...complaint, message: below(base, complaint.message) }));
}

function judge(job: JobObject, name: string, known: KnownObjects): Complaint[] {
  const annotations = annotationsOf(job as unknown as Json);
  if (!isAnnotated(annotations)) return [...checkRestartPolicy(job), ...checkSpec(job)];
  const { template, flow } = namedResources(job);
  const hasTemplate = template === undefined || known.get('JobTemplate', template) !== undefined;
  const verdict = decideCreate({
    job: { ...job, metadata: { ...job.metadata, name } },
    namespace: known.namespace,
    manager: '',
    template: lookUp(template, (wanted) => known.get('JobTemplate', wanted)?.object, readJobTemplate, {
      spec: { jobTemplate: {} },
    }),
    flow: lookUp(flow, (wanted) => known.get('JobFlow', wanted)?.object, readJobFlow, {}),
    // Cycles are looked for in one go, in `check-cycles.ts`.
    view: { findCycle: () => undefined, uidsInDeletion: () => [] },
  });
  return [
    ...(verdict.kind === 'refuse'
      ? singleRefusals(verdict.refusal).map(errorOf)
      : verdict.warnings.map((message): Complaint => ({ severity: 'warning', rule: 'Advice', message }))),
    // What comes from a JobTemplate that is not there cannot be missed.
    ...(verdict.kind === 'admit' && hasTemplate ? checkSpec(verdict.job ?? job) : []),
    ...checkNamed(annotations, known),
  ];
}

/** Missing files are told of as warnings: until then the resource counts as one that states nothing. */
function lookUp<T>(
  name: string | undefined,
  find: (name: string) => JsonObject | undefined,
  read: (payload: unknown) => ReadResource<T>,
  assumed: T,
): Lookup<T> | undefined {
  if (name === undefined) return undefined;
  const found = find(name);
  if (found === undefined) return { kind: 'found', resource: assumed };
  const resource = read(found);
  return resource.ok
    ? { kind: 'found', resource: resource.resource }
    : { kind: 'unusable', problem: resource.problem };
}

function checkNamed(annotations: Readonly<Record<string, string>>, known: KnownObjects): Complaint[] {
  const parsed = parseAnnotations(annotations);
  if (!parsed.ok) return [];
  const { edges, template, flow } = parsed.annotations;
  const field = (key: keyof typeof USER_ANNOTATIONS): string => annotationField(USER_ANNOTATIONS[key]);
  return [
    ...checkDependencies(field('dependsOn'), edges, known),
    ...(template === undefined ? [] : checkResource(field('template'), 'JobTemplate', template, known)),
    ...(flow === undefined ? [] : checkResource(field('flow'), 'JobFlow', flow, known)),
  ];
}

function checkSpec(job: JobObject): Complaint[] {
  const spec = job.spec ?? {};
  return checkJobSpec(spec, { path: 'spec', sharedVolumes: [], isBase: false }).map(errorOf);
}

/**
 * Kubernetes refuses a Job whose `restartPolicy` is Always, and so one that states none (pkg/apis/batch/validation);
 * on an annotated Job jobflow sets Never.
 */
function checkRestartPolicy(job: JobObject): Complaint[] {
  const field = 'spec.template.spec.restartPolicy';
  const written = valueAt(job.spec ?? {}, 'template', 'spec', 'restartPolicy');
  if (written === 'Never' || written === 'OnFailure') return [];
  const allowed = '"Never" or "OnFailure"';
  const { message } =
    typeof written === 'string'
      ? refusal('FieldNotAllowed', { field, value: written, allowed })
      : refusal('FieldMissing', { field, mend: allowed });
  return [{ severity: 'error', rule: 'RestartPolicyMissing', message }];
}

function errorOf({ code, message }: Refusal): Complaint {
  return { severity: 'error', rule: code, message };
}
