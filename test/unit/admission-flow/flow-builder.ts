import type { Json, JsonObject } from '../../../src/api/job.ts';
import { API_GROUP } from '../../../src/api/names.ts';
import { decideFlow, type FlowRequest } from '../../../src/core/admission/flow/decide-flow.ts';
import type { ResourceVerdict } from '../../../src/core/admission/flow/resource-verdict.ts';
import type { ResourceView } from '../../../src/core/admission/flow/resource-view.ts';
import { WaitingObjects, type SeenObject } from '../../../src/core/admission/flow/waiting-objects.ts';

/** A JobSpec with which nothing is wrong. */
export const GOOD_SPEC: JsonObject = {
  template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1.36' }] } },
};

/** A JobSpec with these containers. */
export function specWith(containers: Json, pod: JsonObject = {}): JsonObject {
  return { template: { spec: { containers, ...pod } } };
}

/** Begins a JobFlow for a test: `flow('etl').entry('load', 'extract')`. */
export function flow(name: string): FlowBuilder {
  return new FlowBuilder(name);
}

/** Builds a JobFlow as it is sent. */
export class FlowBuilder {
  readonly #metadata: JsonObject;
  readonly #annotations: Record<string, string> = {};
  readonly #spec: JsonObject = {};
  readonly #entries: JsonObject[] = [];

  constructor(name: string) {
    this.#metadata = { name, namespace: 'ns' };
  }

  /** Adds an entry that waits for others, by its `dependencies` separated by blanks. */
  entry(name: string, dependencies = '', fields: JsonObject = { jobTemplate: GOOD_SPEC }): this {
    const list = dependencies.split(' ').filter((text) => text !== '');
    this.#entries.push({ name, ...(list.length > 0 && { dependencies: list }), ...fields });
    return this;
  }

  /** Adds an entry as it is. */
  entryOf(entry: JsonObject): this {
    this.#entries.push(entry);
    return this;
  }

  spec(fields: JsonObject): this {
    Object.assign(this.#spec, fields);
    return this;
  }

  metadata(fields: JsonObject): this {
    Object.assign(this.#metadata, fields);
    return this;
  }

  /** Sets an annotation of ours by its short name. */
  annotated(name: string, value: string): this {
    this.#annotations[`${API_GROUP}/${name}`] = value;
    return this;
  }

  object(): JsonObject {
    return {
      apiVersion: `${API_GROUP}/v1alpha1`,
      kind: 'JobFlow',
      metadata: {
        ...this.#metadata,
        ...(Object.keys(this.#annotations).length > 0 && { annotations: { ...this.#annotations } }),
      },
      spec: { ...this.#spec, ...(this.#entries.length > 0 && { flows: [...this.#entries] }) },
    };
  }
}

/** A namespace with these objects that wait, and nothing that uses a template unless stated. */
export function viewOf(
  objects: WaitingObjects = new WaitingObjects(() => undefined),
  users: readonly string[] = [],
): ResourceView {
  return {
    findWholeCycle: (candidate) => objects.cycleThroughWhole(candidate),
    usersOfTemplate: () => users,
  };
}

/** Waiting objects with these Jobs, each with what it depends on. */
export function waitingJobs(
  jobs: Readonly<Record<string, string>>,
  flows: Readonly<Record<string, string>> = {},
) {
  const seen = (name: string): SeenObject | undefined =>
    jobs[name] === undefined
      ? undefined
      : {
          waits: { run: undefined, edges: jobs[name].split(' ').map((edge) => ({ name: edge })) },
          wholes: flows[name] === undefined ? [] : [`jobflow/${flows[name]}`],
        };
  const objects = new WaitingObjects(seen);
  for (const name of Object.keys(jobs)) objects.refreshJob(name);
  return objects;
}

/** Decides about a new JobFlow. */
export function create(builder: FlowBuilder, request: Partial<FlowRequest> = {}): ResourceVerdict {
  return decideFlow({
    object: builder.object(),
    old: undefined,
    namespace: 'ns',
    templates: new Map(),
    view: viewOf(),
    ...request,
  });
}

/** Decides about an edit of a JobFlow. */
export function update(
  old: FlowBuilder,
  next: FlowBuilder,
  request: Partial<FlowRequest> = {},
): ResourceVerdict {
  return create(next, { old: old.object(), ...request });
}

/** `CODE: sentence` of a refusal; `admitted` and the warnings otherwise. */
export function told(verdict: ResourceVerdict): string {
  return verdict.kind === 'refuse'
    ? `${verdict.refusal.code}: ${verdict.refusal.message}`
    : ['admitted', ...verdict.warnings].join('\n');
}
