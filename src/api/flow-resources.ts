import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { DaemonJob, JobFlow, JobTemplate } from './generated/flow-resources.ts';
import flowResourcesSchema from './generated/flow-resources.schema.json' with { type: 'json' };
import jobSpecSchema from './generated/job-spec.schema.json' with { type: 'json' };
import { onFirstUse } from './on-first-use.ts';

/*
 * JobFlow, JobTemplate and DaemonJob as they come over the wire or out of a file. Types and schemas are generated
 * (scripts/generate-schemas.ts), with the JobSpec as Kubernetes itself describes it.
 */
export type * from './generated/flow-resources.ts';
export type {
  Container,
  EnvVar,
  JobSpec,
  ObjectMeta,
  PodSpec,
  PodTemplateSpec,
  Volume,
  VolumeMount,
} from './generated/job-spec.ts';

/** A resource in which every known field has the type that it promises, or the first field that has not. */
export type ValidatedResource<T> =
  | { readonly ok: true; readonly resource: T }
  | {
      readonly ok: false;
      /** The whole path: `spec.flows[2].jobTemplate.template.spec.containers[0].name`. */
      readonly field: string;
      /** What is wrong with it, as the rest of a sentence: `is a number, expected a string`. Holds no free text of the user's. */
      readonly problem: string;
    };

/**
 * Tells whether a value is a JobFlow, by the types of its fields alone. Unknown fields pass: the API server drops or
 * refuses them itself. A field that is `null` counts as absent and is absent from the result, as in a custom
 * resource that the API server has read.
 *
 * @param value parsed JSON or YAML
 */
export function validateJobFlow(value: unknown): ValidatedResource<JobFlow> {
  return validated(compiled().isJobFlow, value);
}

/**
 * Tells whether a value is a JobTemplate, as {@link validateJobFlow} does.
 *
 * @param value parsed JSON or YAML
 */
export function validateJobTemplate(value: unknown): ValidatedResource<JobTemplate> {
  return validated(compiled().isJobTemplate, value);
}

/**
 * Tells whether a value is a DaemonJob, as {@link validateJobFlow} does.
 *
 * @param value parsed JSON or YAML
 */
export function validateDaemonJob(value: unknown): ValidatedResource<DaemonJob> {
  return validated(compiled().isDaemonJob, value);
}

const compiled = onFirstUse(() => {
  // One error is enough, and all that it takes: a hostile list could have a million.
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, verbose: true });
  ajv.addSchema(jobSpecSchema);
  ajv.addSchema(flowResourcesSchema);
  return {
    isJobFlow: ajv.compile<JobFlow>({ $ref: 'flow-resources#/$defs/JobFlow' }),
    isJobTemplate: ajv.compile<JobTemplate>({ $ref: 'flow-resources#/$defs/JobTemplate' }),
    isDaemonJob: ajv.compile<DaemonJob>({ $ref: 'flow-resources#/$defs/DaemonJob' }),
  };
});

/** Compiles the schemas, which takes some tenths of a second that the first object would wait for. */
export function compileFlowResources(): void {
  compiled();
}

function validated<T>(validate: ValidateFunction<T>, value: unknown): ValidatedResource<T> {
  const resource = withoutNulls(value, 0);
  return validate(resource)
    ? { ok: true, resource }
    : { ok: false, ...describeTypeError(validate.errors?.[0]) };
}

/** No field of a resource lies as deep; what does is of no type, and need not be looked at. */
const DEEPEST = 100;

/**
 * The API server drops the nulls of objects in a custom resource, and refuses those in lists.
 *
 * @returns the value itself if it has none
 */
export function withoutNulls(value: unknown, depth = 0): unknown {
  return hasNullField(value, depth) ? copyWithoutNulls(value, depth) : value;
}

function hasNullField(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return false;
  if (Array.isArray(value)) return value.some((item) => hasNullField(item, depth + 1));
  return Object.values(value).some((field) => field === null || hasNullField(field, depth + 1));
}

function copyWithoutNulls(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return value;
  if (Array.isArray(value)) return value.map((item) => copyWithoutNulls(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([name, field]) => [name, copyWithoutNulls(field, depth + 1)]),
  );
}

/**
 * Puts an error of ajv into words, as {@link ValidatedResource} holds them.
 *
 * @param error made with ajv's option `verbose`
 */
export function describeTypeError(error: ErrorObject | undefined): { field: string; problem: string } {
  if (error === undefined) return { field: ROOT, problem: 'cannot be read' };
  const { keyword, params, data } = error;
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const field = fieldPath(path);
  switch (keyword) {
    case 'required':
      return { field: fieldPath([...path, String(params.missingProperty)]), problem: 'is missing' };
    case 'type':
      return { field, problem: `is ${typeWord(data)}, expected ${typeWords(params.type)}` };
    case 'enum':
      return { field, problem: `is ${shown(data)}, expected ${quoted(params.allowedValues)}` };
    case 'minimum':
      return { field, problem: `is ${shown(data)}, expected at least ${String(params.limit)}` };
    case 'maximum':
      return { field, problem: `is ${shown(data)}, expected at most ${String(params.limit)}` };
    case 'additionalProperties':
      return { field: fieldPath([...path, String(params.additionalProperty)]), problem: 'is no such field' };
    default:
      return { field, problem: error.message ?? 'has a wrong value' };
  }
}

const ROOT = 'The object';

function fieldPath(path: readonly string[]): string {
  if (path.length === 0) return ROOT;
  return path
    .map((part, index) => {
      if (/^\d+$/.test(part)) return `[${part}]`;
      if (!/^[A-Za-z_]\w*$/.test(part)) return `["${part}"]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'a boolean',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

function typeWord(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return TYPE_WORDS[typeof value] ?? 'nothing';
}

function typeWords(types: unknown): string {
  return [types]
    .flat()
    .map((type) => TYPE_WORDS[String(type)] ?? String(type))
    .join(' or ');
}

function quoted(values: unknown): string {
  const words = [values].flat().map((value) => JSON.stringify(value));
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

const LONGEST_SHOWN = 40;

/** The value of a field with few values or a number: anything else in it is only said to be there. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= LONGEST_SHOWN ? text : 'something else';
}
