import { setTimeout as delay } from 'node:timers/promises';
import { describeReference, parseReference } from '../../api/dependency-reference.ts';
import type { JobObject } from '../../api/job.ts';
import { RETRY_ANNOTATION } from '../../api/names.ts';
import { projectDaemonJob, type DaemonJobObject } from '../../core/daemon/daemon-record.ts';
import { projectFlow, type FlowObject } from '../../core/flow/flow-projection.ts';
import { backoffMs } from '../../kube/backoff.ts';
import { isApiError } from '../../kube/api-error.ts';
import { collectionPaths } from '../../kube/collections.ts';
import { apiPath, type Connection } from '../../kube/connection.ts';
import { jobPath } from '../../kube/patches.ts';
import { CommandError } from '../cluster/command-error.ts';
import { readOne } from '../cluster/read-objects.ts';
import { CLI_FIELD_MANAGER } from '../cluster/session.ts';
import { makerOf } from './recreated-job.ts';

/** Only tries: the API server judges the request, and stores nothing. */
export type DryRun = { readonly dryRun?: 'All' };

const JOBS = (namespace: string): string => apiPath`/apis/batch/v1/namespaces/${namespace}/jobs`;

/** How long the cluster may take for something that it does by itself, or to answer again, in milliseconds. */
const LIMIT_MS = 60_000;
const POLL_MS = 50;
const LONGEST_POLL_MS = 500;
const AGAIN = { baseMs: 200, factor: 2, capMs: 5_000 };

/**
 * Deletes a Job as it was seen, with its pods.
 *
 * @throws ApiError: a conflict if it has changed since
 */
export async function deleteJob(
  connection: Connection,
  { metadata }: JobObject,
  { dryRun }: DryRun = {},
): Promise<void> {
  const { namespace = '', name = '', uid, resourceVersion } = metadata;
  try {
    await insist(() =>
      connection.request({
        method: 'DELETE',
        path: jobPath({ namespace, name }),
        // With a body the API server reads no query
        // (https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/delete.go).
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          propagationPolicy: 'Background',
          preconditions: { uid, resourceVersion },
          ...(dryRun !== undefined && { dryRun: [dryRun] }),
        },
      }),
    );
  } catch (error) {
    if (!isApiError(error, 'notFound')) throw error;
  }
}

/**
 * Makes a Job, in the name of whoever made the old one, so that this may go on editing it.
 *
 * @param live the old one
 * @returns the new one, or undefined if there is one of that name
 * @throws ApiError
 */
export async function createJob(
  connection: Connection,
  anew: JobObject,
  live: JobObject,
  query: DryRun = {},
): Promise<JobObject | undefined> {
  const fieldManager = makerOf(live) ?? CLI_FIELD_MANAGER;
  const path = JOBS(anew.metadata.namespace ?? '');
  try {
    const made = await insist(() =>
      connection.request({ method: 'POST', path, query: { fieldManager, ...query }, body: anew }),
    );
    return made as JobObject;
  } catch (error) {
    if (isApiError(error, 'conflict') && error.reason === 'AlreadyExists') return undefined;
    throw error;
  }
}

/**
 * Asks the controller to run a JobFlow or DaemonJob again.
 *
 * @param id as edges name it
 * @param value another than before
 * @returns the object as written
 * @throws ApiError
 */
export async function annotateForRetry<T>(
  connection: Connection,
  namespace: string,
  id: string,
  value: string,
  query: DryRun = {},
): Promise<T> {
  const written = await insist(() =>
    connection.request({
      method: 'PATCH',
      path: ownPath(namespace, id),
      query: { fieldManager: CLI_FIELD_MANAGER, ...query },
      body: { metadata: { annotations: { [RETRY_ANNOTATION]: value } } },
    }),
  );
  return written as T;
}

/**
 * Waits until a Job is gone.
 *
 * @returns whether it is; false if another one has its name
 * @throws CommandError if it stays
 */
export async function untilGone(connection: Connection, { metadata }: JobObject): Promise<boolean> {
  const { namespace = '', name = '', uid } = metadata;
  const seen: { job: JobObject | undefined } = { job: undefined };
  const isGone = await until(async () => {
    seen.job = await insist(() => readOne<JobObject>(connection, jobPath({ namespace, name })));
    return seen.job?.metadata.uid !== uid;
  });
  if (isGone) return seen.job === undefined;
  const finalizers = seen.job?.metadata.finalizers ?? [];
  throw new CommandError(
    `Job "${name}" is deleted but does not go within ${LIMIT_MS / 1_000} s${finalizers.length > 0 ? `, kept by ${finalizers.join(', ')}` : ''}; see to what keeps it.`,
  );
}

/** Something that is run again, as others wait for it. */
export interface RunAgain {
  readonly namespace: string;
  /** As edges name it: a JobFlow or DaemonJob as a whole, or a Job, of one or by itself. */
  readonly name: string;
  /** Of a Job, that of the old one. */
  readonly uid: string | undefined;
  /** The value of the retry annotation. */
  readonly value: string;
}

/**
 * Waits until something has begun to run again, so that how it ended before does not count any more.
 *
 * @throws CommandError if that does not happen
 */
export async function untilBegunAnew(connection: Connection, what: RunAgain): Promise<void> {
  const begun = await until(() => insist(() => hasBegunAnew(connection, what)));
  if (begun) return;
  throw new CommandError(
    `${describeReference(what.name)} has not begun to run again within ${LIMIT_MS / 1_000} s, so what waits for it stays as it is; see with \`jobflow doctor\` whether the controller runs, then do this again.`,
  );
}

async function hasBegunAnew(
  connection: Connection,
  { namespace, name, uid, value }: RunAgain,
): Promise<boolean> {
  switch (parseReference(name)?.kind) {
    case 'jobflow': {
      const flow = await readOne<FlowObject>(connection, ownPath(namespace, name));
      return flow === undefined || projectFlow(flow).status.observedRetry === value;
    }
    case 'daemonjob': {
      const daemon = await readOne<DaemonJobObject>(connection, ownPath(namespace, name));
      return daemon === undefined || projectDaemonJob(daemon).status.observedRetry === value;
    }
    default: {
      const job = await readOne<JobObject>(connection, jobPath({ namespace, name }));
      return job?.metadata.uid !== uid;
    }
  }
}

function ownPath(namespace: string, id: string): string {
  const { kind, name } = parseReference(id) ?? { kind: 'job', name: id };
  const collection = kind === 'daemonjob' ? 'daemonjobs' : 'jobflows';
  return `${collectionPaths(collection, [namespace])[0] ?? ''}/${encodeURIComponent(name)}`;
}

/** Asks again and again, less and less often. */
async function until(isSo: () => Promise<boolean>): Promise<boolean> {
  const endMs = performance.now() + LIMIT_MS;
  for (let pauseMs = POLL_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_POLL_MS)) {
    if (await isSo()) return true;
    if (performance.now() > endMs) return false;
    await delay(pauseMs);
  }
}

/** Tries again what may succeed later: the cluster is away for a moment, or a webhook restarts. */
async function insist<T>(request: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + LIMIT_MS;
  for (let failures = 1; ; failures += 1) {
    try {
      return await request();
    } catch (error) {
      if (!isApiError(error, 'retry') || performance.now() > endMs) throw error;
      await delay(Math.max(error.retryAfterMs ?? 0, backoffMs(AGAIN, failures, Math.random())));
    }
  }
}
