import { Ajv, type ValidateFunction } from 'ajv';
import { refusal } from './errors.ts';
import type { JobObject, JsonObject } from './job.ts';
import { describeSchemaError } from './schema-error.ts';

/** What is being done to the object. */
export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** Group, version and kind of an object. */
export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

/** Group, version and resource that a request was sent to. */
export interface GroupVersionResource {
  group: string;
  version: string;
  resource: string;
}

/**
 * What the API server asks: may this object be written, and how should it be changed? The fields that jobflow
 * reads of `request` in an `admission.k8s.io/v1` AdmissionReview
 * (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request).
 */
export interface AdmissionRequest<T extends object = JobObject> {
  readonly uid: string;
  readonly kind: Readonly<GroupVersionKind>;
  readonly resource: Readonly<GroupVersionResource>;
  readonly subResource: string | undefined;
  /** Undefined for a CREATE by `generateName`: the name is made after mutation. */
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly operation: AdmissionOperation;
  readonly userInfo: { readonly username: string; readonly groups: readonly string[] };
  /** The object as it would be stored, after defaulting; there on CREATE and UPDATE. */
  readonly object: T | undefined;
  /** The object as it is stored; there on UPDATE and DELETE. */
  readonly oldObject: T | undefined;
  readonly dryRun: boolean;
  /** CreateOptions, UpdateOptions, ...: `fieldManager` tells who writes. Raw clients send none. */
  readonly options: Readonly<JsonObject> & { readonly fieldManager?: string };
}

/** An AdmissionReview that holds a request. */
export interface AdmissionReview<T extends object = JobObject> {
  readonly request: AdmissionRequest<T>;
}

/** What jobflow decides on a request. */
export type AdmissionDecision =
  | {
      readonly kind: 'allow';
      /** Shown by kubectl as `Warning: …`. */
      readonly warnings: readonly string[];
      /** The object as it should be stored; without it nothing is changed. */
      readonly patched?: JobObject | JsonObject;
    }
  | {
      readonly kind: 'deny';
      /** The HTTP status that the user's client sees: 422, 400, 403, 409. */
      readonly code: number;
      /** The code of the refusal, as `docs/errors.md` lists it. */
      readonly reason: string;
      readonly message: string;
    };

/** The `response` of an AdmissionReview, as the API server reads it. */
export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: { readonly code: number; readonly reason: string; readonly message: string };
  /** Base64 of a JSON patch (RFC 6902); always together with `patchType`. */
  readonly patch?: string;
  readonly patchType?: 'JSONPatch';
  readonly warnings?: readonly string[];
}

/** An AdmissionReview that holds an answer. */
export interface AdmissionReviewAnswer {
  readonly apiVersion: 'admission.k8s.io/v1';
  readonly kind: 'AdmissionReview';
  readonly response: AdmissionResponse;
}

/** A review that has been read, or the one sentence that says what is wrong with it. */
export type ParsedAdmissionReview<T extends object = JobObject> =
  | { readonly ok: true; readonly review: AdmissionReview<T> }
  | { readonly ok: false; readonly message: string };

/**
 * Reads an AdmissionReview of a `batch/v1` Job. Every field that jobflow reads has the type it promises
 * afterwards; all other fields pass through unseen.
 *
 * @param value the parsed body of the request
 */
export function parseAdmissionReview(value: unknown): ParsedAdmissionReview {
  return parse(validateJobReview, value, (kind) =>
    kind.group === 'batch' && kind.version === 'v1' && kind.kind === 'Job'
      ? undefined
      : `is ${[kind.group, kind.version, kind.kind].join('/')}, expected batch/v1/Job`,
  );
}

/**
 * Reads an AdmissionReview of any other kind of object (a JobFlow, a JobTemplate); the object itself is only
 * known to be a JSON object.
 *
 * @param value the parsed body of the request
 */
export function parseResourceReview(value: unknown): ParsedAdmissionReview<JsonObject> {
  return parse(validateResourceReview, value, () => undefined);
}

interface WireReview<T> {
  request: {
    uid: string;
    kind: GroupVersionKind;
    resource: GroupVersionResource;
    subResource?: string | null;
    name?: string | null;
    namespace?: string | null;
    operation: AdmissionOperation;
    userInfo: { username?: string; groups?: string[] | null };
    object?: T | null;
    oldObject?: T | null;
    dryRun?: boolean | null;
    options?: (JsonObject & { fieldManager?: string }) | null;
  };
}

const ajv = new Ajv({ strict: true, allowUnionTypes: true, verbose: true });

