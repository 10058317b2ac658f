import { parseReference } from '../src/api/dependency-reference.ts';
import { API_GROUP, API_VERSION } from '../src/api/names.ts';
import {
  readJobFlow,
  readJobTemplate,
  type JobFlow,
  type JobTemplate,
  type ReadResource,
} from '../src/api/resources.ts';
import type { Lookup } from '../src/core/admission/decide-create.ts';
import { isApiError } from '../src/kube/api-error.ts';
import { apiPath, type Connection } from '../src/kube/connection.ts';

/** Reads the resources that Jobs name. */
export interface NamedResources {
  /** @throws ApiError if the API server cannot be asked */
  template(namespace: string, name: string): Promise<Lookup<JobTemplate>>;
  /** @throws ApiError if the API server cannot be asked */
  flow(namespace: string, name: string): Promise<Lookup<JobFlow>>;
  /**
   * Whether there is such a Job, `jobflow/NAME` or `daemonjob/NAME`.
   *
   * @throws ApiError if the API server cannot be asked
   */
  exists(namespace: string, reference: string): Promise<boolean>;
}

/** How long the API server may take for one resource; a request that waits for a second read still ends in time. */
const READ_TIMEOUT_MS = 4_000;

/**
 * Reads JobTemplates and JobFlows from the API server itself, never from a cache: one that was applied a moment ago
 * by the same `kubectl apply -f` must count. Jobs that name the same resource at the same time share a read.
 *
 * @param connection the API server
 */
export function createNamedResources(connection: Pick<Connection, 'request'>): NamedResources {
  const template = coalesced((path) => lookUp(connection, path, readJobTemplate));
  const flow = coalesced((path) => lookUp(connection, path, readJobFlow));
  return {
    template: (namespace, name) => template(pathOf(namespace, 'jobtemplates', name)),
    flow: (namespace, name) => flow(pathOf(namespace, 'jobflows', name)),
    exists: async (namespace, reference) => {
      const { kind, name } = parseReference(reference) ?? { kind: 'job', name: reference };
      const path =
        kind === 'job'
          ? apiPath`/apis/batch/v1/namespaces/${namespace}/jobs/${name}`
          : pathOf(namespace, `${kind}s`, name);
      try {
        await connection.request({ method: 'GET', path, timeoutMs: READ_TIMEOUT_MS });
        return true;
      } catch (error) {
        if (isApiError(error, 'notFound')) return false;
        throw error;
      }
    },
  };
}

/**
 * Shares reads of the same thing without ever giving an answer that was on its way before it was asked for: at most
 * one read of a key runs and one waits behind it, for all who asked since the first was sent.
 *
 * @param read reads what a key stands for
 */
export function coalesced<T>(read: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const reads = new Map<string, Reads<T>>();

  const start = (key: string): Promise<T> => {
    const running = read(key);
    const state: Reads<T> = { running, waiting: undefined };
    reads.set(key, state);
    const forget = (): void => {
      if (state.waiting === undefined) reads.delete(key);
    };
    running.then(forget, forget);
    return running;
  };

  return (key) => {
    const state = reads.get(key);
    if (state === undefined) return start(key);
    const next = (): Promise<T> => start(key);
    // Whether the read before it succeeded is nothing to those who wait.
    state.waiting ??= state.running.then(next, next);
    return state.waiting;
  };
}

/** The reads of one key. */
interface Reads<T> {
  readonly running: Promise<T>;
  /** Starts when `running` has ended. */
  waiting: Promise<T> | undefined;
}

function pathOf(namespace: string, plural: string, name: string): string {
  return apiPath`/apis/${API_GROUP}/${API_VERSION}/namespaces/${namespace}/${plural}/${name}`;
}

async function lookUp<T>(
  connection: Pick<Connection, 'request'>,
  path: string,
  read: (payload: unknown) => ReadResource<T>,
): Promise<Lookup<T>> {
  try {
    const payload = await connection.request({ method: 'GET', path, timeoutMs: READ_TIMEOUT_MS });
    const found = read(payload);
    return found.ok
      ? { kind: 'found', resource: found.resource }
      : { kind: 'unusable', problem: found.problem };
  } catch (error) {
    if (isApiError(error, 'notFound')) return { kind: 'unknown' };
    throw error;
  }
}
