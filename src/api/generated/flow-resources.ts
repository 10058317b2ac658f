/*
 * Generated from the OpenAPI of Kubernetes v1.36.3 by scripts/generate-schemas.ts. Do not edit.
 * Fields that are null count as absent here: the validators leave them out.
 */
import type { EnvVar, JobSpec, ObjectMeta, PodTemplateSpec, Volume, VolumeMount } from './job-spec.ts';

/** What holds of the resource. */
export type Conditions = ResourceCondition[];

/** A Job on every eligible node. */
export type DaemonJob = {
  /** The version of the schema of this object. */
  apiVersion?: 'api.practice.com/v1alpha1';
  /** The kind of this object. */
  kind?: 'DaemonJob';
  /** Standard metadata. */
  metadata: ObjectMeta;
  /** What is wanted. */
  spec: DaemonJobSpec;
  /** What is there; written by jobflow. */
  status?: DaemonJobStatus;
};

/** A Job's spec, for a Job on every eligible node. */
export type DaemonJobSpec = JobSpec & {
  /** Nodes that get no Job, separated by commas: "node1, node2". */
  excludeNodeList?: string;
  /** What every Job gets. What the spec states itself wins. */
  globalParams?: GlobalParams;
  /** On how many nodes Jobs may run at the same time. No limit unless stated. */
  maxConcurrentNodes?: number;
  /** Start no further Job. Those that run go on. */
  suspend?: boolean;
  /** The pod of every Job. Its nodeSelector and affinity choose the nodes; its restartPolicy is Never, whatever is written. */
  template: PodTemplateSpec;
};

/** Written by jobflow. */
export type DaemonJobStatus = {
  /** When the last Job ended. */
  completionTime?: string;
  /** Complete, Failed and Suspended as on a Job; Reconciling and Stalled for tools that wait. */
  conditions?: Conditions;
  /** How many Jobs are in each state; total is the number of eligible nodes. */
  counts?: JobCounts;
  /** The state of the Job of each node, by the name of the Job. */
  jobStatusList?: Record<string, JobState>;
  /** What it is doing or why it ended, in a sentence. */
  message?: string;
  /** The metadata.generation that this status tells of. */
  observedGeneration?: Generation;
  /** The value of the annotation api.practice.com/retry that was acted on last. */
  observedRetry?: string;
  /** When the first Job started, or all was resumed last. */
  startTime?: string;
  /** Pending until the first Job starts; Succeed or Failed once all have ended; Terminating while it is deleted. */
  state?: RunState;
};

/** What a failed Job means for the rest of its flow. */
export type FailurePolicy = 'Continue' | 'FailFast';

/** One entry of a flow: a Job, or with daemonJob a Job per node. It states exactly one of jobTemplate, jobTemplateRef and daemonJob. */
export type FlowEntry = {
  /** The spec of a DaemonJob: a Job on every eligible node. */
  daemonJob?: DaemonJobSpec;
  /** Entries to wait for: NAME (until it is complete), or NAME=Complete, =Failed, =NotFailed or =Finished. Also jobflow/NAME and daemonjob/NAME in the same namespace. */
  dependencies?: string[];
  /** Wait until the Job has the annotation api.practice.com/approved. */
  hold?: boolean;
  /** The spec of the Job, as in batch/v1. The restartPolicy of its pods is Never, whatever is written. */
  jobTemplate?: JobSpec;
  /** The name of a JobTemplate in the same namespace. */
  jobTemplateRef?: string;
  /** Unique in the flow. The Job is called FLOW-NAME. */
  name: string;
  /** What happens when an awaited outcome can no longer come: Fail (the default) or Wait. */
  onUnmetDependency?: UnmetDependencyPolicy;
  /** Where the shareVolumes of the flow are mounted, in every container of this entry. */
  shareVolumeMounts?: VolumeMount[];
  /** How long the entry may wait before it fails, as a duration such as 90s, 15m or 2h. */
  waitTimeout?: string;
};

/** A metadata.generation. */
export type Generation = number;

/** What Jobs share. What a Job states itself wins. */
export type GlobalParams = {
  /** Annotations for the Jobs and their pods. */
  annotations?: Record<string, string>;
  /** Environment variables for every container and init container. */
  env?: EnvVar[];
  /** Labels for the Jobs and their pods. */
  labels?: Record<string, string>;
  /** The node that the pods must run on, by a required node affinity on metadata.name. */
  nodeName?: string;
};

/** How many Jobs are in each state. */
export type JobCounts = {
  /** Failed, by themselves or because of a dependency. */
  failed?: number;
  /** Not started: until they are approved. */
  held?: number;
  /** Started and not ended. */
  running?: number;
  /** Not run, because another branch was taken. */
  skipped?: number;
  /** Complete. */
  succeeded?: number;
  /** All of them, created or not. */
  total?: number;
  /** Not started: for their dependencies, a limit or a suspension. */
  waiting?: number;
};