const text = { type: 'string' };
const textOrNull = { type: ['string', 'null'] };
const stringMap = { type: ['object', 'null'], additionalProperties: text };
const listOf = (items: object): object => ({ type: ['array', 'null'], items });

function objectOf(properties: Record<string, object>, required: readonly string[] = []): object {
  return { type: 'object', properties, required };
}

const jobSchema = {
  ...objectOf(
    {
      metadata: objectOf({
        name: text,
        generateName: text,
        namespace: text,
        uid: text,
        resourceVersion: text,
        generation: { type: 'integer' },
        creationTimestamp: textOrNull,
        deletionTimestamp: textOrNull,
        labels: stringMap,
        annotations: stringMap,
        finalizers: listOf(text),
        ownerReferences: listOf(
          objectOf({ apiVersion: text, kind: text, name: text, uid: text, controller: { type: 'boolean' } }, [
            'apiVersion',
            'kind',
            'name',
            'uid',
          ]),
        ),
        managedFields: listOf(
          objectOf({ manager: text, operation: text, subresource: text, fieldsV1: { type: 'object' } }),
        ),
      }),
      spec: { type: ['object', 'null'] },
      status: {
        type: ['object', 'null'],
        properties: {
          startTime: textOrNull,
          active: { type: 'integer' },
          conditions: listOf(
            objectOf(
              { type: text, status: text, reason: text, message: text, lastTransitionTime: textOrNull },
              ['type', 'status'],
            ),
          ),
        },
      },
    },
    ['metadata'],
  ),
  // Absent objects come as null.
  type: ['object', 'null'],
};

function reviewSchema(object: object): object {
  const request = objectOf(
    {
      uid: { type: 'string', minLength: 1 },
      kind: objectOf({ group: text, version: text, kind: text }, ['group', 'version', 'kind']),
      resource: objectOf({ group: text, version: text, resource: text }, ['group', 'version', 'resource']),
      subResource: textOrNull,
      name: textOrNull,
      namespace: textOrNull,
      operation: { type: 'string', enum: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] },
      userInfo: objectOf({ username: text, groups: listOf(text) }),
      object,
      oldObject: object,
      dryRun: { type: ['boolean', 'null'] },
      options: { type: ['object', 'null'], properties: { fieldManager: text } },
    },
    ['uid', 'kind', 'resource', 'operation', 'userInfo'],
  );
  return objectOf(
    {
      apiVersion: { type: 'string', const: 'admission.k8s.io/v1' },
      kind: { type: 'string', const: 'AdmissionReview' },
      request,
    },
    ['apiVersion', 'kind', 'request'],
  );
}

const validateJobReview = ajv.compile<WireReview<JobObject>>(reviewSchema(jobSchema));
const validateResourceReview = ajv.compile<WireReview<JsonObject>>(
  reviewSchema({ type: ['object', 'null'] }),
);

function parse<T extends object>(
  validate: ValidateFunction<WireReview<T>>,
  value: unknown,
  kindProblem: (kind: GroupVersionKind) => string | undefined,
): ParsedAdmissionReview<T> {
  if (!validate(value)) {
    const [error] = validate.errors ?? [];
    if (error === undefined) return malformed('AdmissionReview', 'cannot be read');
    const { field, problem } = describeSchemaError(error, 'AdmissionReview');
    return malformed(field, problem);
  }
  const { request } = value;
  const wrongKind = kindProblem(request.kind);
  if (wrongKind !== undefined) return malformed('request.kind', wrongKind);
  const { operation } = request;
  const object = request.object ?? undefined;
  const oldObject = request.oldObject ?? undefined;
  const missing = `is missing, expected an object on ${operation}`;
  if (object === undefined && (operation === 'CREATE' || operation === 'UPDATE')) {
    return malformed('request.object', missing);
  }
  if (oldObject === undefined && (operation === 'UPDATE' || operation === 'DELETE')) {
    return malformed('request.oldObject', missing);
  }
  return {
    ok: true,
    review: {
      request: {
        uid: request.uid,
        kind: request.kind,
        resource: request.resource,
        subResource: emptyAsUndefined(request.subResource),
        name: emptyAsUndefined(request.name),
        namespace: emptyAsUndefined(request.namespace),
        operation,
        userInfo: { username: request.userInfo.username ?? '', groups: request.userInfo.groups ?? [] },
        object,
        oldObject,
        dryRun: request.dryRun ?? false,
        options: request.options ?? {},
      },
    },
  };
}

function emptyAsUndefined(value: string | null | undefined): string | undefined {
  return value === null || value === '' ? undefined : value;
}

function malformed(field: string, problem: string): { ok: false; message: string } {
  return { ok: false, message: refusal('ReviewMalformed', { field, problem }).message };
}
