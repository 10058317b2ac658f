import type { JsonObject } from '../../../src/api/job.ts';
import { USER_ANNOTATIONS } from '../../../src/api/names.ts';
import {
  BY_HAND_ANNOTATION,
  DURATION_ANNOTATION,
  EXIT_CODE_ANNOTATION,
  FAIL_ANNOTATION,
} from '../../support/cluster.ts';

/** Begins the manifest of a Job that completes at once: `job('b').dependsOn('a').lasts('500ms')`. */
export function job(name: string): JobManifest {
  return new JobManifest(name);
}

/** A Job as a user writes it in a file; `JSON.stringify`, and so `cluster.apply`, takes it as it is. */
export class JobManifest {
  readonly name: string;
  readonly #metadata: JsonObject = {};
  readonly #annotations: Record<string, string> = {};
  readonly #podAnnotations: Record<string, string> = {};
  readonly #spec: JsonObject = {};
  #pod: JsonObject | undefined = {
    restartPolicy: 'Never',
    containers: [{ name: 'main', image: 'busybox:1.36', command: ['true'] }],
  };

  constructor(name: string) {
    this.name = name;
  }

  /** Sets the annotation `depends-on`. */
  dependsOn(list: string): this {
    return this.annotated('dependsOn', list);
  }

  /** Sets one of the annotations that users write. */
  annotated(key: keyof typeof USER_ANNOTATIONS, value: string): this {
    return this.withAnnotation(USER_ANNOTATIONS[key], value);
  }

  /** Sets any annotation of the Job. */
  withAnnotation(key: string, value: string): this {
    this.#annotations[key] = value;
    return this;
  }

  /** Sets fields of the Job's metadata other than its name and annotations. */
  metadata(fields: JsonObject): this {
    Object.assign(this.#metadata, fields);
    return this;
  }

  /** Its pods run that long: a Go duration. */
  lasts(duration: string): this {
    this.#podAnnotations[DURATION_ANNOTATION] = duration;
    return this;
  }

  /** Its pods stay as the test writes their status, once they have a node. */
  byHand(): this {
    this.#podAnnotations[BY_HAND_ANNOTATION] = 'true';
    return this;
  }

  /** Its first pod fails, and so does the Job. */
  fails(exitCode = 1): this {
    this.#podAnnotations[FAIL_ANNOTATION] = 'true';
    this.#podAnnotations[EXIT_CODE_ANNOTATION] = String(exitCode);
    return this.spec({ backoffLimit: 0 });
  }

  /** Sets fields of the Job's spec. */
  spec(fields: JsonObject): this {
    Object.assign(this.#spec, fields);
    return this;
  }

  /** Sets fields of the pod's spec. */
  pod(fields: JsonObject): this {
    this.#pod = { ...this.#pod, ...fields };
    return this;
  }

  /** Leaves the pod template to a JobTemplate. */
  withoutPod(): this {
    this.#pod = undefined;
    return this;
  }

  /** What a CronJob has as its `jobTemplate`. */
  asJobTemplate(): { metadata: JsonObject; spec: JsonObject } {
    const template = this.#pod && {
      template: { metadata: { annotations: this.#podAnnotations }, spec: this.#pod },
    };
    return {
      metadata: { ...this.#metadata, annotations: this.#annotations },
      spec: { ...this.#spec, ...template },
    };
  }

  toJSON(): JsonObject {
    const { metadata, spec } = this.asJobTemplate();
    return { apiVersion: 'batch/v1', kind: 'Job', metadata: { ...metadata, name: this.name }, spec };
  }
}
