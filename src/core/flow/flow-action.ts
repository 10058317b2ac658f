import type { JobFlowStatus } from '../../api/flow-spec.ts';
import type { JobObject } from '../../api/job.ts';
import type { JobRecord } from '../job-record.ts';
import type { FlowRecord } from './flow-record.ts';

/** One thing to do about a flow. */
export type FlowAction =
  /** A Job, or with kind DaemonJob a DaemonJob. */
  | { readonly kind: 'createJob'; readonly job: JobObject }
  | {
      readonly kind: 'deleteJob';
      readonly job: JobRecord;
      readonly why: 'edited' | 'removed' | 'retry' | 'ended';
    }
  /** Ends a Job natively, pods and all. */
  | { readonly kind: 'endJob'; readonly job: JobRecord; readonly reason: string; readonly message: string }
  | {
      readonly kind: 'writeStatus';
      readonly flow: FlowRecord;
      readonly status: JobFlowStatus;
      readonly urgent: boolean;
    }
  | { readonly kind: 'deleteFlow'; readonly flow: FlowRecord }
  | {
      readonly kind: 'announce';
      readonly flow: FlowRecord;
      readonly type: 'Normal' | 'Warning';
      readonly reason: string;
      readonly message: string;
    }
  | { readonly kind: 'recheckAt'; readonly timeMs: number };
