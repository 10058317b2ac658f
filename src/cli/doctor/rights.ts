import { API_GROUP } from '../../api/names.ts';
import { isForbidden } from '../../kube/api-error.ts';
import type { Connection } from '../../kube/connection.ts';

/** Something that a user may do with a resource in a namespace. */
export interface Right {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'patch' | 'delete';
  /** Its plural name, with a subresource after a slash. */
  readonly resource: string;
  readonly group: string;
}

/** A right, and the commands that take it. */
export interface NeededRight {
  readonly right: Right;
  readonly commands: readonly string[];
}

const LOOKING = ['graph', 'logs', 'run', 'status', 'tree', 'why'] as const;
const GATES = ['approve', 'hold', 'start'] as const;
const PAUSES = ['resume', 'suspend'] as const;

const BATCH = 'batch';
const CORE = '';
const OURS = API_GROUP;

/** What the commands take, in the order in which it is told. */
export const NEEDED_RIGHTS: readonly NeededRight[] = [
  needed('list', 'jobs', BATCH, [...LOOKING, ...GATES, ...PAUSES, 'delete', 'retry']),
  needed('watch', 'jobs', BATCH, ['run', 'status --watch']),
  needed('list', 'jobflows', OURS, [...LOOKING, ...PAUSES, 'delete', 'retry']),
  needed('list', 'daemonjobs', OURS, LOOKING),
  needed('list', 'pods', CORE, ['logs', 'tree', 'why']),
  needed('get', 'pods/log', CORE, ['logs', 'run']),
  needed('list', 'events', CORE, ['why']),
  needed('create', 'jobs', BATCH, ['doctor', 'retry', 'run']),
  needed('patch', 'jobs', BATCH, [...GATES, ...PAUSES, 'run']),
  needed('delete', 'jobs', BATCH, ['delete', 'retry']),
  needed('create', 'jobflows', OURS, ['doctor', 'run']),
  needed('patch', 'jobflows', OURS, [...PAUSES, 'retry', 'run']),
  needed('delete', 'jobflows', OURS, ['delete']),
  needed('patch', 'daemonjobs', OURS, [...GATES, ...PAUSES]),
];

/** Which rights a user has; undefined where the API server does not say. */
export type RightsSeen = ReadonlyMap<string, boolean> | undefined;

/** A right, in words: `list jobs`. */
export function nameOfRight({ verb, resource }: Pick<Right, 'verb' | 'resource'>): string {
  return `${verb} ${resource}`;
}

/**
 * Asks the API server which of the rights this user has
 * (https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access).
 *
 * @throws ApiError if nothing answers
 */
export async function readRights(connection: Connection, namespace: string): Promise<RightsSeen> {
  const answers = await Promise.all(
    NEEDED_RIGHTS.map(
      async ({ right }) => [nameOfRight(right), await mayDo(connection, namespace, right)] as const,
    ),
  );
  const said = answers.filter((answer): answer is readonly [string, boolean] => answer[1] !== undefined);
  return said.length < answers.length ? undefined : new Map(said);
}

async function mayDo(
  connection: Connection,
  namespace: string,
  { verb, resource: whole, group }: Right,
): Promise<boolean | undefined> {
  const [resource = '', subresource] = whole.split('/');
  const resourceAttributes = {
    namespace,
    verb,
    group,
    resource,
    ...(subresource !== undefined && { subresource }),
  };
  try {
    const answer = (await connection.request({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      },
    })) as { readonly status?: { readonly allowed?: boolean } };
    return answer.status?.allowed === true;
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

function needed(
  verb: Right['verb'],
  resource: string,
  group: string,
  commands: readonly string[],
): NeededRight {
  return { right: { verb, resource, group }, commands };
}
