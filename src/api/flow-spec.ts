import type * as generated from './generated/flow-resources.ts';
import type { JobCondition, JsonObject } from './job.ts';

/*
 * JobFlows and their status as decisions take them: the generated types, read-only, with null for what is not set, and
 * with the parts that are Kubernetes' own (a JobSpec, a volume) as plain JSON.
 */

/** `spec.globalParams` of a JobFlow: what its Jobs share. */
export type GlobalParams = AsStored<generated.GlobalParams>;

/** One entry of a JobFlow: a Job, or with `daemonJob` a Job per node. */
export type FlowEntry = AsStored<generated.FlowEntry>;

/** `spec` of a JobFlow. */
export type JobFlowSpec = AsStored<Omit<generated.JobFlowSpec, 'flows' | 'globalParams'>> & {
  readonly globalParams?: GlobalParams | null;
  readonly flows?: readonly FlowEntry[] | null;
};

/** Where a flow or DaemonJob stands, as the older operators of the group called it. */
export type FlowState = generated.RunState;

/** Where one of its Jobs stands. */
export type JobState = generated.JobState;

/** How many of its Jobs are where. */
export type StateCounts = Readonly<Required<generated.JobCounts>>;

/** A condition as on the API: `Complete`, `Failed`, `Suspended`, and kstatus' `Reconciling` and `Stalled`. */
export interface FlowCondition extends JobCondition {
  readonly observedGeneration?: number;
}

/** `status` of a JobFlow, and of a DaemonJob. */
export type JobFlowStatus = Readonly<
  Omit<generated.JobFlowStatus, 'counts' | 'conditions' | 'jobStatusList'>
> & {
  readonly counts?: StateCounts;
  readonly jobStatusList?: Readonly<Record<string, JobState>>;
  readonly conditions?: readonly FlowCondition[];
};

/** The fields of a generated type. */
type AsStored<T> = {
  readonly [Field in keyof T]: AsJson<NonNullable<T[Field]>> | (undefined extends T[Field] ? null : never);
};

type AsJson<T> = T extends string | number | boolean
  ? T
  : T extends readonly (infer Item)[]
    ? readonly AsJson<Item>[]
    : string extends keyof T
      ? Readonly<T>
      : JsonObject;
