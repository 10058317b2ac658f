import type { ResourceView } from '../src/core/admission/flow/resource-view.ts';
import type { Whole } from '../src/core/admission/flow/waiting-objects.ts';
import type { AdmissionView, Candidate } from '../src/core/admission/view.ts';
import type { FollowedFigures } from '../src/runtime/metrics.ts';
import { JobIndex, type IndexOptions } from './job-index.ts';
import { ResourceIndex } from './resource-index.ts';
import { WaitingNamespaces } from './waiting-namespaces.ts';

/** All that the webhook knows of Jobs, JobFlows and DaemonJobs, each kept by a watch. */
export class AdmissionIndex {
  readonly #waiting = new WaitingNamespaces();
  readonly #jobs: JobIndex;
  readonly #resources: ResourceIndex;

  constructor(options: Omit<IndexOptions, 'waiting'>) {
    this.#jobs = new JobIndex({ ...options, waiting: this.#waiting });
    this.#resources = new ResourceIndex({ ...options, waiting: this.#waiting });
  }

  /** What is followed, by the plural of the resource. */
  get followed(): Readonly<Record<string, FollowedFigures>> {
    return { jobs: this.#jobs.followed, ...this.#resources.followed };
  }

  /** Begins to follow the objects. */
  start(): void {
    this.#jobs.start();
    this.#resources.start();
  }

  /** What of all that existed at the start has not been seen yet, as part of a sentence; undefined once it has. */
  get problem(): string | undefined {
    if (!this.#jobs.synced) return 'it has not seen all Jobs yet';
    return this.#resources.synced
      ? undefined
      : 'it has not seen all JobFlows and DaemonJobs yet (are the custom resources installed?)';
  }

  /** Stops following. */
  async stop(): Promise<void> {
    await Promise.all([this.#jobs.stop(), this.#resources.stop()]);
  }

  /** What a decision about a Job of this namespace may ask. */
  view(namespace: string): AdmissionView {
    this.#forgetOldAdmissions();
    return {
      findCycle: (candidate) => this.#waiting.of(namespace).cycleThroughJob(candidate),
      uidsInDeletion: (names) =>
        names.flatMap((name) => {
          const index = name.includes('/') ? this.#resources : this.#jobs;
          return index.uidInDeletion(namespace, name) ?? [];
        }),
    };
  }

  /** What a decision about a JobFlow, JobTemplate or DaemonJob of this namespace may ask. */
  resourceView(namespace: string): ResourceView {
    this.#forgetOldAdmissions();
    return {
      findWholeCycle: (candidate) => this.#waiting.of(namespace).cycleThroughWhole(candidate),
      usersOfTemplate: (name) => this.#resources.usersOfTemplate(namespace, name),
    };
  }

  /** Counts a Job as waiting from now on, before the watch brings it. */
  admitted(namespace: string, job: Candidate): void {
    this.#jobs.admitted(namespace, job);
  }

  /** Counts a JobFlow or DaemonJob from now on, before the watch brings it. */
  admittedWhole(namespace: string, whole: Whole): void {
    this.#resources.admitted(namespace, whole);
  }

  /** Of the objects of a cycle, those that only an admission speaks for, and that may have been refused after it. */
  doubtful(namespace: string, names: readonly string[]): string[] {
    return [...this.#jobs.doubtful(namespace, names), ...this.#resources.doubtful(namespace, names)];
  }

  /** Forgets the admission of an object that was refused after it. */
  forget(namespace: string, reference: string): void {
    const index = reference.includes('/') ? this.#resources : this.#jobs;
    index.forget(namespace, reference);
  }

  #forgetOldAdmissions(): void {
    this.#jobs.forgetOldAdmissions();
    this.#resources.forgetOldAdmissions();
  }
}
