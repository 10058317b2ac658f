import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { describeTypeError, withoutNulls } from '../../api/flow-resources.ts';
import flowResourcesSchema from '../../api/generated/flow-resources.schema.json' with { type: 'json' };
import jobSpecSchema from '../../api/generated/job-spec.schema.json' with { type: 'json' };
import type { Json, JsonObject } from '../../api/job.ts';
import { onFirstUse } from '../../api/on-first-use.ts';
import { isObject } from '../../core/admission/json-tree.ts';

/** A kind of object that `lint` looks at. */
export type LintedKind = 'Job' | 'CronJob' | 'JobFlow' | 'JobTemplate' | 'DaemonJob';

/** A field that is not as the schema wants it. */
export interface SchemaMistake {
  /** The whole path: `spec.template.spec.containers[0].image`. */
  readonly field: string;
  /** As the rest of a sentence: `is a number, expected a string`. */
  readonly problem: string;
  readonly kind: 'missing' | 'unknown' | 'wrong';
}

/**
 * Compares an object with the schema of its kind, unknown fields included: kubectl has the API server refuse them
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation). A field that is `null` counts as
 * absent. The status is not looked at.
 */
export function schemaMistakes(kind: LintedKind, object: JsonObject): SchemaMistake[] {
  const validate = validatorOf(kind);
  return validate(withoutNulls(object)) ? [] : (validate.errors ?? []).map(mistakeOf);
}

function mistakeOf(error: ErrorObject): SchemaMistake {
  const kind = KINDS_OF_MISTAKE[error.keyword] ?? 'wrong';
  return { ...describeTypeError(error), kind };
}

const KINDS_OF_MISTAKE: Readonly<Record<string, SchemaMistake['kind']>> = {
  required: 'missing',
  additionalProperties: 'unknown',
};

const METADATA = { $ref: 'job-spec#/$defs/ObjectMeta' };
const JOB_SPEC = { $ref: 'job-spec#/$defs/JobSpec' };

/** An object of batch/v1 around a spec. */
function frame(spec: JsonObject): JsonObject {
  return {
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    properties: {
      apiVersion: { type: 'string', enum: ['batch/v1'] },
      kind: { type: 'string' },
      metadata: METADATA,
      spec,
      status: {},
    },
  };
}

/** The frames of the two kinds that Kubernetes itself has around a JobSpec (kubernetes.io/docs/reference, batch/v1). */
const FRAMES = {
  $id: 'frames',
  $defs: {
    Job: frame(JOB_SPEC),
    CronJob: frame({
      type: 'object',
      required: ['schedule', 'jobTemplate'],
      properties: {
        concurrencyPolicy: { type: 'string', enum: ['Allow', 'Forbid', 'Replace'] },
        failedJobsHistoryLimit: { type: 'integer' },
        jobTemplate: {
          type: 'object',
          required: ['spec'],
          properties: { metadata: METADATA, spec: JOB_SPEC },
        },
        schedule: { type: 'string' },
        startingDeadlineSeconds: { type: 'integer' },
        successfulJobsHistoryLimit: { type: 'integer' },
        suspend: { type: 'boolean' },
        timeZone: { type: 'string' },
      },
    }),
  },
};

const SCHEMA_OF_KIND: Readonly<Record<LintedKind, string>> = {
  Job: 'frames#/$defs/Job',
  CronJob: 'frames#/$defs/CronJob',
  JobFlow: 'flow-resources#/$defs/JobFlow',
  JobTemplate: 'flow-resources#/$defs/JobTemplate',
  DaemonJob: 'flow-resources#/$defs/DaemonJob',
};

const schemas = onFirstUse(() => {
  const ajv = new Ajv({
    strict: true,
    allowUnionTypes: true,
    verbose: true,
    // A person mends all mistakes at once, and the file is their own.
    allErrors: true,
    // Tidying the compiled code takes longer than it saves, and the schemas are generated.
    code: { optimize: false },
    validateSchema: false,
  });
  for (const schema of [jobSpecSchema, flowResourcesSchema, FRAMES])
    ajv.addSchema(closed(schema) as JsonObject);
  return ajv;
});

const validators = new Map<LintedKind, ValidateFunction>();

/** Compiling takes a while, so only what is asked for is compiled. */
function validatorOf(kind: LintedKind): ValidateFunction {
  const known = validators.get(kind);
  if (known !== undefined) return known;
  const validate = schemas().compile({ $ref: SCHEMA_OF_KIND[kind] });
  validators.set(kind, validate);
  return validate;
}

/** The same schema without room for unknown fields. */
function closed(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isObject(schema)) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const { properties } = schema;
  // Without properties it is a map, or of a form of its own, such as FieldsV1.
  const isRecord = schema.type === 'object' && isObject(properties) && Object.keys(properties).length > 0;
  return isRecord ? { ...inner, additionalProperties: false } : inner;
}
