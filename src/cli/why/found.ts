import type { NodeRecord } from '../../core/daemon/node-record.ts';
import type { PodObject } from '../cluster/pods.ts';
import type { Installation } from '../installation/installation.ts';
import type { Reading } from '../installation/reading.ts';
import { keyOf, type EventObject, type Evidence, type Need, type WorkloadObject } from './evidence.ts';

/** For how many objects pods, Events and the like are read; of the others their own status is told. */
const LOOKED_AT = 8;

/**
 * What has been read for single objects, asked for as it is needed: what has not been read is noted as a need, what may
 * not be read as forbidden, and both count as nothing.
 */
export class FoundEvidence {
  readonly #evidence: Evidence;
  readonly #needs = new Map<string, Need>();
  readonly #forbidden = new Set<string>();
  readonly #lookedAt = new Set<string>();

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  get needs(): readonly Need[] {
    return [...this.#needs.values()];
  }

  get forbidden(): readonly string[] {
    return [...this.#forbidden];
  }

  /** @returns undefined if they are not read, or may not be */
  pods(job: string): readonly PodObject[] | undefined {
    if (!this.#mayLookAt(job)) return undefined;
    const found = this.#find({ kind: 'pods', job });
    return found?.kind === 'pods' ? this.#allowed(found.pods) : undefined;
  }

  /** The Events of one object: of the one with that UID, if it is given. */
  events(of: 'Job' | 'Pod', name: string, uid?: string): readonly EventObject[] {
    if (of === 'Job' && !this.#mayLookAt(name)) return [];
    const found = this.#find({ kind: 'events', of, name });
    const events = found?.kind === 'events' ? (this.#allowed(found.events) ?? []) : [];
    return events.filter(({ involvedObject }) => uid === undefined || involvedObject?.uid === uid);
  }

  installation(): Installation | undefined {
    const found = this.#find({ kind: 'installation' });
    return found?.kind === 'installation' ? found.installation : undefined;
  }

  nodes(): readonly NodeRecord[] | undefined {
    const found = this.#find({ kind: 'nodes' });
    return found?.kind === 'nodes' ? this.#allowed(found.nodes) : undefined;
  }

  workload(job: string): WorkloadObject | undefined {
    if (!this.#mayLookAt(job)) return undefined;
    const found = this.#find({ kind: 'workload', job });
    return found?.kind === 'workload' ? this.#allowed(found.workload) : undefined;
  }

  /** Notes what may not be read, where the answer would depend on it. */
  forbid(what: string): void {
    this.#forbidden.add(what);
  }

  #allowed<T>(read: Reading<T>): T | undefined {
    if (read.kind === 'forbidden') this.forbid(read.what);
    return read.kind === 'read' ? read.value : undefined;
  }

  #find(need: Need) {
    const key = keyOf(need);
    const found = this.#evidence.read.get(key);
    if (found === undefined) this.#needs.set(key, need);
    return found;
  }

  #mayLookAt(name: string): boolean {
    if (!this.#lookedAt.has(name) && this.#lookedAt.size >= LOOKED_AT) return false;
    this.#lookedAt.add(name);
    return true;
  }
}
