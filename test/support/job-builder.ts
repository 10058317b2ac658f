import type { JobCondition, JobObject, OwnerReference } from '../../src/api/job.ts';
import { formatGatedRecord } from '../../src/api/gated-record.ts';
import { KEEP_OUTCOME_FINALIZER, OWN_ANNOTATIONS, USER_ANNOTATIONS } from '../../src/api/names.ts';
import type { Outcome } from '../../src/api/outcomes.ts';
import { projectJob } from '../../src/core/job-projection.ts';
import type { JobRecord } from '../../src/core/job-record.ts';

/** Begins a Job for a test: `job('b').dependsOn('a').record()`. */
export function job(name: string): JobBuilder {
  return new JobBuilder(name);
}

/** The moment at which Jobs of tests are created, in milliseconds since the epoch. */
export const CREATED_MS = Date.parse('2026-01-01T00:00:00Z');

/** Builds a Job as the API server would send it. */
export class JobBuilder {
  readonly #job: JobObject & { spec: Record<string, never> };
  readonly #annotations: Record<string, string> = {};

  constructor(name: string) {
    this.#job = {
      metadata: {
        namespace: 'test',
        name,
        uid: `${name}-1`,
        resourceVersion: '1',
        creationTimestamp: new Date(CREATED_MS).toISOString(),
      },
      spec: {},
      status: {},
    };
  }

  /** Gated as the webhook leaves it: suspended, with the record. */
  dependsOn(list: string): this {
    this.#annotations[USER_ANNOTATIONS.dependsOn] = list;
    return this.gated();
  }

  gated(ignoredUids: readonly string[] = []): this {
    this.#annotations[OWN_ANNOTATIONS.gated] = formatGatedRecord({
      gate: true,
      statedSuspend: false,
      manager: 'test',
      ignoredUids,
      injected: [],
    });
    return this.spec({ suspend: true });
  }

  annotated(name: keyof typeof USER_ANNOTATIONS | keyof typeof OWN_ANNOTATIONS, value: string): this {
    this.#annotations[{ ...USER_ANNOTATIONS, ...OWN_ANNOTATIONS }[name]] = value;
    return this;
  }

  spec(fields: JobObject['spec'] & object): this {
    Object.assign(this.#job.spec, fields);
    return this;
  }

  labelled(key: string, value: string): this {
    this.#job.metadata.labels = { ...this.#job.metadata.labels, [key]: value };
    return this;
  }

  uid(uid: string): this {
    this.#job.metadata.uid = uid;
    return this;
  }

  createdAt(ms: number): this {
    this.#job.metadata.creationTimestamp = new Date(ms).toISOString();
    return this;
  }

  deletedAt(ms: number): this {
    this.#job.metadata.deletionTimestamp = new Date(ms).toISOString();
    return this;
  }

  ttl(seconds = 60): this {
    return this.spec({ ttlSecondsAfterFinished: seconds });
  }

  kept(): this {
    this.#job.metadata.finalizers = [KEEP_OUTCOME_FINALIZER];
    return this;
  }

  ownedBy(owner: Pick<OwnerReference, 'apiVersion' | 'kind'>): this {
    this.#job.metadata.ownerReferences = [{ ...owner, name: 'owner', uid: 'o', controller: true }];
    return this;
  }

  started(): this {
    this.#job.status = { ...this.#job.status, startTime: new Date(CREATED_MS).toISOString(), active: 1 };
    return this;
  }

  condition(condition: JobCondition): this {
    const conditions = this.#job.status?.conditions ?? [];
    this.#job.status = { ...this.#job.status, conditions: [...conditions, condition] };
    return this;
  }

  ended(outcome: Outcome): this {
    const type = outcome === 'Failed' ? 'Failed' : 'Complete';
    const reason = outcome === 'Skipped' ? 'Skipped' : 'Test';
    return this.started().condition({ type, status: 'True', reason });
  }

  object(): JobObject {
    return { ...this.#job, metadata: { ...this.#job.metadata, annotations: this.#annotations } };
  }

  record(): JobRecord {
    return projectJob(this.object());
  }
}
