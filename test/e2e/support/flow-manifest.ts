import type { FlowEntry, JobFlowSpec } from '../../../src/api/flow-spec.ts';
import type { JsonObject } from '../../../src/api/job.ts';
import { API_GROUP, API_VERSION, RETRY_ANNOTATION } from '../../../src/api/names.ts';
import { job, type JobManifest } from './job-manifest.ts';

/** Begins the manifest of a JobFlow: `flow('etl').runs(job('a')).runs(job('b'), 'a')`. */
export function flow(name: string): FlowManifest {
  return new FlowManifest(name);
}

/** A JobFlow as a user writes it in a file; `cluster.apply` takes it as it is. */
export class FlowManifest {
  readonly name: string;
  readonly #entries: FlowEntry[] = [];
  readonly #annotations: Record<string, string> = {};
  #spec: Omit<JobFlowSpec, 'flows'> = {};

  constructor(name: string) {
    this.name = name;
  }

  /** Adds an entry that runs a Job's spec, after those named. */
  runs(manifest: JobManifest, ...dependencies: readonly string[]): this {
    return this.entry({
      name: manifest.name,
      dependencies,
      jobTemplate: manifest.asJobTemplate().spec,
    });
  }

  /** Adds an entry as it is written. */
  entry(entry: FlowEntry): this {
    this.#entries.push(entry);
    return this;
  }

  /** Sets further fields of the entry that was added last. */
  having(fields: Partial<FlowEntry>): this {
    const last = this.#entries.pop();
    return last === undefined ? this : this.entry({ ...last, ...fields });
  }

  /** Sets fields of the spec other than the entries. */
  spec(fields: Omit<JobFlowSpec, 'flows'>): this {
    this.#spec = { ...this.#spec, ...fields };
    return this;
  }

  /** Sets an annotation of the flow. */
  withAnnotation(key: string, value: string): this {
    this.#annotations[key] = value;
    return this;
  }

  /** Asks for a retry. */
  retry(value: string): this {
    return this.withAnnotation(RETRY_ANNOTATION, value);
  }

  /** The names of its Jobs. */
  jobNames(): string[] {
    return this.#entries.map(({ name }) => `${this.name}-${name}`);
  }

  toJSON(): object {
    return {
      apiVersion: `${API_GROUP}/${API_VERSION}`,
      kind: 'JobFlow',
      metadata: { name: this.name, annotations: this.#annotations },
      spec: { ...this.#spec, ...(this.#entries.length > 0 && { flows: this.#entries }) },
    };
  }
}

/**
 * The five Jobs: job2 after job1, job3 after both, job4 by itself, job5 after job2 and job4.
 *
 * @param job2 in place of a second Job that completes
 */
export function fiveJobs(name: string, job2: JobManifest = job('job2')): FlowManifest {
  return flow(name)
    .runs(job('job1'))
    .runs(job2, 'job1')
    .runs(job('job3'), 'job1', 'job2')
    .runs(job('job4'))
    .runs(job('job5'), 'job2', 'job4');
}

/** A JobTemplate with the spec of a Job. */
export function template(name: string, manifest: JobManifest): object {
  const jobTemplate: JsonObject = manifest.asJobTemplate().spec;
  return {
    apiVersion: `${API_GROUP}/${API_VERSION}`,
    kind: 'JobTemplate',
    metadata: { name },
    spec: { jobTemplate },
  };
}
