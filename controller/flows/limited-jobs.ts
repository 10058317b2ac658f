/** Jobs that only the limit of their flow keeps waiting. */
interface Limited {
  /** In the order in which they came, by their keys. */
  readonly waiting: Set<string>;
  /** Those that have been offered a place and have not been looked at since. */
  readonly offered: Set<string>;
}

/**
 * Whose turn it is where a flow runs only some Jobs at once. When a place is free as many Jobs are looked at as there is
 * room for, and not all that wait; one that does not take its place (it has been edited, say) passes it on.
 */
export class LimitedJobs {
  readonly #byFlow = new Map<string, Limited>();
  readonly #flowOfOffered = new Map<string, string>();

  /** Notes that only the limit of its flow keeps a Job waiting. */
  wait(flow: string, job: string): void {
    let limited = this.#byFlow.get(flow);
    if (limited === undefined) {
      limited = { waiting: new Set(), offered: new Set() };
      this.#byFlow.set(flow, limited);
    }
    limited.waiting.add(job);
  }

  /**
   * The Jobs that are to be looked at next.
   *
   * @param room how many more the flow may run now
   */
  offer(flow: string, room: number): string[] {
    const limited = this.#byFlow.get(flow);
    if (limited === undefined) return [];
    const next = [...limited.waiting.values().take(Math.max(0, room - limited.offered.size))];
    for (const job of next) {
      limited.waiting.delete(job);
      limited.offered.add(job);
      this.#flowOfOffered.set(job, flow);
    }
    return next;
  }

  /**
   * Notes that a Job has been looked at.
   *
   * @returns its flow, if it had been offered a place: where it has not taken it, the next may
   */
  looked(job: string): string | undefined {
    const flow = this.#flowOfOffered.get(job);
    if (flow === undefined) return undefined;
    this.#flowOfOffered.delete(job);
    const limited = this.#byFlow.get(flow);
    limited?.offered.delete(job);
    if (limited?.waiting.size === 0 && limited.offered.size === 0) this.#byFlow.delete(flow);
    return flow;
  }

  /** Forgets a flow: it is gone, or all its Jobs are looked at anyway. */
  forget(flow: string): void {
    for (const job of this.#byFlow.get(flow)?.offered ?? []) this.#flowOfOffered.delete(job);
    this.#byFlow.delete(flow);
  }

  /** Forgets everything, as a replica does that no longer leads. */
  reset(): void {
    this.#byFlow.clear();
    this.#flowOfOffered.clear();
  }
}
