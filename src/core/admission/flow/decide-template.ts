import { refusal } from '../../../api/errors.ts';
import { validateJobTemplate } from '../../../api/flow-resources.ts';
import type { JsonObject } from '../../../api/job.ts';
import { fieldOf, sameJson, valueAt } from '../json-tree.ts';
import { checkJobSpec } from './check-job-spec.ts';
import {
  warnOfChangedTemplate,
  warnOfDeletedTemplate,
  warnOfForeignKeys,
  warnOfPolicies,
} from './flow-warnings.ts';
import { textAt } from './named-list.ts';
import { newAnnotations, refuseOwnAnnotations } from './resource-annotations.ts';
import { admitResource, refuseAny, type ResourceVerdict } from './resource-verdict.ts';
import type { ResourceView } from './resource-view.ts';
import { writtenPolicy } from './restart-policies.ts';

/** A JobTemplate that is being created or edited. */
export interface TemplateRequest {
  /** As it is sent; the API server has not yet checked it against the schema. */
  readonly object: JsonObject;
  /** As it is stored; undefined for a new one. */
  readonly old: JsonObject | undefined;
  readonly view: ResourceView;
}

/**
 * Decides about a JobTemplate. What a Job that uses it may still state or replace (an image, a volume, a number) is
 * left to the API server, which judges the Job.
 *
 * @param request the JobTemplate and all that is needed to decide
 */
export function decideTemplate({ object, old, view }: TemplateRequest): ResourceVerdict {
  const added = newAnnotations(object, old);
  const ownAnnotation = refuseAny(refuseOwnAnnotations(added));
  if (ownAnnotation !== undefined) return ownAnnotation;
  const keyWarnings = warnOfForeignKeys(added, 'JobTemplate', []);
  if (old !== undefined && sameJson(fieldOf(old, 'spec'), fieldOf(object, 'spec'))) {
    return admitResource(keyWarnings);
  }
  const valid = validateJobTemplate(object);
  const path = 'spec.jobTemplate';
  const spec = valueAt(object, 'spec', 'jobTemplate');
  const refused = refuseAny(
    valid.ok
      ? checkJobSpec(spec, { path, sharedVolumes: [], isBase: true })
      : [refusal('FieldInvalid', { field: valid.field, problem: valid.problem, kind: 'jobtemplate' })],
  );
  if (refused !== undefined) return refused;
  const name = textAt(fieldOf(object, 'metadata'), 'name');
  return admitResource([
    ...keyWarnings,
    ...warnOfPolicies(writtenPolicy(spec, path)),
    ...(old === undefined ? [] : warnOfChangedTemplate(name, usersOf(old, name, view))),
  ]);
}

/**
 * Decides about the deletion of a JobTemplate: never refused, so that nothing hangs, but with a warning if something
 * uses it.
 *
 * @param old the JobTemplate as it is stored
 */
export function decideTemplateDeletion(old: JsonObject, view: ResourceView): ResourceVerdict {
  const name = textAt(fieldOf(old, 'metadata'), 'name');
  return admitResource(warnOfDeletedTemplate(name, usersOf(old, name, view)));
}

/** What the controller has noted, and what has come since. */
function usersOf(template: JsonObject, name: string, view: ResourceView): string[] {
  const noted = valueAt(template, 'status', 'dependencyList');
  const texts = Array.isArray(noted) ? noted.filter((item) => typeof item === 'string') : [];
  return [...new Set([...texts, ...view.usersOfTemplate(name)])];
}
