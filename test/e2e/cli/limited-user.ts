import type { JsonObject } from '../../../src/api/job.ts';
import type { Cluster } from '../../support/cluster.ts';

/**
 * A user with few rights in one namespace.
 *
 * @param rules of its Role
 * @returns the path of its kubeconfig
 */
export async function limitedUser(
  cluster: Cluster,
  namespace: string,
  rules: readonly JsonObject[],
): Promise<string> {
  const metadata = { name: 'limited' };
  const subject = { kind: 'ServiceAccount', name: 'limited', namespace };
  await cluster.apply(
    [
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata,
        subjects: [subject],
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'limited' },
      },
    ],
    { namespace },
  );
  return cluster.serviceAccountKubeconfig(namespace, 'limited');
}
