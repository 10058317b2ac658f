import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../../src/api/job.ts';
import { readPath, startCluster, waitUntil } from '../../support/cluster.ts';
import type { ApiAnswer, Cluster } from '../../support/cluster.ts';
import { untilPolicyInForce } from '../../support/cluster/admission-probe.ts';
import { Account } from './account.ts';

/** The folder of the shipped manifests. */
export const MANIFESTS = fileURLToPath(new URL('../../../manifests', import.meta.url));

/**
 * A cluster of its own with the shipped policy and access rules and no webhook, so that what is refused or admitted
 * is so by the policy alone.
 */
export class PolicyLab {
  readonly cluster: Cluster;
  /** Has every right on Jobs. */
  readonly user: Account;
  /** The controller's own account, with the shipped rights. */
  readonly controller: Account;

  constructor(cluster: Cluster, user: Account, controller: Account) {
    this.cluster = cluster;
    this.user = user;
    this.controller = controller;
  }

  /** The API path of a Job, or of the collection without a name. */
  path(name?: string, namespace = 'default'): string {
    return `/apis/batch/v1/namespaces/${namespace}/jobs${name === undefined ? '' : `/${name}`}`;
  }

  /** Sends the creation of a Job as the user. */
  async tryCreate(job: JsonObject, query = ''): Promise<ApiAnswer> {
    return this.user.send({
      method: 'POST',
      path: `${this.path()}?${query}`,
      contentType: 'application/json',
      body: job,
    });
  }

  /** Creates a Job as the user; it must be admitted. */
  async create(job: JsonObject): Promise<void> {
    const answer = await this.tryCreate(job);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
  }

  /** Sends a merge patch of a Job as the user. */
  async tryPatch(name: string, edit: JsonObject, subresource: '' | '/status' = ''): Promise<ApiAnswer> {
    return this.user.send({ ...MERGE, path: `${this.path(name)}${subresource}`, body: edit });
  }

  /** Sends a merge patch of a Job as the controller; it must be admitted. */
  async asController(name: string, edit: JsonObject, subresource: '' | '/status' = ''): Promise<void> {
    const answer = await this.controller.send({
      ...MERGE,
      path: `${this.path(name)}${subresource}`,
      body: edit,
    });
    expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
  }

  /** The Job as stored. */
  async read(name: string): Promise<JsonObject> {
    const body = await this.cluster.api.demand('GET', this.path(name));
    // What the API server stores is JSON.
    return JSON.parse(JSON.stringify(body)) as JsonObject;
  }

  /** Waits until the Job controller has taken note of a suspended Job, and so writes no more to it. */
  async untilSuspended(name: string): Promise<void> {
    await this.untilCondition(name, 'Suspended');
  }

  /** Waits until a Job has a condition with status True, and returns it. */
  async untilCondition(name: string, type: string): Promise<unknown> {
    return waitUntil(`Job ${name} to be ${type}`, async () =>
      conditionsOf(await this.read(name)).find(
        (one) => readPath(one, 'type') === type && readPath(one, 'status') === 'True',
      ),
    );
  }

  /** Fails unless the policy has refused the write with this status, saying all of these. */
  expectRefused(answer: ApiAnswer, status: 403 | 422, says: readonly string[]): void {
    expect(answer.status, JSON.stringify(answer.body)).to.equal(status);
    const message = String(readPath(answer.body, 'message'));
    expect(message).to.include("ValidatingAdmissionPolicy 'jobflow'");
    for (const part of says) expect(message).to.include(part);
  }

  async close(): Promise<void> {
    await this.user.close();
    await this.controller.close();
    await this.cluster.stop();
  }
}

function conditionsOf(job: JsonObject): readonly unknown[] {
  const conditions: unknown = readPath(job, 'status', 'conditions');
  return Array.isArray(conditions) ? conditions : [];
}

const MERGE = { method: 'PATCH', contentType: 'application/merge-patch+json' } as const;

/** Starts the cluster and waits until the policy is in force. */
export async function openPolicyLab(): Promise<PolicyLab> {
  const cluster = await startCluster({ nodes: 1 });
  for (const part of ['crds', 'rbac', 'policy'])
    await cluster.kubectl(['apply', '-k', `${MANIFESTS}/${part}`]);
  const user = await Account.withAllRightsOnJobs(cluster, 'default', 'job-writer');
  const controller = await Account.of(cluster, 'jobflow-system', 'jobflow-controller');
  await untilPolicyInForce(cluster.api);
  return new PolicyLab(cluster, user, controller);
}
