import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { GlobalParams } from './flow-spec.ts';
import type { JsonObject } from './job.ts';
import { onFirstUse } from './on-first-use.ts';

/** A JobTemplate, in the fields that Jobs take from it. */
export interface JobTemplate {
  readonly spec: {
    /** A JobSpec: the base of the spec of every Job that names this template. */
    readonly jobTemplate: JsonObject;
  };
}

/** A JobFlow, in the fields that Jobs which join it by annotation take from it. */
export interface JobFlow {
  readonly spec?: { readonly globalParams?: GlobalParams | null } | null;
}

/** A resource that has been read, or what is wrong with it, as part of a sentence. */
export type ReadResource<T> =
  { readonly ok: true; readonly resource: T } | { readonly ok: false; readonly problem: string };

/**
 * Reads a JobTemplate as the API server sent it.
 *
 * @param payload the parsed answer
 */
export function readJobTemplate(payload: unknown): ReadResource<JobTemplate> {
  return read(validateJobTemplate(), payload);
}

/**
 * Reads a JobFlow as the API server sent it.
 *
 * @param payload the parsed answer
 */
export function readJobFlow(payload: unknown): ReadResource<JobFlow> {
  return read(validateJobFlow(), payload);
}

const ajv = new Ajv({ strict: true, allowUnionTypes: true });

const stringMap = { type: ['object', 'null'], additionalProperties: { type: 'string' } };

const validateJobTemplate = onFirstUse(() =>
  ajv.compile<JobTemplate>({
    type: 'object',
    required: ['spec'],
    properties: {
      spec: { type: 'object', required: ['jobTemplate'], properties: { jobTemplate: { type: 'object' } } },
    },
  }),
);

const validateJobFlow = onFirstUse(() =>
  ajv.compile<JobFlow>({
    type: 'object',
    properties: {
      spec: {
        type: ['object', 'null'],
        properties: {
          globalParams: {
            type: ['object', 'null'],
            properties: {
              nodeName: { type: ['string', 'null'] },
              env: {
                type: ['array', 'null'],
                items: {
                  type: 'object',
                  required: ['name'],
                  properties: { name: { type: 'string', minLength: 1 } },
                },
              },
              labels: stringMap,
              annotations: stringMap,
            },
          },
        },
      },
    },
  }),
);

function read<T>(validate: ValidateFunction<T>, payload: unknown): ReadResource<T> {
  return validate(payload)
    ? { ok: true, resource: payload }
    : { ok: false, problem: problemOf(validate.errors?.[0]) };
}

function problemOf(error: ErrorObject | undefined): string {
  if (error === undefined) return 'it cannot be read';
  return `${error.instancePath.slice(1).replaceAll('/', '.') || 'it'} ${error.message ?? 'has a wrong value'}`;
}
