import type { JobFlowStatus } from '../../src/api/flow-spec.ts';
import type { Outcome } from '../../src/api/outcomes.ts';
import { NO_ENDED_PARTS, notYetNoted, type EndedParts } from '../../src/core/flow/ended-parts.ts';
import { outcomeNoted } from '../../src/core/flow/job-states.ts';
import type { JobRecord } from '../../src/core/job-record.ts';
import type { Change } from '../../src/kube/store-change.ts';

/** A JobFlow or DaemonJob, as far as its parts are concerned. */
interface Whole {
  readonly uid: string;
  readonly status: JobFlowStatus;
}

/** Remembers how the parts of JobFlows, or of DaemonJobs, ended that were seen to go before a status tells of it. */
export class GoneParts {
  /** By the UID of their owner. */
  readonly #ended = new Map<string, Map<string, Outcome>>();

  /**
   * Takes in that a part is gone.
   *
   * @param owner the object that controls it, if there still is one
   */
  handleGone({ name, outcome }: JobRecord, owner: Whole | undefined): void {
    if (owner === undefined || outcome === undefined) return;
    if (outcomeNoted(owner.status.jobStatusList?.[name]) !== undefined) return;
    // In place: with its namespace, thousands of parts of one flow may go at once.
    const ended = this.#ended.get(owner.uid);
    if (ended === undefined) this.#ended.set(owner.uid, new Map([[name, outcome]]));
    else ended.set(name, outcome);
  }

  /** Takes in a change of an owner. */
  handleOwner({ kind, record, previous }: Change<Whole>): void {
    if (kind === 'deleted') this.#ended.delete(record.uid);
    if (kind === 'updated')
      this.#keep(record.uid, notYetNoted(this.of(record.uid), record.status, previous.status));
  }

  /** Forgets the parts of an owner that are not its own any more. */
  keepOnly(ownerUid: string, isPart: (name: string) => boolean): void {
    this.#keep(ownerUid, new Map([...this.of(ownerUid)].filter(([name]) => isPart(name))));
  }

  /** How the parts of an owner ended that are gone before its status says so; good until the next change. */
  of(ownerUid: string): EndedParts {
    return this.#ended.get(ownerUid) ?? NO_ENDED_PARTS;
  }

  #keep(ownerUid: string, ended: Map<string, Outcome>): void {
    if (ended.size === 0) this.#ended.delete(ownerUid);
    else this.#ended.set(ownerUid, ended);
  }
}
