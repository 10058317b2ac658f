import type { FlowRecord } from '../src/core/flow/flow-record.ts';
import type { FlowAction } from '../src/core/flow/flow-action.ts';
import type { Connection } from '../src/kube/connection.ts';
import type { EventRecorder } from '../src/kube/events.ts';
import { deleteResourceRequest, statusRequest } from '../src/kube/flow-requests.ts';
import { endJobPatch } from '../src/kube/patches.ts';
import { keyOf, type Identified } from '../src/kube/store-change.ts';
import { someAtOnce, type PartOwner, type PartWriter } from './part-writer.ts';
import { StatusPace } from './status-pace.ts';

/** What acting on flows needs. */
export interface FlowActorOptions {
  readonly connection: Connection;
  readonly events: EventRecorder;
  readonly parts: PartWriter;
  /** Gives a flow another turn at a time (milliseconds since the epoch). */
  readonly recheckAt: (key: string, atMs: number) => void;
  readonly now: () => number;
}

/** The only place that writes on behalf of flows: it makes, deletes and ends their Jobs and writes their status. */
export class FlowActor {
  readonly #options: FlowActorOptions;
  readonly #pace = new StatusPace();

  constructor(options: FlowActorOptions) {
    this.#options = options;
  }

  /** Forgets everything, as a replica does that no longer leads. */
  reset(): void {
    this.#pace.reset();
  }

  /**
   * Carries out what was decided about one flow. The Jobs come first: the status tells of what is there.
   *
   * @param flow the flow, as it was decided on
   * @throws ApiError if a write failed and is to be tried again
   */
  async act(flow: FlowRecord, actions: readonly FlowAction[]): Promise<void> {
    await someAtOnce(actions.filter(isJobWrite), (action) => this.#writeJob(flow, action));
    let told = true;
    for (const action of actions) {
      if (action.kind === 'writeStatus') told = await this.#writeStatus(action);
      // An Event tells of what the status says: it comes with it.
      else if (told || action.kind !== 'announce') await this.#actOnFlow(flow, action);
    }
  }

  async #actOnFlow(flow: FlowRecord, action: Exclude<FlowAction, { kind: 'writeStatus' }>): Promise<void> {
    const { events, parts, recheckAt } = this.#options;
    switch (action.kind) {
      case 'deleteFlow':
        await parts.send(ownerOf(flow), deleteResourceRequest('jobflows', flow), 'deleted after its TTL');
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
    const { now, connection, parts } = this.#options;
    switch (action.kind) {
      case 'createJob':
        await parts.create(ownerOf(flow), action.job);
        return;
      case 'deleteJob':
        await parts.delete(ownerOf(flow), action.job, action.why);
        return;
      case 'endJob': {
        const nowMs = Math.max(action.job.createdMs, Math.min(now(), connection.serverTimeMs()));
        const patch = endJobPatch(action.job, action.reason, action.message, nowMs);
        await parts.send(ownerOf(flow), { method: 'PATCH', ...patch }, 'Job ended natively', action.job.name);
      }
    }
  }

  /** @returns whether it was written, or put off */
  async #writeStatus({
    flow,
    status,
    urgent,
  }: Extract<FlowAction, { kind: 'writeStatus' }>): Promise<boolean> {
    const { now, parts, recheckAt } = this.#options;
    const jobs = Object.keys(status.jobStatusList ?? {}).length;
    const dueMs = this.#pace.dueMs(flow.uid, jobs, urgent, now());
    if (dueMs !== undefined) {
      recheckAt(keyOf(flow), dueMs);
      return false;
    }
    await parts.send(ownerOf(flow), statusRequest('jobflows', flow, status), 'status written');
    return true;
  }
}

type JobWrite = Extract<FlowAction, { kind: 'createJob' | 'deleteJob' | 'endJob' }>;

function isJobWrite(action: FlowAction): action is JobWrite {
  return action.kind === 'createJob' || action.kind === 'deleteJob' || action.kind === 'endJob';
}

function ownerOf({ namespace, name }: FlowRecord): PartOwner {
  return { namespace, reference: `jobflow/${name}` };
}

function pick({ namespace, name, uid }: Identified): Pick<Identified, 'namespace' | 'name' | 'uid'> {
  return { namespace, name, uid };
}
