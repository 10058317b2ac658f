import type {
  AdmissionDecision,
  AdmissionRequest,
  AdmissionResponse,
  AdmissionReviewAnswer,
} from '../src/api/admission-review.ts';
import { createJsonPatch } from './json-patch.ts';

/**
 * Writes a decision as the AdmissionReview that the API server expects: with the request's uid, and with the change
 * as a JSON patch of the object that was sent.
 */
export function answerReview(
  request: AdmissionRequest<object>,
  decision: AdmissionDecision,
): AdmissionReviewAnswer {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: responseOf(request, decision),
  };
}

function responseOf(
  { uid, object }: AdmissionRequest<object>,
  decision: AdmissionDecision,
): AdmissionResponse {
  if (decision.kind === 'deny') {
    const { code, reason, message } = decision;
    return { uid, allowed: false, status: { code, reason, message } };
  }
  const { warnings, patched } = decision;
  const operations = patched === undefined || object === undefined ? [] : createJsonPatch(object, patched);
  return {
    uid,
    allowed: true,
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(operations.length === 0
      ? {}
      : { patch: Buffer.from(JSON.stringify(operations)).toString('base64'), patchType: 'JSONPatch' }),
  };
}
