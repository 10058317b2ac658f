import type { JobCondition, JsonObject } from './job.ts';
import type { GlobalParams } from './resources.ts';
import type { UnmetPolicy } from './annotations.ts';

/** One entry of a JobFlow: a Job, or with `daemonJob` a Job per node. */
export interface FlowEntry {
  readonly name: string;
  /** `name`, `name=Outcome`, `jobflow/NAME`, `daemonjob/NAME`; plain names are entries of the same flow. */
  readonly dependencies?: readonly string[] | null;
  /** A JobSpec. */
  readonly jobTemplate?: JsonObject | null;
  /** The name of a JobTemplate. */
  readonly jobTemplateRef?: string | null;
  /** A DaemonJob's spec. */
  readonly daemonJob?: JsonObject | null;
  /** Mounts of the flow's shared volumes, added to every container. */
  readonly shareVolumeMounts?: readonly JsonObject[] | null;
  readonly onUnmetDependency?: UnmetPolicy | null;
  /** A Go duration. */
  readonly waitTimeout?: string | null;
  readonly hold?: boolean | null;
}

/** `spec` of a JobFlow. */
export interface JobFlowSpec {
  readonly globalParams?: GlobalParams | null;
  readonly flows?: readonly FlowEntry[] | null;
  /** Volumes, added to every Job that mounts one of them. */
  readonly shareVolumes?: readonly JsonObject[] | null;
  readonly maxConcurrentJobs?: number | null;
  readonly suspend?: boolean | null;
  /** Seconds from the first start. */
  readonly activeDeadlineSeconds?: number | null;
  /** Seconds from the end. */
  readonly ttlSecondsAfterFinished?: number | null;
  readonly failurePolicy?: 'Continue' | 'FailFast' | null;
}

/** Where a flow or DaemonJob stands, as the older operators of the group called it. */
export type FlowState = 'Pending' | 'Running' | 'Succeed' | 'Failed' | 'Terminating';

/** Where one of its Jobs stands. */
export type JobState = 'Waiting' | 'Held' | 'Running' | 'Succeed' | 'Failed' | 'Skipped';

/** How many of its Jobs are where. */
export interface StateCounts {
  readonly total: number;
  readonly waiting: number;
  readonly held: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A condition as on the API: `Complete`, `Failed`, `Suspended`, and kstatus' `Reconciling` and `Stalled`. */
export interface FlowCondition extends JobCondition {
  readonly observedGeneration?: number;
}

/** `status` of a JobFlow, and of a DaemonJob. */
export interface JobFlowStatus {
  readonly counts?: StateCounts;
  readonly state?: FlowState;
  readonly jobStatusList?: Readonly<Record<string, JobState>>;
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly observedGeneration?: number;
  /** The value of the `retry` annotation that has been carried out. */
  readonly observedRetry?: string;
  readonly message?: string;
  readonly conditions?: readonly FlowCondition[];
}
