import type { AdmissionDecision, AdmissionRequest } from '../src/api/admission-review.ts';
import { warnOfUnfollowedNamespace } from '../src/core/admission/warnings.ts';

/**
 * Leaves requests of other namespaces alone. The webhook configuration should never send them; if it does, a Job gated
 * there would wait for ever, since the controller does not follow it.
 *
 * @param namespaces those that are followed; none stands for all
 * @param decide decides about the others
 */
export function whereFollowed<T extends object>(
  namespaces: readonly string[],
  decide: (request: AdmissionRequest<T>) => Promise<AdmissionDecision>,
): (request: AdmissionRequest<T>) => Promise<AdmissionDecision> {
  if (namespaces.length === 0) return decide;
  const followed = new Set(namespaces);
  return async (request) => {
    const namespace = request.namespace ?? '';
    if (followed.has(namespace)) return decide(request);
    const warnings = request.operation === 'CREATE' ? [warnOfUnfollowedNamespace(namespace)] : [];
    return { kind: 'allow', warnings };
  };
}
