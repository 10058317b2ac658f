import type { JsonObject } from '../../api/job.ts';
import { textAt } from '../../core/admission/flow/named-list.ts';
import { objectOrEmpty, withField } from '../../core/admission/json-tree.ts';
import { ApiError, isApiError } from '../../kube/api-error.ts';
import { backoffMs } from '../../kube/backoff.ts';
import type { ApiRequest, Connection } from '../../kube/connection.ts';
import { wait } from '../../kube/wait.ts';
import { CommandError } from '../cluster/command-error.ts';
import { CLI_FIELD_MANAGER } from '../cluster/session.ts';
import { resourcePath, type Resource, type ResourceCatalog } from './resource-catalog.ts';
import { describeObject, followedKind, type ToApply } from './to-apply.ts';

/** An object that is to be applied, and where. */
export interface PlacedObject {
  readonly target: ToApply;
  /** Where it goes, if its kind lives in namespaces. */
  readonly namespace: string;
  /** Undefined for a kind that comes into being with an object before it. */
  readonly resource: Resource | undefined;
}

/** An object that has been applied. */
export interface AppliedObject extends PlacedObject {
  readonly resource: Resource;
  /** As the API server answered. */
  readonly answer: JsonObject;
  /** The name that it has now. */
  readonly name: string;
}

/** What came of applying. */
export interface ApplyReport {
  readonly applied: readonly AppliedObject[];
  /** What stopped it, if anything did. */
  readonly failure: { readonly placed: PlacedObject; readonly error: unknown } | undefined;
  /** What was left, the one that failed among them. */
  readonly left: readonly PlacedObject[];
}

/** How to apply. */
export interface ApplyOptions {
  readonly dryRun: boolean;
  /** Fields that another manager has set otherwise are taken from it. */
  readonly force: boolean;
  /** Stops before the next object. */
  readonly signal: AbortSignal;
  /** Told now and then how many have been applied, where it takes long. */
  readonly onProgress?: (applied: number) => void;
}

/** Jobs may come in any order, and jobflow admits several at once. */
const JOBS_AT_ONCE = 8;

/** How often progress is told, in milliseconds. */
const PROGRESS_MS = 5_000;

/**
 * Says where objects go.
 *
 * @param statedNamespace what the user stated by -n, with which an object's own has to agree, as in kubectl
 * @throws CommandError for a kind that the API server does not know, unless the objects before may bring it
 * @throws ApiError
 */
export async function placeObjects(
  targets: readonly ToApply[],
  catalog: ResourceCatalog,
  {
    namespace,
    statedNamespace,
  }: { readonly namespace: string; readonly statedNamespace: string | undefined },
): Promise<PlacedObject[]> {
  const placed: PlacedObject[] = [];
  let bringsKinds = false;
  for (const target of targets) {
    const resource = await catalog.find(target.apiVersion, target.kind);
    if (resource === undefined && !bringsKinds) throw unknownKind(target);
    if (target.kind === 'CustomResourceDefinition') bringsKinds = true;
    const own = target.namespace;
    if (
      resource?.namespaced === true &&
      own !== undefined &&
      statedNamespace !== undefined &&
      own !== statedNamespace
    )
      throw new CommandError(
        `${describeObject(target)} states namespace "${own}", but -n says "${statedNamespace}"; leave one of the two out.`,
      );
    placed.push({ target, namespace: own ?? namespace, resource });
  }
  return placed;
}

/**
 * Applies objects in their order, Jobs that follow each other several at a time, by server-side apply
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/). Those with a `generateName` are created. Stops at
 * the first that is refused.
 */
export async function applyObjects(
  connection: Connection,
  catalog: ResourceCatalog,
  objects: readonly PlacedObject[],
  options: ApplyOptions,
): Promise<ApplyReport> {
  const applied: AppliedObject[] = [];
  let count = 0;
  let toldMs = performance.now();
  const tellProgress = (): void => {
    count += 1;
    if (performance.now() - toldMs < PROGRESS_MS) return;
    toldMs = performance.now();
    options.onProgress?.(count);
  };
  for (const batch of batchesOf(objects)) {
    const done = new Map<PlacedObject, AppliedObject>();
    const failures: { placed: PlacedObject; error: unknown }[] = [];
    const next = batch.values();
    const worker = async (): Promise<void> => {
      for (const placed of next) {
        if (failures.length > 0 || options.signal.aborted) return;
        try {
          done.set(placed, await applyOne(connection, catalog, placed, options));
          tellProgress();
        } catch (error) {
          failures.push({ placed, error });
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(JOBS_AT_ONCE, batch.length) }, worker));
    for (const placed of batch) {
      const answered = done.get(placed);
      if (answered !== undefined) applied.push(answered);
    }
    if (done.size < batch.length) {
      const isApplied = new Set(applied.map(({ target }) => target));
      const left = objects.filter(({ target }) => !isApplied.has(target));
      return { applied, failure: failures[0], left };
    }
  }
  return { applied, failure: undefined, left: [] };
}

