import type { JobObject } from '../api/job.ts';
import type { JobFlowStatus } from '../api/flow-spec.ts';
import { API_GROUP, API_VERSION, CONTROLLER_FIELD_MANAGER } from '../api/names.ts';
import type { JobRecord } from '../core/job-record.ts';
import type { ResourceCollection } from './collections.ts';
import { apiPath, type ApiRequest } from './connection.ts';
import { partPath } from './patches.ts';
import type { Identified } from './store-change.ts';

const KINDS: Readonly<Record<ResourceCollection, string>> = {
  jobflows: 'JobFlow',
  jobtemplates: 'JobTemplate',
  daemonjobs: 'DaemonJob',
};

/** The path of one object of a custom resource. */
export function resourcePath(
  collection: ResourceCollection,
  { namespace, name }: Pick<Identified, 'namespace' | 'name'>,
): string {
  return `/apis/${API_GROUP}/${API_VERSION}${apiPath`/namespaces/${namespace}/`}${collection}${apiPath`/${name}`}`;
}

/**
 * Creates the Job of a JobFlow or DaemonJob, or the DaemonJob of a JobFlow. A name that is taken is answered with 409,
 * so that nothing is made twice.
 *
 * @param part an object of kind Job or DaemonJob
 */
export function createPartRequest(part: JobObject): ApiRequest {
  const namespace = apiPath`/namespaces/${part.metadata.namespace ?? ''}`;
  return {
    method: 'POST',
    path:
      part.kind === 'DaemonJob'
        ? `/apis/${API_GROUP}/${API_VERSION}${namespace}/daemonjobs`
        : `/apis/batch/v1${namespace}/jobs`,
    query: { fieldManager: CONTROLLER_FIELD_MANAGER },
    answer: 'metadata',
    body: part,
  };
}

/**
 * Deletes a Job and its pods, or a DaemonJob and its Jobs, if it still is what it was decided on.
 *
 * @param part the name of a DaemonJob is `daemonjob/NAME`
 */
export function deletePartRequest({ uid, resourceVersion, namespace, name }: JobRecord): ApiRequest {
  return {
    method: 'DELETE',
    path: partPath({ namespace, name }),
    body: { propagationPolicy: 'Background', preconditions: { uid, resourceVersion } },
  };
}

/** Deletes an object of ours and what it owns. */
export function deleteResourceRequest(
  collection: ResourceCollection,
  { uid, resourceVersion, ...object }: Identified,
): ApiRequest {
  return {
    method: 'DELETE',
    path: resourcePath(collection, object),
    body: { propagationPolicy: 'Background', preconditions: { uid, resourceVersion } },
  };
}

/**
 * Replaces the status of an object of ours as a whole, if it still is what it was decided on; the API server answers
 * 409 otherwise. The status is all that it takes from the body, so that the rest, which may be large, need not be sent
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#status-subresource).
 */
export function statusRequest(
  collection: ResourceCollection,
  object: Identified,
  status: JobFlowStatus | Readonly<Record<string, unknown>>,
): ApiRequest {
  const { namespace, name, uid, resourceVersion } = object;
  return {
    method: 'PUT',
    path: `${resourcePath(collection, object)}/status`,
    query: { fieldManager: CONTROLLER_FIELD_MANAGER },
    answer: 'metadata',
    body: {
      apiVersion: `${API_GROUP}/${API_VERSION}`,
      kind: KINDS[collection],
      metadata: { namespace, name, uid, resourceVersion },
      status,
    },
  };
}
