import { parseAnnotations } from '../../../api/annotations.ts';
import { refusal, type Refusal } from '../../../api/errors.ts';
import { validateJobFlow } from '../../../api/flow-resources.ts';
import type { Json, JsonObject } from '../../../api/job.ts';
import { isResourceName } from '../../../api/kubernetes-names.ts';
import { USER_ANNOTATIONS } from '../../../api/names.ts';
import type { JobTemplate } from '../../../api/resources.ts';
import type { Lookup } from '../decide-create.ts';
import { fieldOf, sameJson, valueAt } from '../json-tree.ts';
import { checkEntries } from './check-entries.ts';
import { refuseBelow } from './check-job-spec.ts';
import { checkParameters } from './check-parameters.ts';
import { refuseFlowCycle, type FlowPlan } from './flow-cycle.ts';
import { FLOW_LIMITS, refuseLargeFlow } from './flow-size.ts';
import { warnOfForeignKeys, warnOfPolicies } from './flow-warnings.ts';
import { itemsAt, textAt, type ListItem } from './named-list.ts';
import { plannedEntries } from './planned-entries.ts';
import { newAnnotations, refuseOwnAnnotations } from './resource-annotations.ts';
import { admitResource, refuseAny, type ResourceVerdict } from './resource-verdict.ts';
import type { ResourceView } from './resource-view.ts';
import { writtenPolicies } from './restart-policies.ts';
import { projectFlow, runOf } from './whole-record.ts';

/** A JobFlow that is being created or edited: never by the controller, never its status, never one in deletion. */
export interface FlowRequest {
  /** As it is sent; the API server has not yet checked it against the schema. */
  readonly object: JsonObject;
  /** As it is stored; undefined for a new one. */
  readonly old: JsonObject | undefined;
  readonly namespace: string;
  /** What was found under the names of {@link templatesToLookUp}. */
  readonly templates: ReadonlyMap<string, Lookup<JobTemplate>>;
  readonly view: ResourceView;
}

/**
 * The JobTemplates that a write of a JobFlow names anew: a flow whose template has gone can still be edited
 * otherwise.
 *
 * @param object the JobFlow as it is sent
 * @param old as it is stored; undefined for a new one
 */
export function templatesToLookUp(object: JsonObject, old: JsonObject | undefined): string[] {
  return [...new Set(newReferences(object, old).map(referenceOf))].filter(isResourceName);
}

/**
 * Decides about a JobFlow: refused with sentences that name the field, the value and the mend, or admitted as it is.
 * An edit that leaves the spec as it is is only judged by its annotations, so that nobody is trapped by a spec that
 * an earlier version admitted.
 *
 * @param request the JobFlow and all that is needed to decide
 */
export function decideFlow(request: FlowRequest): ResourceVerdict {
  const { object, old, view } = request;
  const added = newAnnotations(object, old);
  const parsed = parseAnnotations(onlyRun(added));
  const annotationRefusals = [...refuseOwnAnnotations(added), ...(parsed.ok ? [] : parsed.refusals)];
  const refused = refuseAny([...annotationRefusals, ...refuseLongName(object, old)]);
  if (refused !== undefined) return refused;
  const keyWarnings = warnOfForeignKeys(added, 'JobFlow', ['run']);

  const sameSpec = old !== undefined && sameJson(fieldOf(old, 'spec'), fieldOf(object, 'spec'));
  if (sameSpec && runOf(old) === runOf(object)) return admitResource(keyWarnings);
  const plan = planOf(object);
  if (!sameSpec) {
    const wrong = refuseAny(checkFlow(request, plan));
    if (wrong !== undefined) return wrong;
  }
  const cycle = refuseFlowCycle(plan, old === undefined ? undefined : planOf(old), view);
  if (cycle !== undefined) return { kind: 'refuse', refusal: cycle };
  return admitResource(
    [...keyWarnings, ...(sameSpec ? [] : warnOfPolicies(writtenPolicies(plan.entries)))],
    plan.name === '' ? undefined : projectFlow(object).whole,
  );
}

