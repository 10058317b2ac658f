import type { JobTemplateStatus } from '../../api/flow-resources.ts';
import type { JobFlowSpec, JobFlowStatus } from '../../api/flow-spec.ts';
import type { JobMetadata } from '../../api/job.ts';
import { RETRY_ANNOTATION, USER_ANNOTATIONS } from '../../api/names.ts';
import { readJobTemplate, type JobTemplate } from '../../api/resources.ts';
import type { Lookup } from '../admission/decide-create.ts';
import { outcomeOf } from '../outcome.ts';
import type { FlowRecord } from './flow-record.ts';

/** A JobFlow as it comes over the wire. */
export interface FlowObject {
  readonly metadata: JobMetadata;
  readonly spec?: JobFlowSpec | null;
  readonly status?: JobFlowStatus | null;
}

/** A JobTemplate as it comes over the wire. */
export interface TemplateObject {
  readonly metadata: JobMetadata;
  readonly status?: JobTemplateStatus | null;
}

/** One JobTemplate as jobflow remembers it. */
export interface TemplateRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly deletedMs: number | undefined;
  readonly template: Lookup<JobTemplate>;
  readonly status: JobTemplateStatus;
}

/**
 * Takes from a JobFlow what decisions need.
 *
 * @param object a JobFlow as the API server sent it
 */
export function projectFlow({ metadata, spec, status }: FlowObject): FlowRecord {
  const { annotations } = metadata;
  return {
    ...identityOf(metadata),
    createdMs: timeMs(metadata.creationTimestamp) ?? 0,
    run: annotations?.[USER_ANNOTATIONS.run],
    retry: annotations?.[RETRY_ANNOTATION],
    spec: spec ?? {},
    status: status ?? {},
    outcome: outcomeOf(status?.conditions ?? []),
  };
}

/**
 * Takes from a JobTemplate what decisions need.
 *
 * @param object a JobTemplate as the API server sent it
 */
export function projectTemplate(object: TemplateObject): TemplateRecord {
  const read = readJobTemplate(object);
  return {
    ...identityOf(object.metadata),
    template: read.ok
      ? { kind: 'found', resource: read.resource }
      : { kind: 'unusable', problem: read.problem },
    status: object.status ?? {},
  };
}

function identityOf(
  metadata: JobMetadata,
): Pick<TemplateRecord, 'namespace' | 'name' | 'uid' | 'resourceVersion' | 'generation' | 'deletedMs'> {
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    generation: metadata.generation ?? 0,
    deletedMs: timeMs(metadata.deletionTimestamp),
  };
}

function timeMs(text: string | null | undefined): number | undefined {
  return typeof text === 'string' ? Date.parse(text) : undefined;
}
