import { createHash } from 'node:crypto';
import type { Connection } from '../kube/connection.ts';
import type { MetricsAccess } from './health.ts';
import type { Logger } from './logging.ts';

/** Where decisions about access come from. */
export interface MetricsAccessOptions {
  readonly connection: Pick<Connection, 'request'>;
  readonly log: Logger;
  /** A monotonic clock, in milliseconds. */
  readonly now: () => number;
}

/**
 * Lets the API server decide who may read `/metrics`, as Kubernetes' own components do: a TokenReview tells whose
 * bearer token it is, a SubjectAccessReview whether that account may `get` the non-resource URL `/metrics`. Needs
 * the right to create both. A positive answer is remembered for a minute; of the token only its digest is kept. Only a
 * few are asked for at once: whoever sends token after token must not keep this program from its other requests.
 *
 * @returns access for one `Authorization` header; while the API server cannot be asked, nobody has it
 */
export function metricsAccessByApiServer({ connection, log, now }: MetricsAccessOptions): MetricsAccess {
  const grantedUntil = new Map<string, number>();
  let asking = 0;
  return async (authorization) => {
    const token = /^Bearer (?<token>\S+)$/i.exec(authorization ?? '')?.groups?.token;
    if (token === undefined) return 'unauthenticated';
    const digest = createHash('sha256').update(token).digest('base64');
    if ((grantedUntil.get(digest) ?? 0) > now()) return 'granted';
    if (asking >= MAX_ASKING) return 'busy';
    asking += 1;
    try {
      const user = await reviewToken(connection, token);
      if (user === undefined) return 'unauthenticated';
      if (!(await reviewAccess(connection, user))) return 'denied';
    } catch (error) {
      log.warn({ err: error }, 'could not ask the API server who may read the metrics');
      return 'denied';
    } finally {
      asking -= 1;
    }
    if (grantedUntil.size >= MAX_REMEMBERED) grantedUntil.clear();
    grantedUntil.set(digest, now() + REMEMBERED_MS);
    return 'granted';
  };
}

const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 100;

/** Collectors that were not remembered, asked about at once. */
const MAX_ASKING = 4;

interface TokenUser {
  readonly user: string;
  readonly groups: readonly string[];
}

async function reviewToken(
  connection: Pick<Connection, 'request'>,
  token: string,
): Promise<TokenUser | undefined> {
  const answer = await connection.request({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
    timeoutMs: 5_000,
  });
  const status = member(answer, 'status');
  const user = member(member(status, 'user'), 'username');
  const groups = member(member(status, 'user'), 'groups');
  if (member(status, 'authenticated') !== true || typeof user !== 'string') return undefined;
  return {
    user,
    groups: Array.isArray(groups) ? groups.filter((group): group is string => typeof group === 'string') : [],
  };
}

async function reviewAccess(
  connection: Pick<Connection, 'request'>,
  { user, groups }: TokenUser,
): Promise<boolean> {
  const answer = await connection.request({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, groups, nonResourceAttributes: { path: '/metrics', verb: 'get' } },
    },
    timeoutMs: 5_000,
  });
  return member(member(answer, 'status'), 'allowed') === true;
}

function member(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