/** Each object alone, but Jobs one after another together. */
function batchesOf(objects: readonly PlacedObject[]): PlacedObject[][] {
  const batches: PlacedObject[][] = [];
  let jobs: PlacedObject[] | undefined;
  for (const placed of objects) {
    const isJob = followedKind(placed.target) === 'Job';
    if (isJob && jobs !== undefined) {
      jobs.push(placed);
      continue;
    }
    const batch = [placed];
    batches.push(batch);
    jobs = isJob ? batch : undefined;
  }
  return batches;
}

async function applyOne(
  connection: Connection,
  catalog: ResourceCatalog,
  placed: PlacedObject,
  { dryRun, force, signal }: ApplyOptions,
): Promise<AppliedObject> {
  const { target, namespace } = placed;
  const resource = placed.resource ?? (await untilKnown(catalog, target, signal));
  const query = {
    fieldManager: CLI_FIELD_MANAGER,
    fieldValidation: 'Strict',
    dryRun: dryRun ? 'All' : undefined,
  };
  const body = resource.namespaced ? inNamespace(target.object, namespace) : target.object;
  const request: ApiRequest =
    target.name === ''
      ? { method: 'POST', path: resourcePath(resource, namespace), query, body }
      : {
          method: 'PATCH',
          path: resourcePath(resource, namespace, target.name),
          query: { ...query, force: force ? true : undefined },
          body,
          // JSON is YAML.
          contentType: 'application/apply-patch+yaml',
        };
  const answer = (await sendPatiently(connection, request, signal)) as JsonObject;
  return { ...placed, resource, answer, name: textAt(answer.metadata, 'name') };
}

/** How long a kind may take to be served after its CustomResourceDefinition has been applied, in milliseconds. */
const KIND_LIMIT_MS = 10_000;
const KIND_LOOK_MS = 200;

async function untilKnown(catalog: ResourceCatalog, target: ToApply, signal: AbortSignal): Promise<Resource> {
  for (const beganMs = performance.now(); ;) {
    const resource = await catalog.find(target.apiVersion, target.kind);
    if (resource !== undefined) return resource;
    if (performance.now() - beganMs > KIND_LIMIT_MS || !(await wait(KIND_LOOK_MS, signal)))
      throw unknownKind(target);
  }
}

function unknownKind(target: ToApply): CommandError {
  return new CommandError(
    `${describeObject(target)}: the cluster knows no kind "${target.kind}" of "${target.apiVersion}"; correct it, or install what brings it (jobflow's own: see docs/install.md).`,
  );
}

/** Attempts at a request that the API server puts off, and how long to wait between them. */
const ATTEMPTS = 6;
const BACKOFF = { baseMs: 200, factor: 2, capMs: 5_000 };

async function sendPatiently(
  connection: Connection,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<unknown> {
  let isForced = false;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const query = isForced ? { ...request.query, force: true } : request.query;
      return await connection.request({ ...request, ...(query === undefined ? {} : { query }) });
    } catch (error) {
      if (!isForced && isConflictWithKubectl(error)) {
        isForced = true;
        continue;
      }
      // Too many requests: nothing has been done. Anything else may have been.
      const isPutOff = error instanceof ApiError && error.status === 429;
      if (!isPutOff || attempt === ATTEMPTS) throw error;
      const waitMs = Math.max(error.retryAfterMs ?? 0, backoffMs(BACKOFF, attempt, Math.random()));
      if (!(await wait(waitMs, signal))) throw error;
    }
  }
}

/** Field managers behind which the user's own hand is: what kubectl writes, unless it is told another name. */
const KUBECTL = /^kubectl(-.*)?$/;

/**
 * Whether server-side apply is refused only for fields that the same user has set with kubectl. `kubectl apply` would
 * overwrite those without a word, and so does this program; fields of controllers stay theirs.
 */
function isConflictWithKubectl(error: unknown): boolean {
  if (!isApiError(error, 'conflict') || !error.message.startsWith('Apply failed with ')) return false;
  const managers = [...error.message.matchAll(/conflicts? with "([^"]*)"/g)].map(
    ([, manager = '']) => manager,
  );
  return managers.length > 0 && managers.every((manager) => KUBECTL.test(manager));
}

function inNamespace(object: JsonObject, namespace: string): JsonObject {
  const metadata = withField(objectOrEmpty(object.metadata), 'namespace', namespace);
  return withField(object, 'metadata', metadata);
}
