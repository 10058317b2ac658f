import {
  isAnnotated,
  parseAnnotations,
  type Annotations,
  type UserAnnotations,
} from '../../api/annotations.ts';
import { annotationField, refusal, type Refusal } from '../../api/errors.ts';
import { formatGatedRecord } from '../../api/gated-record.ts';
import type { JobObject, JsonObject } from '../../api/job.ts';
import { NO_OUTCOMES } from '../../api/outcomes-record.ts';
import { FLOW_LABEL, KEEP_OUTCOME_FINALIZER, OWN_ANNOTATIONS, USER_ANNOTATIONS } from '../../api/names.ts';
import type { JobFlow, JobTemplate } from '../../api/resources.ts';
import { leftAloneReason } from '../job-projection.ts';
import { refuseCycle, refuseSelfEdge } from './edge-checks.ts';
import { withTrueOwnership } from './field-ownership.ts';
import { injectedLeaves } from './injected-leaves.ts';
import { valueAt, withField, withValueAt } from './json-tree.ts';
import { mergeTemplate } from './merge-template.ts';
import { refuseLargeAnnotations } from './own-annotation-size.ts';
import { refuseOwnFieldsOnCreate } from './own-fields.ts';
import {
  problemOfSharedParameters,
  problemOfVariableCount,
  withSharedParameters,
} from './shared-parameters.ts';
import { admitAsIs, refuse, refuseAll, type Verdict } from './verdict.ts';
import type { AdmissionView, Candidate } from './view.ts';
import {
  warnOfIdleAnnotations,
  warnOfLeftAlone,
  warnOfRestartPolicy,
  warnOfUnknownKeys,
} from './warnings.ts';

/** What was found under the name that a Job gives. */
export type Lookup<T> =
  | { readonly kind: 'found'; readonly resource: T }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unusable'; readonly problem: string };

/** The resources that a Job names. */
export interface NamedLookups {
  /** Undefined if the Job names no template. */
  readonly template: Lookup<JobTemplate> | undefined;
  /** Undefined if the Job names no flow. */
  readonly flow: Lookup<JobFlow> | undefined;
}

/** The creation of one Job, with all that is needed to decide about it. */
export interface CreateRequest extends NamedLookups {
  /** The Job as it arrived: the API server's defaults are filled in, names of `generateName` are not. */
  readonly job: JobObject;
  readonly namespace: string;
  /** Who writes; empty for clients that do not say. */
  readonly manager: string;
  readonly view: AdmissionView;
}

/** The names of the resources that have to be looked up before the creation of a Job can be decided. */
export function namedResources(job: JobObject): {
  readonly template: string | undefined;
  readonly flow: string | undefined;
} {
  const nothing = { template: undefined, flow: undefined };
  if (leftAloneReason(job) !== undefined) return nothing;
  const parsed = parseAnnotations(job.metadata.annotations ?? {});
  return parsed.ok ? { template: parsed.annotations.template, flow: parsed.annotations.flow } : nothing;
}

/**
 * Decides about a new Job: refused with one clear sentence, or admitted with what jobflow injects.
 *
 * @param request the Job and all that is needed to decide
 */
export function decideCreate(request: CreateRequest): Verdict {
  const { job, view } = request;
  const annotations = job.metadata.annotations ?? {};
  if (!isAnnotated(annotations)) return admitAsIs();
  const reason = leftAloneReason(job);
  if (reason !== undefined) return admitAsIs([warnOfLeftAlone(reason)]);
  const ownField = refuseOwnFieldsOnCreate(job);
  if (ownField !== undefined) return refuse(ownField);
  const parsed = parseAnnotations(annotations);
  if (!parsed.ok) return refuseAll(parsed.refusals);
  const terms = parsed.annotations;
  const based = withNamedResources(request, terms);
  if ('code' in based) return refuse(based);

  const gate = terms.edges.length > 0 || terms.hold;
  const { run, flow, edges } = terms;
  const candidate: Candidate = {
    name: job.metadata.name ?? '',
    run,
    ...(flow !== undefined && { flow }),
    edges,
  };
  const refused = gate
    ? (refuseSelfEdge(candidate) ?? refuseNoCompletions(based, annotations) ?? refuseCycle(candidate, view))
    : undefined;
  if (refused !== undefined) return refuse(refused);

  const injected = withGate(withNever(based), terms, gate);
  const record = formatGatedRecord({
    gate,
    // The default is false, so true is certain to be the user's own word.
    statedSuspend: job.spec?.suspend === true,
    manager: request.manager,
    ignoredUids: gate ? view.uidsInDeletion(terms.edges.map(({ name }) => name)) : [],
    injected: injectedLeaves(job, injected),
  });
  const tooLarge = refuseLargeAnnotations({ record, outcomes: NO_OUTCOMES, edges });
  if (tooLarge !== undefined) return refuse(tooLarge);
  return {
    kind: 'admit',
    job: withAnnotation(withTrueOwnership(job, injected), OWN_ANNOTATIONS.gated, record),
    warnings: [
      ...warnOfUnknownKeys(annotations),
      ...(gate ? [] : warnOfIdleAnnotations(annotations)),
      ...warnOfWrittenPolicy(based),
    ],
    // A Job without a name cannot be waited for, and so cannot be on a cycle.
    registers: gate && candidate.name !== '' ? candidate : undefined,
  };
}

