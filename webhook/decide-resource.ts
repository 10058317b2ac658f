import type { AdmissionDecision, AdmissionRequest } from '../src/api/admission-review.ts';
import type { JsonObject } from '../src/api/job.ts';
import type { JobTemplate } from '../src/api/resources.ts';
import type { Lookup } from '../src/core/admission/decide-create.ts';
import { decideDaemon } from '../src/core/admission/flow/decide-daemon.ts';
import { decideFlow, templatesToLookUp } from '../src/core/admission/flow/decide-flow.ts';
import { decideTemplate, decideTemplateDeletion } from '../src/core/admission/flow/decide-template.ts';
import { withOwnAnnotations } from '../src/core/admission/flow/resource-annotations.ts';
import { admitResource, type ResourceVerdict } from '../src/core/admission/flow/resource-verdict.ts';
import type { ResourceView } from '../src/core/admission/flow/resource-view.ts';
import type { Whole } from '../src/core/admission/flow/waiting-objects.ts';
import { ApiError } from '../src/kube/api-error.ts';
import { denial, notReady } from './denial.ts';
import type { NamedResources } from './named-resources.ts';
import { forgetRefused, type Admissions } from './refused-later.ts';

/** What the webhook knows about JobFlows, DaemonJobs and who uses JobTemplates. */
export interface ResourceAdmissionIndex extends Admissions {
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
  readonly resources: Pick<NamedResources, 'template' | 'exists'>;
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
  return async (sent) => {
    if (index.problem !== undefined) return notReady(index.problem);
    const request = withOwnPutBack(sent);
    const namespace = request.namespace ?? '';
    try {
      const templates = await fetchTemplates(resources, request, namespace);
      let cycle: readonly string[] = [];
      const judge = (): ResourceVerdict => {
        // No await from here until the object counts: of two objects that race, the second must see the first.
        const view = index.resourceView(namespace);
        const findWholeCycle: ResourceView['findWholeCycle'] = (candidate) => {
          const found = view.findWholeCycle(candidate);
          cycle = found?.path ?? [];
          return found;
        };
        const verdict = decide(request, namespace, templates, { ...view, findWholeCycle });
        if (verdict.kind === 'admit' && verdict.registers !== undefined && !request.dryRun) {
          index.admittedWhole(namespace, verdict.registers);
        }
        return verdict;
      };
      const verdict = judge();
      const mayBeStale =
        verdict.kind === 'refuse' && (await forgetRefused(index, resources, namespace, cycle));
      const patched = request.object === sent.object ? undefined : request.object;
      return toDecision(mayBeStale ? judge() : verdict, patched);
    } catch (error) {
      if (error instanceof ApiError) return notReady(error.message);
      throw error;
    }
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

/** Asked of the API server itself: a template applied a moment ago in the same file must count. @throws ApiError */
async function fetchTemplates(
  resources: Pick<NamedResources, 'template'>,
  { operation, resource, object, oldObject }: AdmissionRequest<JsonObject>,
  namespace: string,
): Promise<Templates> {
  if (resource.resource !== 'jobflows' || operation === 'DELETE' || object === undefined) return new Map();
  const names = templatesToLookUp(object, oldObject);
  const found = await Promise.all(names.map((name) => resources.template(namespace, name)));
  return new Map(found.map((lookup, index) => [names[index] ?? '', lookup]));
}

/** What is judged, and stored, is the object with what jobflow has written on it. */
function withOwnPutBack(request: AdmissionRequest<JsonObject>): AdmissionRequest<JsonObject> {
  const { operation, object, oldObject } = request;
  if (operation !== 'UPDATE' || object === undefined) return request;
  return { ...request, object: withOwnAnnotations(object, oldObject) };
}

function toDecision(verdict: ResourceVerdict, patched: JsonObject | undefined): AdmissionDecision {
  if (verdict.kind === 'refuse') return denial(verdict.refusal);
  const { warnings } = verdict;
  return patched === undefined ? { kind: 'allow', warnings } : { kind: 'allow', warnings, patched };
}
