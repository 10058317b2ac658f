import type { AdmissionDecision, AdmissionRequest } from '../src/api/admission-review.ts';
import type { JobObject } from '../src/api/job.ts';
import { decideCreate, namedResources, type NamedLookups } from '../src/core/admission/decide-create.ts';
import { decideUpdate } from '../src/core/admission/decide-update.ts';
import { admitAsIs, type Verdict } from '../src/core/admission/verdict.ts';
import type { AdmissionView, Candidate } from '../src/core/admission/view.ts';
import { ApiError } from '../src/kube/api-error.ts';
import { denial, notReady } from './denial.ts';
import type { NamedResources } from './named-resources.ts';
import { forgetRefused, type Admissions } from './refused-later.ts';

/** What the webhook knows about all Jobs. */
export interface AdmissionIndex extends Admissions {
  /** What has not been seen yet, as part of a sentence; undefined once decisions can be made. */
  readonly problem: string | undefined;
  /** The Jobs of one namespace as they are known at this moment. */
  view(namespace: string): AdmissionView;
  /** Counts a Job from now on, before the watch brings it. */
  admitted(namespace: string, job: Candidate): void;
}

/** What decisions are made of. */
export interface JobDeciderOptions {
  readonly index: AdmissionIndex;
  readonly resources: NamedResources;
}

/** Decides about one request. */
export type DecideJob = (request: AdmissionRequest) => Promise<AdmissionDecision>;

/**
 * Makes the decision about creations and edits of Jobs: fetches what is needed, decides, and counts what was
 * admitted. What a user or the API server does wrong is a denial; only a fault of jobflow itself is thrown.
 *
 * @param options the index of all Jobs and the resources that Jobs name
 */
export function createJobDecider({ index, resources }: JobDeciderOptions): DecideJob {
  return async (request) => {
    const job = request.object;
    if (job === undefined) return toDecision(admitAsIs());
    if (index.problem !== undefined) return notReady(index.problem);
    const namespace = request.namespace ?? job.metadata.namespace ?? '';
    try {
      const named = await fetchNamed(resources, request, namespace, job);
      let cycle: readonly string[] = [];
      const judge = (): Verdict => {
        // No await from here until the Job counts: of two Jobs that race, the second must see the first.
        const view = index.view(namespace);
        const findCycle = (candidate: Candidate): readonly string[] | undefined => {
          const path = view.findCycle(candidate);
          cycle = path ?? [];
          return path;
        };
        const verdict = decide(request, job, { namespace, view: { ...view, findCycle }, named });
        if (verdict.kind === 'admit' && verdict.registers !== undefined && !request.dryRun) {
          index.admitted(namespace, verdict.registers);
        }
        return verdict;
      };
      const verdict = judge();
      const mayBeStale =
        verdict.kind === 'refuse' && (await forgetRefused(index, resources, namespace, cycle));
      return toDecision(mayBeStale ? judge() : verdict);
    } catch (error) {
      if (error instanceof ApiError) return notReady(error.message);
      throw error;
    }
  };
}

interface Surroundings {
  readonly namespace: string;
  readonly view: AdmissionView;
  readonly named: NamedLookups;
}

function decide(
  request: AdmissionRequest,
  job: JobObject,
  { namespace, view, named }: Surroundings,
): Verdict {
  const manager = request.options.fieldManager ?? '';
  switch (request.operation) {
    case 'CREATE':
      return decideCreate({ job, namespace, manager, view, ...named });
    case 'UPDATE':
      return request.oldObject === undefined
        ? admitAsIs()
        : decideUpdate({ old: request.oldObject, next: job, manager, view });
    case 'DELETE':
    case 'CONNECT':
      return admitAsIs();
  }
}

/** What a new Job names; an edit reads nothing, because a Job keeps what it was created with. @throws ApiError */
async function fetchNamed(
  resources: NamedResources,
  { operation }: AdmissionRequest,
  namespace: string,
  job: JobObject,
): Promise<NamedLookups> {
  const names = operation === 'CREATE' ? namedResources(job) : { template: undefined, flow: undefined };
  const [template, flow] = await Promise.all([
    names.template === undefined ? undefined : resources.template(namespace, names.template),
    names.flow === undefined ? undefined : resources.flow(namespace, names.flow),
  ]);
  return { template, flow };
}

function toDecision(verdict: Verdict): AdmissionDecision {
  if (verdict.kind === 'refuse') return denial(verdict.refusal);
  const { job, warnings } = verdict;
  return job === undefined ? { kind: 'allow', warnings } : { kind: 'allow', warnings, patched: job };
}
