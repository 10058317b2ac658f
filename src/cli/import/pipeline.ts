import type { JsonObject } from '../../api/job.ts';
import type { StatedValue } from './stated-value.ts';

/** A pipeline in the older form, read and checked. */
export interface Pipeline extends PipelineSettings {
  /** The name of the ConfigMap; undefined if it has none. */
  readonly name: string | undefined;
  /** In an order in which each stands after those that it waits for. */
  readonly jobs: readonly PipelineJob[];
}

/** What all Jobs of a pipeline share: the top of `jobs.yaml`. Undefined is not stated. */
export interface PipelineSettings {
  /** Where the older tool ran. It changes nothing about the Jobs. */
  readonly runMode: string | undefined;
  /** Minutes after the end of the pipeline until its Jobs are deleted. */
  readonly cleanupMinutes: number | undefined;
  readonly namespace: string | undefined;
  /** The image of the Jobs that name none. */
  readonly image: string | undefined;
  readonly completions: number | undefined;
  readonly parallelism: number | undefined;
  readonly activeDeadlineSeconds: number | undefined;
  readonly completionMode: string | undefined;
  readonly imagePullSecrets: readonly JsonObject[];
  readonly dnsConfig: JsonObject | undefined;
}

/** One Job: its dependencies from `jobs.yaml`, and what it runs from its own `NAME.yaml`. */
export interface PipelineJob extends JobWork {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

/** What a Job runs. */
export interface JobWork {
  /** Empty: what the image says. */
  readonly command: readonly string[];
  readonly image: string | undefined;
  readonly resources: JsonObject | undefined;
  readonly volumes: readonly JsonObject[];
  readonly volumeMounts: readonly JsonObject[];
}

/** A Job as `jobs.yaml` lists it. */
export interface ListedJob {
  readonly name: string;
  readonly at: StatedValue;
  readonly dependsOn: readonly { readonly name: string; readonly at: StatedValue }[];
}
