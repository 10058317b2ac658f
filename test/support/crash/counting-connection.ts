import type { ApiRequest, Connection, StreamRequest } from '../../../src/kube/connection.ts';
import type { CrashPoint } from './crash-point.ts';

/** What a counting connection does beyond passing requests on. */
export type CountingOptions = {
  /** All that the controller sees and does lies in this namespace, so that several can be tried at once. */
  readonly namespace: string;
  readonly point: CrashPoint | undefined;
  /** Ends the process at once; does not return. */
  readonly crash: () => never;
};

/**
 * A connection that counts the writes to Jobs and to the custom resources, of all kinds, and ends the process at one
 * of them. The Lease and Events are not counted: they come by the clock.
 */
export function countingConnection(
  connection: Connection,
  { namespace, point, crash }: CountingOptions,
): Connection {
  let writes = 0;
  return {
    server: connection.server,
    namespace: connection.namespace,
    serverTimeMs: () => connection.serverTimeMs(),
    close: () => connection.close(),
    stream: (request: StreamRequest) =>
      connection.stream({ ...request, path: within(namespace, request.path) }),
    request: async (request: ApiRequest) => {
      if (!isWrite(request)) return connection.request({ ...request, path: within(namespace, request.path) });
      writes += 1;
      const isPoint = point?.write === writes;
      if (isPoint && point.when === 'before') crash();
      try {
        return await connection.request(request);
      } finally {
        // Also when it was refused: a conflict is a point like any other.
        if (isPoint) crash();
      }
    },
  };
}

/** A collection of all namespaces becomes that of one. */
function within(namespace: string, path: string): string {
  return path.replace(
    /^(\/apis\/(?:batch|api\.practice\.com)\/[^/]+)\/([^/]+)$/,
    `$1/namespaces/${namespace}/$2`,
  );
}

function isWrite({ method, path }: ApiRequest): boolean {
  return method !== 'GET' && /^\/apis\/(batch|api\.practice\.com)\//.test(path);
}
