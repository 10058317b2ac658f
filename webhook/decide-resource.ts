import type { AdmissionDecision, AdmissionRequest } from '../src/api/admission-review.ts';
import type { JsonObject } from '../src/api/job.ts';
import type { JobTemplate } from '../src/api/resources.ts';
import type { Lookup } from '../src/core/admission/decide-create.ts';
import { decideDaemon } from '../src/core/admission/flow/decide-daemon.ts';
import { decideFlow, templatesToLookUp } from '../src/core/admission/flow/decide-flow.ts';
import { decideTemplate, decideTemplateDeletion } from '../src/core/admission/flow/decide-template.ts';
import { admitResource, type ResourceVerdict } from '../src/core/admission/flow/resource-verdict.ts';
import type { ResourceView } from '../src/core/admission/flow/resource-view.ts';
import type { Whole } from '../src/core/admission/flow/waiting-objects.ts';
import { ApiError } from '../src/kube/api-error.ts';
import { denial, notReady } from './denial.ts';
import type { NamedResources } from './named-resources.ts';

/** What the webhook knows about JobFlows, DaemonJobs and who uses JobTemplates. */
export interface ResourceAdmissionIndex {
  /** What has not been seen yet, as part of a sentence; undefined once decisions can be made. */
  readonly problem: string | undefined;
  /** The objects of one namespace as they are known at this moment. */
  resourceView(namespace: string): ResourceView;
  /** Counts a JobFlow or DaemonJob from now on, before the watch brings it. */
  admittedWhole(namespace: string, whole: Whole): void;
}

/** What decisions are made of. */
export interface ResourceDeciderOptions {
  readonly index: ResourceAdmissionIndex;
  readonly resources: Pick<NamedResources, 'template'>;
}

/** Decides about one request. */
export type DecideResource = (request: AdmissionRequest<JsonObject>) => Promise<AdmissionDecision>;

/**
 * Makes the decision about JobFlows, JobTemplates and DaemonJobs: fetches what is needed, decides, and counts what was
 * admitted. What a user or the API server does wrong is a denial; only a fault of jobflow itself is thrown.
 *
 * @param options the index and the resources that JobFlows name
 */
export function createResourceDecider({ index, resources }: ResourceDeciderOptions): DecideResource {
  return async (request) => {
    if (index.problem !== undefined) return notReady(index.problem);
    const namespace = request.namespace ?? '';
    const templates = await fetchTemplates(resources, request, namespace);
    if (templates instanceof ApiError) return notReady(templates.message);
    // No await from here on: of two objects that race, the second must see the first.
    const verdict = decide(request, namespace, templates, index.resourceView(namespace));
    if (verdict.kind === 'refuse') return denial(verdict.refusal);
    if (verdict.registers !== undefined && !request.dryRun) index.admittedWhole(namespace, verdict.registers);
    return { kind: 'allow', warnings: verdict.warnings };
  };
}

type Templates = ReadonlyMap<string, Lookup<JobTemplate>>;

function decide(
  { operation, resource, object, oldObject: old }: AdmissionRequest<JsonObject>,
  namespace: string,
  templates: Templates,
  view: ResourceView,
): ResourceVerdict {
  if (operation === 'DELETE') {
    return resource.resource === 'jobtemplates' && old !== undefined
      ? decideTemplateDeletion(old, view)
      : admitResource([]);
  }
  if (object === undefined) return admitResource([]);
  switch (resource.resource) {
    case 'jobflows':
      return decideFlow({ object, old, namespace, templates, view });
    case 'daemonjobs':
      return decideDaemon({ object, old, view });
    case 'jobtemplates':
      return decideTemplate({ object, old, view });
    default:
      return admitResource([]);
  }
}

/** Asked of the API server itself: a template applied a moment ago in the same file must count. */
async function fetchTemplates(
  resources: Pick<NamedResources, 'template'>,
  { operation, resource, object, oldObject }: AdmissionRequest<JsonObject>,
  namespace: string,
): Promise<Templates | ApiError> {
  if (resource.resource !== 'jobflows' || operation === 'DELETE' || object === undefined) return new Map();
  const names = templatesToLookUp(object, oldObject);
  try {
    const found = await Promise.all(names.map((name) => resources.template(namespace, name)));
    return new Map(found.map((lookup, index) => [names[index] ?? '', lookup]));
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}
