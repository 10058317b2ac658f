import { setTimeout as delay } from 'node:timers/promises';
import { collectionPaths } from '../../kube/collections.ts';
import { apiPath, connect, type Connection } from '../../kube/connection.ts';
import { readContextNames } from '../../kube/kubeconfig.ts';
import { readListPage } from '../../kube/list-and-watch.ts';
import { VERSION } from '../../runtime/version.ts';
import type { NamedKind, WantedNames } from './complete-words.ts';

/** How long a person may wait for a key to do something, in milliseconds. */
const LIMIT_MS = 1_000;
/** More names than a person looks through. */
const MOST_NAMES = 500;

/**
 * Asks the cluster, or for contexts the kubeconfig, for names. It takes a second at most; what has not come until then,
 * may not be read or is not there counts as no names.
 */
export async function askNames(wanted: WantedNames): Promise<readonly string[]> {
  const late = delay(LIMIT_MS, [], { ref: false });
  return Promise.race([namesOf(wanted), late]);
}

async function namesOf({ of, options }: WantedNames): Promise<readonly string[]> {
  const kubeconfigPath = options.get('--kubeconfig');
  const { env } = process;
  if (of === 'contexts') return readContextNames({ kubeconfigPath, env });
  const connection = await connect({
    kubeconfigPath,
    context: options.get('--context'),
    connections: of.length,
    userAgent: `jobflow-cli/${VERSION}`,
    requestTimeoutMs: LIMIT_MS,
    connectTimeoutMs: LIMIT_MS,
    env,
  });
  try {
    const namespace = options.get('--namespace') ?? connection.namespace ?? 'default';
    const lists = await Promise.all(
      of.map((kind) => listNames(connection, pathOf(kind, namespace)).catch(() => [])),
    );
    return [...new Set(lists.flat())].sort();
  } finally {
    await connection.close();
  }
}

async function listNames(connection: Connection, path: string): Promise<string[]> {
  const answer = await connection.request({ method: 'GET', path, query: { limit: MOST_NAMES } });
  return readListPage(answer).items.flatMap((item) => {
    const { metadata } = item as { readonly metadata?: { readonly name?: string } };
    return metadata?.name ?? [];
  });
}

function pathOf(kind: NamedKind, namespace: string): string {
  switch (kind) {
    case 'namespaces':
      return '/api/v1/namespaces';
    case 'cronjobs':
      return apiPath`/apis/batch/v1/namespaces/${namespace}/cronjobs`;
    case 'jobs':
    case 'jobflows':
    case 'daemonjobs':
      return collectionPaths(kind, [namespace])[0] ?? '';
  }
}
