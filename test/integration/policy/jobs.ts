import type { JsonObject } from '../../../src/api/job.ts';

/** What a test states of a Job beyond its name. */
export interface JobParts {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly metadata?: JsonObject;
  readonly spec?: JsonObject;
}

/** A small valid Job. */
export function job(name: string, { annotations, labels, metadata, spec }: JobParts = {}): JsonObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      ...(annotations && { annotations: { ...annotations } }),
      ...(labels && { labels: { ...labels } }),
      ...metadata,
    },
    spec: {
      template: {
        spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1.36' }] },
      },
      ...spec,
    },
  };
}