/**
 * Refuses `completions: 0` on a gated Job: Kubernetes completes such a Job while it is suspended.
 *
 * @param job the Job, its template merged
 * @param annotations its annotations, to name the one that gates it
 */
export function refuseNoCompletions(job: JobObject, annotations: Annotations): Refusal | undefined {
  if (job.spec?.completions !== 0) return undefined;
  const key = Object.hasOwn(annotations, USER_ANNOTATIONS.dependsOn)
    ? USER_ANNOTATIONS.dependsOn
    : USER_ANNOTATIONS.hold;
  return refusal('CompletionsZero', { completions: 'spec.completions', field: annotationField(key) });
}

/** The Job with its template and its flow's shared parameters, or why they cannot be used. */
function withNamedResources(request: CreateRequest, terms: UserAnnotations): JobObject | Refusal {
  const based = withTemplate(request, terms.template);
  return 'code' in based ? based : withFlow(based, request, terms.flow);
}

function withTemplate(request: CreateRequest, name: string | undefined): JobObject | Refusal {
  const { job, template, namespace } = request;
  if (name === undefined) return job;
  const values = { field: annotationField(USER_ANNOTATIONS.template), name, namespace };
  switch (template?.kind) {
    case 'found':
      return withMergedTemplate(job, template.resource, values);
    case 'unusable':
      return refusal('TemplateUnusable', values);
    case 'unknown':
    case undefined:
      return refusal('TemplateUnknown', { ...values, kind: 'Job' });
  }
}

/** What the Job itself states has been looked at before; a template must not put somebody else in charge of it unseen. */
function withMergedTemplate(
  job: JobObject,
  template: JobTemplate,
  { field, name }: { readonly field: string; readonly name: string },
): JobObject | Refusal {
  const merged = { ...job, spec: mergeTemplate(template.spec.jobTemplate, job.spec) };
  const { managedBy } = merged.spec;
  return typeof managedBy === 'string' && leftAloneReason(merged) !== undefined
    ? refusal('TemplateManagedBy', { field, name, value: managedBy })
    : merged;
}

function withFlow(job: JobObject, request: CreateRequest, name: string | undefined): JobObject | Refusal {
  const { flow, namespace } = request;
  if (name === undefined) return job;
  const values = { field: annotationField(USER_ANNOTATIONS.flow), name, namespace };
  switch (flow?.kind) {
    case 'found': {
      const params = flow.resource.spec?.globalParams ?? {};
      const problem = problemOfSharedParameters(params) ?? problemOfVariableCount(params, job);
      return problem === undefined
        ? withSharedParameters(job, params)
        : refusal('FlowUnusable', { ...values, problem });
    }
    case 'unusable':
      return refusal('FlowUnusable', { ...values, problem: flow.problem });
    case 'unknown':
    case undefined:
      return refusal('FlowUnknown', values);
  }
}

const RESTART_POLICY = ['template', 'spec', 'restartPolicy'] as const;

function withNever(job: JobObject): JobObject {
  return { ...job, spec: withValueAt(job.spec ?? {}, RESTART_POLICY, 'Never') };
}

/** `Always` is what the API server fills in where nothing is written. */
function warnOfWrittenPolicy(job: JobObject): string[] {
  const written = valueAt(job.spec ?? {}, ...RESTART_POLICY);
  return typeof written === 'string' && written !== 'Never' && written !== 'Always'
    ? [warnOfRestartPolicy(written)]
    : [];
}

function withGate(job: JobObject, { flow }: UserAnnotations, gate: boolean): JobObject {
  const { metadata } = job;
  const spec: JsonObject = job.spec ?? {};
  const canVanish = typeof spec.ttlSecondsAfterFinished === 'number';
  return {
    ...job,
    metadata: {
      ...metadata,
      ...(flow !== undefined && { labels: { ...metadata.labels, [FLOW_LABEL]: flow } }),
      ...(canVanish && { finalizers: [...(metadata.finalizers ?? []), KEEP_OUTCOME_FINALIZER] }),
    },
    spec: gate ? withField(spec, 'suspend', true) : spec,
  };
}

function withAnnotation(job: JobObject, key: string, value: string): JobObject {
  const { metadata } = job;
  return { ...job, metadata: { ...metadata, annotations: { ...metadata.annotations, [key]: value } } };
}
