import type { JobObject } from '../../../src/api/job.ts';

/** A Job as the API server would send it. */
export function job(name: string, annotations: Record<string, string> = {}): JobObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default', annotations },
    spec: { suspend: false, template: { spec: { restartPolicy: 'Never', containers: [] } } },
  };
}

/** The body of an AdmissionReview about the creation of a Job; `request` replaces single fields. */
export function reviewOf(object: unknown, request: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind: { group: 'batch', version: 'v1', kind: 'Job' },
      resource: { group: 'batch', version: 'v1', resource: 'jobs' },
      requestKind: { group: 'batch', version: 'v1', kind: 'Job' },
      requestResource: { group: 'batch', version: 'v1', resource: 'jobs' },
      name: 'a',
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'anna', uid: '1', groups: ['system:authenticated'] },
      object,
      oldObject: null,
      dryRun: false,
      options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions', fieldManager: 'kubectl-create' },
      ...request,
    },
  };
}
