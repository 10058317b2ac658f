import type { FlowRecord } from '../../src/core/flow/flow-record.ts';
import type { FlowAction } from '../../src/core/flow/flow-action.ts';
import type { Connection } from '../../src/kube/connection.ts';
import type { EventRecorder } from '../../src/kube/events.ts';
import { deleteResourceRequest } from '../../src/kube/flow-requests.ts';
import { endJobPatch, startMsOf } from '../../src/kube/patches.ts';
import { keyOf, type Identified } from '../../src/kube/store-change.ts';
import { PacedStatus } from '../status/paced-status.ts';
import { someAtOnce, type PartOwner, type PartWriter } from '../parts/part-writer.ts';

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
  readonly #statuses: PacedStatus;

  constructor(options: FlowActorOptions) {
    this.#options = options;
    this.#statuses = new PacedStatus({ collection: 'jobflows', ...options });
  }

  /** Forgets a flow that is gone. */
  forget({ uid }: FlowRecord): void {
    this.#statuses.forget(uid);
  }

  /** Forgets everything, as a replica does that no longer leads. */
  reset(): void {
    this.#statuses.reset();
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
      if (action.kind === 'writeStatus')
        told = await this.#statuses.write(ownerOf(flow), action.flow, action.status, action.urgent);
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
        const startMs = startMsOf(action.job, now(), connection.serverTimeMs());
        const patch = endJobPatch(action.job, action.reason, action.message, startMs);
        await parts.send(ownerOf(flow), { method: 'PATCH', ...patch }, 'Job ended natively', action.job.name);
      }
    }
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
