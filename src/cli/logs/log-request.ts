import { apiPath, type Connection } from '../../kube/connection.ts';
import { isApiError, isForbidden } from '../../kube/api-error.ts';

/** Whose log is meant. */
export interface LogSource {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** What of a log is asked for; all of it unless stated. */
export interface LogRange {
  /** Only the last lines, so many. */
  readonly tailLines?: number | undefined;
  /** Only what was written at this time or later, in milliseconds since the epoch; the API server cuts it to whole seconds. */
  readonly sinceMs?: number | undefined;
  /** The run of the container before its restart. */
  readonly previous?: boolean;
  /** Goes on until the container ends. */
  readonly follow?: boolean;
  /** Each line begins with its time, RFC 3339 in nanoseconds, and a space. */
  readonly timestamps?: boolean;
}

/**
 * Reads the log of a container, as bytes
 * (https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#read-log-pod-v1-core).
 *
 * @throws ApiError, also in the middle
 */
export function readLog(
  connection: Connection,
  { namespace, pod, container }: LogSource,
  { tailLines, sinceMs, previous, follow, timestamps }: LogRange,
  signal?: AbortSignal,
): AsyncIterable<Buffer> {
  return connection.stream({
    path: apiPath`/api/v1/namespaces/${namespace}/pods/${pod}/log`,
    query: {
      container,
      tailLines,
      sinceTime: sinceMs === undefined ? undefined : new Date(sinceMs).toISOString(),
      previous: previous === true ? true : undefined,
      follow: follow === true ? true : undefined,
      timestamps: timestamps === true ? true : undefined,
    },
    as: 'bytes',
    signal,
  });
}

/** Why a log cannot be had, as one sentence with what to do. */
export function logProblem({ pod, container }: LogSource, error: unknown): string {
  const where = `The log of container "${container}" of pod "${pod}" cannot be had`;
  if (isForbidden(error)) return `${where}: you may not read it; ask for the right to get pods/log.`;
  if (isApiError(error, 'notFound')) return `${where}: the pod is gone.`;
  const said = error instanceof Error ? error.message : String(error);
  return `${where}: ${said.trim().replace(/\.$/, '')}.`;
}
