import type { AdmissionDecision } from '../src/api/admission-review.ts';
import { refusal, type Refusal, type RefusalCode } from '../src/api/errors.ts';

/** A refusal as the answer to a request. */
export function denial({ code, message }: Refusal): AdmissionDecision {
  return { kind: 'deny', code: statusOf(code), reason: code, message };
}

/** The answer to a request that cannot be decided now; `problem` completes a sentence. */
export function notReady(problem: string): AdmissionDecision {
  return denial(refusal('NotReady', { problem }));
}

/** The HTTP status that fits a refusal; what is wrong with the object itself is unprocessable. */
function statusOf(code: RefusalCode): number {
  switch (code) {
    case 'NotReady':
      return 503;
    case 'OwnAnnotation':
    case 'OwnLabel':
    case 'OwnFinalizer':
      return 403;
    default:
      return 422;
  }
}
