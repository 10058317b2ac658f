import { formatDependencies } from '../../api/dependency-list.ts';
import type { JobObject, JsonObject } from '../../api/job.ts';
import { API_GROUP, API_VERSION, USER_ANNOTATIONS } from '../../api/names.ts';
import type { Pipeline, PipelineJob } from './pipeline.ts';

const SECONDS_PER_MINUTE = 60;

/**
 * The Jobs of a pipeline, each with what it depends on as an annotation. Those that depend on nothing are plain Jobs.
 *
 * @param pipeline read and checked
 * @returns in the order of the pipeline
 */
export function makeJobs(pipeline: Pipeline): JobObject[] {
  const { namespace } = pipeline;
  return pipeline.jobs.map((job) => {
    const edges = job.dependsOn.map((name) => ({ name, wants: 'Complete' as const }));
    return {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: job.name,
        ...(namespace !== undefined && { namespace }),
        ...(edges.length > 0 && { annotations: { [USER_ANNOTATIONS.dependsOn]: formatDependencies(edges) } }),
      },
      spec: jobSpec(pipeline, job, timeToLive(pipeline)),
    };
  });
}

/**
 * The pipeline as one JobFlow, with an entry for each Job.
 *
 * @param pipeline read and checked
 * @param name what the JobFlow is called
 */
export function makeFlow(pipeline: Pipeline, name: string): JsonObject {
  const { namespace, jobs } = pipeline;
  return {
    apiVersion: `${API_GROUP}/${API_VERSION}`,
    kind: 'JobFlow',
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    spec: {
      // Counted from the end of the whole, as the older tool did.
      ...timeToLive(pipeline),
      flows: jobs.map((job) => ({
        name: job.name,
        ...(job.dependsOn.length > 0 && { dependencies: [...job.dependsOn] }),
        jobTemplate: jobSpec(pipeline, job, {}),
      })),
    },
  };
}

function timeToLive({ cleanupMinutes }: Pipeline): JsonObject {
  return cleanupMinutes === undefined ? {} : { ttlSecondsAfterFinished: cleanupMinutes * SECONDS_PER_MINUTE };
}

function jobSpec(pipeline: Pipeline, job: PipelineJob, timeToLive: JsonObject): JsonObject {
  const { completions, parallelism, completionMode, activeDeadlineSeconds } = pipeline;
  const { imagePullSecrets, dnsConfig } = pipeline;
  const { volumes } = job;
  return {
    ...(completions !== undefined && { completions }),
    ...(parallelism !== undefined && { parallelism }),
    ...(completionMode !== undefined && { completionMode }),
    ...(activeDeadlineSeconds !== undefined && { activeDeadlineSeconds }),
    ...timeToLive,
    template: {
      spec: {
        restartPolicy: 'Never',
        ...(imagePullSecrets.length > 0 && { imagePullSecrets: [...imagePullSecrets] }),
        ...(dnsConfig !== undefined && { dnsConfig }),
        containers: [container(pipeline, job)],
        ...(volumes.length > 0 && { volumes: [...volumes] }),
      },
    },
  };
}

function container(pipeline: Pipeline, job: PipelineJob): JsonObject {
  const { name, command, resources, volumeMounts } = job;
  return {
    // As the older tool called it, for `kubectl logs -c`; a container's name may not have the dots of a Job's.
    name: name.replaceAll('.', '-'),
    image: job.image ?? pipeline.image ?? '',
    ...(command.length > 0 && { command: [...command] }),
    ...(resources !== undefined && { resources }),
    ...(volumeMounts.length > 0 && { volumeMounts: [...volumeMounts] }),
  };
}
