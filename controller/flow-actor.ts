import type { JobObject } from '../src/api/job.ts';
import type { FlowRecord } from '../src/core/flow/flow-record.ts';
import type { FlowAction } from '../src/core/flow/plan-flow.ts';
import { isApiError } from '../src/kube/api-error.ts';
import type { ApiRequest, Connection } from '../src/kube/connection.ts';
import type { EventRecorder } from '../src/kube/events.ts';
import {
  createJobRequest,
  deleteJobRequest,
  deleteResourceRequest,
  statusRequest,
} from '../src/kube/flow-requests.ts';
import type { Log } from '../src/kube/log.ts';
import { endJobPatch } from '../src/kube/patches.ts';
import { keyOf, type Identified } from '../src/kube/store-change.ts';
import { StatusPace } from './status-pace.ts';

/** What acting on flows needs. */
export interface FlowActorOptions {
  readonly connection: Connection;
  readonly events: EventRecorder;
  readonly log: Log;
  /** Whether this replica may write. */
  readonly mayWrite: () => boolean;
  /** Gives a flow another turn at a time (milliseconds since the epoch). */
  readonly recheckAt: (key: string, atMs: number) => void;
  readonly now: () => number;
}

/** Writes of one flow at once: enough to make its Jobs quickly, few enough to leave room for releases. */
const AT_ONCE = 8;

/** A Job that was made and that the watch has not brought after so long is looked for again. */
const CREATED_COUNTS_MS = 10_000;

/** The only place that writes on behalf of flows: it makes, deletes and ends their Jobs and writes their status. */
export class FlowActor {
  readonly #options: FlowActorOptions;
  readonly #pace = new StatusPace();
  /** By key, when a Job was made that the watch has yet to bring. */
  readonly #created = new Map<string, number>();

  constructor(options: FlowActorOptions) {
    this.#options = options;
  }

  /** Notes that the watch has brought a Job. */
  seen(jobKey: string): void {
    this.#created.delete(jobKey);
  }

  /** Forgets everything, as a replica does that no longer leads. */
  reset(): void {
    this.#created.clear();
    this.#pace.reset();
  }

  /**
   * Carries out what was decided about one flow. The Jobs come first: the status tells of what is there.
   *
   * @param flow the flow, as it was decided on
   * @throws ApiError if a write failed and is to be tried again
   */
  async act(flow: FlowRecord, actions: readonly FlowAction[]): Promise<void> {
    const next = actions.filter((action) => isJobWrite(action)).values();
    const worker = async (): Promise<void> => {
      for (const action of next) await this.#writeJob(flow, action);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    for (const action of actions) await this.#actOnFlow(flow, action);
  }

  async #actOnFlow(flow: FlowRecord, action: FlowAction): Promise<void> {
    const { events, recheckAt } = this.#options;
    switch (action.kind) {
      case 'writeStatus':
        await this.#writeStatus(action);
        return;
      case 'deleteFlow':
        await this.#send(flow, deleteResourceRequest('jobflows', flow), 'deleted after its TTL');
        return;
      case 'announce':
        events.announce({
          object: { apiVersion: 'api.practice.com/v1alpha1', kind: 'JobFlow', ...pick(flow) },
          type: action.type,
          reason: action.reason,
          message: action.message,
        });
        return;
      case 'recheckAt':
        recheckAt(keyOf(flow), action.timeMs);
        return;
      case 'createJob':
      case 'deleteJob':
      case 'endJob':
        return;
    }
  }

  async #writeJob(flow: FlowRecord, action: JobWrite): Promise<void> {
    const { now, connection } = this.#options;
    switch (action.kind) {
      case 'createJob':
        await this.#create(flow, action.job);
        return;
      case 'deleteJob':
        await this.#send(flow, deleteJobRequest(action.job), `Job deleted (${action.why})`, action.job);
        return;
      case 'endJob': {
        const nowMs = Math.max(action.job.createdMs, Math.min(now(), connection.serverTimeMs()));
        const patch = endJobPatch(action.job, action.reason, action.message, nowMs);
        await this.#send(flow, { method: 'PATCH', ...patch }, 'Job ended natively', action.job);
      }
    }
  }

  async #create(flow: FlowRecord, job: JobObject): Promise<void> {
    const nowMs = this.#options.now();
    const key = keyOf({ namespace: job.metadata.namespace ?? '', name: job.metadata.name ?? '' });
    const createdMs = this.#created.get(key);
    if (createdMs !== undefined && nowMs < createdMs + CREATED_COUNTS_MS) return;
    // Before the request: the watch may bring the Job before the answer comes.
    this.#created.set(key, nowMs);
    try {
      await this.#send(flow, createJobRequest(job), 'Job created', { name: job.metadata.name ?? '' });
    } catch (error) {
      this.#created.delete(key);
      // It is there already, or its namespace is going away: the watch says so.
      if (isApiError(error, 'conflict')) return;
      throw error;
    }
  }

  async #writeStatus({ flow, status, urgent }: Extract<FlowAction, { kind: 'writeStatus' }>): Promise<void> {
    const { now, recheckAt } = this.#options;
    const jobs = Object.keys(status.jobStatusList ?? {}).length;
    const dueMs = this.#pace.dueMs(flow.uid, jobs, urgent, now());
    if (dueMs !== undefined) {
      recheckAt(keyOf(flow), dueMs);
      return;
    }
    await this.#send(flow, statusRequest('jobflows', flow, status), 'status written');
  }

  async #send(
    flow: FlowRecord,
    request: ApiRequest,
    done: string,
    job?: { readonly name: string },
  ): Promise<void> {
    const { connection, mayWrite, log } = this.#options;
    if (!mayWrite()) return;
    try {
      await connection.request(request);
    } catch (error) {
      if (isApiError(error, 'notFound') && request.method !== 'POST') return;
      throw error;
    }
    log.debug({ namespace: flow.namespace, flow: flow.name, ...(job && { job: job.name }) }, done);
  }
}

type JobWrite = Extract<FlowAction, { kind: 'createJob' | 'deleteJob' | 'endJob' }>;

function isJobWrite(action: FlowAction): action is JobWrite {
  return action.kind === 'createJob' || action.kind === 'deleteJob' || action.kind === 'endJob';
}

function pick({ namespace, name, uid }: Identified): Pick<Identified, 'namespace' | 'name' | 'uid'> {
  return { namespace, name, uid };
}
