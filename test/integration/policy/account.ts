import { Pool } from 'undici';
import type { JsonObject } from '../../../src/api/job.ts';
import { readPath } from '../../support/cluster.ts';
import type { ApiAnswer, Cluster } from '../../support/cluster.ts';
import type { WriteRequest } from './write-verbs.ts';

/** One service account as a client of the API server, with its own rights and no others. */
export class Account {
  readonly username: string;
  readonly #pool: Pool;
  readonly #token: string;

  private constructor(username: string, token: string, pool: Pool) {
    this.username = username;
    this.#token = token;
    this.#pool = pool;
  }

  /** Takes a token for an account that exists. */
  static async of(cluster: Cluster, namespace: string, name: string): Promise<Account> {
    const answer = await cluster.api.demand(
      'POST',
      `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3_600 } },
    );
    const token = readPath(answer, 'status', 'token');
    if (typeof token !== 'string') throw new Error(`no token for ${namespace}/${name}`);
    const pool = new Pool(cluster.server, { connections: 4, connect: { ca: cluster.caCert } });
    return new Account(`system:serviceaccount:${namespace}:${name}`, token, pool);
  }

  /** Makes an account that may do everything with Jobs, in every namespace, and nothing else. */
  static async withAllRightsOnJobs(cluster: Cluster, namespace: string, name: string): Promise<Account> {
    const rbac = 'rbac.authorization.k8s.io';
    const objects: JsonObject[] = [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } },
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRole',
        metadata: { name },
        rules: [{ apiGroups: ['batch'], resources: ['jobs', 'jobs/status'], verbs: ['*'] }],
      },
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      },
    ];
    await cluster.apply(objects);
    return Account.of(cluster, namespace, name);
  }

  /** Sends one write; never throws for a status. */
  async send({ method, path, contentType, body }: WriteRequest): Promise<ApiAnswer> {
    const response = await this.#pool.request({
      method,
      path,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': contentType },
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.body.json();
    return { status: response.statusCode, body: answer };
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
