import type { JobAction } from '../../src/core/job-plan.ts';

/** What a Job waits for, as it would be told. */
type Wait = Extract<JobAction, { kind: 'announceWait' }>;

/** Whether to tell now, and when to look again. */
export interface AnnouncementDecision {
  readonly tell: boolean;
  /** Milliseconds since the epoch. */
  readonly nextAtMs: number;
}

interface Told {
  readonly reason: Wait['reason'];
  readonly needsSomebody: boolean;
  readonly sinceMs: number;
  /** Undefined until it has been told for the first time. */
  toldAtMs: number | undefined;
}

/** A wait that is over within this time is not worth an Event. */
const GRACE_MS = 2_000;

/** Events expire after an hour by default (kube-apiserver --event-ttl); a wait that lasts must stay visible. */
const REPEAT_MS = 30 * 60_000;

/**
 * Keeps repeats of what Jobs wait for apart: the first after two seconds, then one every 30 minutes, and one as soon
 * as a wait has become one that somebody must end.
 */
export class WaitAnnouncements {
  readonly #told = new Map<string, Told>();

  /** Decides whether to tell of a wait now; what it decides counts as done. */
  decide({ job, reason, needsSomebody }: Wait, nowMs: number): AnnouncementDecision {
    let told = this.#told.get(job.uid);
    if (told?.reason !== reason || told.needsSomebody !== needsSomebody) {
      told = { reason, needsSomebody, sinceMs: nowMs, toldAtMs: undefined };
      this.#told.set(job.uid, told);
    }
    const dueMs =
      told.toldAtMs === undefined
        ? told.sinceMs + (reason === 'Waiting' ? GRACE_MS : 0)
        : told.toldAtMs + REPEAT_MS;
    if (nowMs < dueMs) return { tell: false, nextAtMs: dueMs };
    told.toldAtMs = nowMs;
    return { tell: true, nextAtMs: nowMs + REPEAT_MS };
  }

  /** Forgets a Job that no longer waits. */
  forget(uid: string): void {
    this.#told.delete(uid);
  }
}
