import type { Connection } from '../../kube/connection.ts';
import { findDeployments } from './find-installations.ts';
import { DEFAULT_NAMESPACE } from './installation.ts';
import { isComponent, namespaceOf, readDeployment, type Component } from './read-parts.ts';
import { mapReading, readObject, valueOf, type Reading } from './reading.ts';

/** A program of jobflow that is installed. */
export interface InstalledProgram {
  readonly namespace: string;
  readonly program: Component;
  /** As its Deployment is labelled by the chart. */
  readonly version: string | undefined;
  readonly image: string | undefined;
}

/**
 * The version of Kubernetes, such as `v1.35.0`; undefined if the API server does not tell it.
 *
 * @throws ApiError for anything but missing rights
 */
export async function readKubernetesVersion(connection: Connection): Promise<string | undefined> {
  const read = await readObject(connection, { path: '/version', what: 'the version' });
  return (valueOf(read) as { readonly gitVersion?: string } | undefined)?.gitVersion;
}

/**
 * The programs of jobflow that are installed, by their Deployments: of the whole cluster, or, for whoever may not read
 * that, of `jobflow-system`.
 *
 * @throws ApiError for anything but missing rights
 */
export async function findPrograms(connection: Connection): Promise<Reading<readonly InstalledProgram[]>> {
  const everywhere = await findDeployments(connection, undefined);
  const read = everywhere.kind === 'read' ? everywhere : await findDeployments(connection, DEFAULT_NAMESPACE);
  return mapReading(read, (deployments) =>
    deployments
      .flatMap((deployment) =>
        (['controller', 'webhook'] as const)
          .filter((component) => isComponent(deployment, component))
          .map((program): InstalledProgram => {
            const { version, image } = readDeployment(deployment);
            return { namespace: namespaceOf(deployment), program, version, image };
          }),
      )
      .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1)),
  );
}

function placeOf({ namespace, program }: InstalledProgram): string {
  return `${namespace}/${program}`;
}
