import type { JobObject, JsonObject } from '../../api/job.ts';
import { decideCreate } from '../../core/admission/decide-create.ts';
import { checkJobSpec } from '../../core/admission/flow/check-job-spec.ts';
import { decideFlow } from '../../core/admission/flow/decide-flow.ts';
import type { AdmissionView } from '../../core/admission/view.ts';

/** Whose fields are whose is asked on re-apply only. */
const MANAGER = 'jobflow-import';

/** Cycles have been looked for, and the cluster is not asked. */
const NOTHING_ELSE: AdmissionView = { findCycle: () => undefined, uidsInDeletion: () => [] };

/**
 * What the webhook will say against Jobs.
 *
 * @returns a sentence for each Job that it would refuse
 */
export function judgeJobs(jobs: readonly JobObject[], namespace: string): string[] {
  return jobs.flatMap((job) => {
    const verdict = decideCreate({
      job,
      namespace,
      manager: MANAGER,
      view: NOTHING_ELSE,
      template: undefined,
      flow: undefined,
    });
    const wrong = checkJobSpec(job.spec ?? undefined, { path: 'spec', sharedVolumes: [], isBase: false });
    const refusals = verdict.kind === 'refuse' ? [verdict.refusal, ...wrong] : wrong;
    return refusals.map(({ message }) => `Job "${job.metadata.name ?? ''}": ${message}`);
  });
}

/**
 * What the webhook will say against a JobFlow.
 *
 * @returns the sentences with which it would refuse it, in one; none if it would not
 */
export function judgeFlow(flow: JsonObject, namespace: string): string[] {
  const verdict = decideFlow({
    object: flow,
    old: undefined,
    namespace,
    templates: new Map(),
    view: { findWholeCycle: () => undefined, usersOfTemplate: () => [] },
  });
  return verdict.kind === 'refuse' ? [verdict.refusal.message] : [];
}