/** On a JobFlow only `run` means something; the rest is not read. */
function onlyRun(added: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(added).filter(([key]) => key === USER_ANNOTATIONS.run));
}

function planOf(object: JsonObject): FlowPlan {
  const name = textAt(fieldOf(object, 'metadata'), 'name');
  return { name, run: runOf(object), entries: plannedEntries(name, fieldOf(object, 'spec')) };
}

/** The name of a flow is the value of a label on its Jobs. A name that is yet to be generated is short enough. */
function refuseLongName(object: JsonObject, old: JsonObject | undefined): Refusal[] {
  const name = textAt(fieldOf(object, 'metadata'), 'name');
  const limit = FLOW_LIMITS.nameLength;
  return old === undefined && name.length > limit
    ? [refusal('FlowNameTooLong', { name, length: name.length, limit })]
    : [];
}

function checkFlow(request: FlowRequest, { entries, name }: FlowPlan): Refusal[] {
  const { object } = request;
  const spec = fieldOf(object, 'spec');
  // Before anything goes through them one by one.
  const limit = FLOW_LIMITS.entries;
  if (entries.length > limit) return [refusal('FlowTooManyEntries', { count: entries.length, limit })];
  const valid = validateJobFlow(object);
  if (!valid.ok) {
    return [refusal('FieldInvalid', { field: valid.field, problem: valid.problem, kind: 'jobflow' })];
  }
  return [
    ...checkParameters(fieldOf(spec, 'globalParams'), 'spec.globalParams'),
    ...checkNumbers(spec),
    ...checkEntries(entries, spec),
    ...refuseTemplates(request),
    ...refuseLargeFlow(object, name, entries),
  ];
}

function checkNumbers(spec: Json | undefined): Refusal[] {
  const policy = textAt(spec, 'failurePolicy');
  const field = 'spec.failurePolicy';
  return [
    ...refuseBelow(fieldOf(spec, 'maxConcurrentJobs'), 'spec.maxConcurrentJobs', 1),
    ...refuseBelow(fieldOf(spec, 'activeDeadlineSeconds'), 'spec.activeDeadlineSeconds', 1),
    ...refuseBelow(fieldOf(spec, 'ttlSecondsAfterFinished'), 'spec.ttlSecondsAfterFinished', 0),
    ...(policy === '' || policy === 'Continue' || policy === 'FailFast'
      ? []
      : [refusal('FieldNotAllowed', { field, value: policy, allowed: '"Continue" or "FailFast"' })]),
  ];
}

function refuseTemplates({ object, old, namespace, templates }: FlowRequest): Refusal[] {
  return newReferences(object, old).flatMap((entry) => {
    const name = referenceOf(entry);
    const values = { field: `${entry.path}.jobTemplateRef`, name, namespace };
    // Refused as a name.
    if (!isResourceName(name)) return [];
    switch (templates.get(name)?.kind) {
      case 'found':
        return [];
      case 'unusable':
        return [refusal('TemplateUnusable', values)];
      case 'unknown':
      case undefined:
        return [refusal('TemplateUnknown', { ...values, kind: 'JobFlow' })];
    }
  });
}

/** The entries that name another JobTemplate than before. */
function newReferences(object: JsonObject, old: JsonObject | undefined): ListItem[] {
  const before = new Map(entriesOf(old).map((entry) => [textAt(entry.value, 'name'), referenceOf(entry)]));
  return entriesOf(object).filter((entry) => {
    const reference = referenceOf(entry);
    return reference !== '' && before.get(textAt(entry.value, 'name')) !== reference;
  });
}

function entriesOf(object: JsonObject | undefined): ListItem[] {
  return itemsAt(valueAt(object, 'spec', 'flows'), 'spec.flows');
}

function referenceOf({ value }: ListItem): string {
  return textAt(value, 'jobTemplateRef');
}
