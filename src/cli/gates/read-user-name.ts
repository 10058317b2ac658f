import { isApiError, isForbidden } from '../../kube/api-error.ts';
import type { Connection } from '../../kube/connection.ts';

/**
 * Asks the API server who this user is to it
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review).
 *
 * @returns undefined if it does not say: it is too old, or this user may not ask
 * @throws ApiError if nothing answers
 */
export async function readUserName(connection: Connection): Promise<string | undefined> {
  try {
    const answer = (await connection.request({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    })) as { readonly status?: { readonly userInfo?: { readonly username?: string } } };
    const name = answer.status?.userInfo?.username;
    return name === '' ? undefined : name;
  } catch (error) {
    if (isApiError(error, 'notFound') || isForbidden(error)) return undefined;
    throw error;
  }
}