/** Jobs that belong together, and the parameters that they share. */
export type JobFlow = {
  /** The version of the schema of this object. */
  apiVersion?: 'api.practice.com/v1alpha1';
  /** The kind of this object. */
  kind?: 'JobFlow';
  /** Standard metadata. */
  metadata: ObjectMeta;
  /** What is wanted. */
  spec: JobFlowSpec;
  /** What is there; written by jobflow. */
  status?: JobFlowStatus;
};

/** What a flow consists of. */
export type JobFlowSpec = {
  /** Fail the flow when it has run so long, in seconds. A suspended flow does not run; resumed, it begins anew. */
  activeDeadlineSeconds?: number;
  /** Continue (the default) runs all that does not depend on what failed; FailFast starts nothing more. */
  failurePolicy?: FailurePolicy;
  /** The entries of the flow. Without any it only holds globalParams. */
  flows?: FlowEntry[];
  /** What every Job of the flow gets, also a Job that joins by the annotation api.practice.com/flow. What a Job states itself wins. */
  globalParams?: GlobalParams;
  /** How many Jobs may run at the same time. No limit unless stated. */
  maxConcurrentJobs?: number;
  /** Volumes that the entries may mount by shareVolumeMounts. */
  shareVolumes?: Volume[];
  /** Start no further Job. Those that run go on. */
  suspend?: boolean;
  /** Delete the flow and its Jobs so long after its end, in seconds. */
  ttlSecondsAfterFinished?: number;
};

/** Written by jobflow. */
export type JobFlowStatus = {
  /** When the last Job ended. */
  completionTime?: string;
  /** Complete, Failed and Suspended as on a Job; Reconciling and Stalled for tools that wait. */
  conditions?: Conditions;
  /** How many Jobs are in each state; total is the number of Jobs in the flow. */
  counts?: JobCounts;
  /** The state of each Job, by its name. */
  jobStatusList?: Record<string, JobState>;
  /** What it is doing or why it ended, in a sentence. */
  message?: string;
  /** The metadata.generation that this status tells of. */
  observedGeneration?: Generation;
  /** The value of the annotation api.practice.com/retry that was acted on last. */
  observedRetry?: string;
  /** When the first Job started, or all was resumed last. */
  startTime?: string;
  /** Pending until the first Job starts; Succeed or Failed once all have ended; Terminating while it is deleted. */
  state?: RunState;
};

/** The state of one Job. */
export type JobState = 'Waiting' | 'Held' | 'Running' | 'Succeed' | 'Failed' | 'Skipped';

/** The spec of a Job, for flows and for Jobs that name it by the annotation api.practice.com/template. */
export type JobTemplate = {
  /** The version of the schema of this object. */
  apiVersion?: 'api.practice.com/v1alpha1';
  /** The kind of this object. */
  kind?: 'JobTemplate';
  /** Standard metadata. */
  metadata: ObjectMeta;
  /** What is wanted. */
  spec: JobTemplateSpec;
  /** What is there; written by jobflow. */
  status?: JobTemplateStatus;
};

/** What the template holds. */
export type JobTemplateSpec = {
  /** The spec of a batch/v1 Job. What a Job that uses the template states itself wins. */
  jobTemplate: JobSpec;
};

/** Whether anything uses a template. */
export type JobTemplateState = 'Unused' | 'InUse' | 'Terminating';

/** Written by jobflow. */
export type JobTemplateStatus = {
  conditions?: Conditions;
  /** How many use the template, also where the list has no room for all. */
  count?: number;
  /** What uses the template: JobFlow/NAME or Job/NAME. */
  dependencyList?: string[];
  /** What there is to know, in a sentence. */
  message?: string;
  /** The metadata.generation that this status tells of. */
  observedGeneration?: Generation;
  /** Whether anything uses the template. */
  state?: JobTemplateState;
};

/** One condition of a resource. */
export type ResourceCondition = {
  /** When the status changed last. */
  lastTransitionTime?: string;
  /** Why, in a sentence. */
  message?: string;
  /** The metadata.generation that the condition tells of. */
  observedGeneration?: Generation;
  /** Why, as one word for programs. */
  reason?: string;
  /** Whether it holds. */
  status: 'True' | 'False' | 'Unknown';
  /** The name of the condition. */
  type: string;
};

/** The state of a JobFlow or DaemonJob. */
export type RunState = 'Pending' | 'Running' | 'Succeed' | 'Failed' | 'Terminating';

/** What happens when an outcome can no longer come. */
export type UnmetDependencyPolicy = 'Fail' | 'Wait';
