import { setTimeout as pause } from 'node:timers/promises';
import { apiPath, type Connection } from '../../kube/connection.ts';
import type { LeaseRecord } from '../../kube/lease-record.ts';
import {
  DEFAULT_LEASE,
  DEFAULT_NAMESPACE,
  isFor,
  type Installation,
  type LeaseSeen,
  type ProgramDeployment,
  type WebhookConfiguration,
} from './installation.ts';
import {
  countReady,
  isComponent,
  namespaceOf,
  readConfiguration,
  readDeployment,
  readLeaseRecord,
  type Component,
} from './read-parts.ts';
import { mapReading, readObject, readObjects, valueOf, type Reading } from './reading.ts';

/** What every object of the chart is labelled with. */
const LABEL = 'app.kubernetes.io/name=jobflow';

/**
 * A controller renews its Lease every two seconds, or as `--lease-retry-period` says: so long one is watched that looks
 * too old, since the clock that wrote the time may be wrong. In milliseconds.
 */
const WATCHED_MS = 3_000;
const LOOK_EVERY_MS = 500;

/**
 * Finds what is installed of jobflow: by its webhook configuration, its Deployments, and the Lease of its controller,
 * each of which may be missing or not for this user to read. Without a configuration or a Deployment it is known by
 * its Lease, in `jobflow-system` or wherever one of that name is.
 *
 * @returns at least one: that of `jobflow-system`, of which everything may be absent
 * @throws ApiError for anything but missing rights
 */
export async function findInstallations(
  connection: Connection,
): Promise<readonly [Installation, ...Installation[]]> {
  const [configurations, deployments] = await Promise.all([
    readConfigurations(connection),
    findDeployments(connection, undefined),
  ]);
  const namespaces = new Set([
    ...(valueOf(configurations) ?? []).flatMap(({ service }) => service?.namespace ?? []),
    ...(valueOf(deployments) ?? []).filter(isOfPrograms).map(namespaceOf),
  ]);
  if (
    !namespaces.has(DEFAULT_NAMESPACE) &&
    (await readLeaseIn(connection, DEFAULT_NAMESPACE)).kind === 'read'
  )
    namespaces.add(DEFAULT_NAMESPACE);
  if (namespaces.size === 0) for (const name of await leaseNamespaces(connection)) namespaces.add(name);
  const [first = DEFAULT_NAMESPACE, ...others] = [...namespaces].sort(defaultFirst);
  const assemble = (namespace: string) =>
    assembleInstallation(connection, { namespace, configurations, deployments });
  return [await assemble(first), ...(await Promise.all(others.map(assemble)))];
}

/**
 * The installation that takes care of a namespace: one that names it, else one for all; where none does, the first.
 *
 * @throws ApiError for anything but missing rights
 */
export async function installationFor(connection: Connection, namespace: string): Promise<Installation> {
  const all = await findInstallations(connection);
  const named = all.find(({ follows }) => follows?.includes(namespace) === true);
  return named ?? all.find((installation) => isFor(installation, namespace)) ?? all[0];
}

interface Seen {
  readonly namespace: string;
  readonly configurations: Reading<readonly WebhookConfiguration[]>;
  /** Of all namespaces, if they may be read. */
  readonly deployments: Reading<readonly unknown[]>;
}

async function assembleInstallation(
  connection: Connection,
  { namespace, configurations, deployments }: Seen,
): Promise<Installation> {
  const here = deployments.kind === 'read' ? deployments : await findDeployments(connection, namespace);
  const controller = deploymentOf(here, namespace, 'controller');
  const configuration = mapReading(
    configurations,
    (all) =>
      all.find(({ service }) => service?.namespace === namespace) ??
      all.find(({ service }) => service === undefined),
  );
  const env = valueOf(controller)?.env;
  const leaseName = env?.get('JOBFLOW_LEASE_NAME') ?? DEFAULT_LEASE;
  const [lease, endpoints] = await Promise.all([
    lookAtLease(connection, namespace, leaseName),
    readEndpoints(connection, valueOf(configuration)),
  ]);
  return {
    namespace,
    controller,
    webhook: deploymentOf(here, namespace, 'webhook'),
    leaseName,
    lease,
    configuration,
    endpoints,
    follows: namesIn(env?.get('JOBFLOW_NAMESPACES')) ?? valueOf(configuration)?.namespaces,
  };
}

async function readConfigurations(connection: Connection): Promise<Reading<readonly WebhookConfiguration[]>> {
  const read = await readObjects(connection, {
    path: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
    what: 'mutatingwebhookconfigurations',
  });
  return mapReading(read, (all) =>
    all.map(readConfiguration).filter((configuration) => configuration !== undefined),
  );
}

/** Others may have labelled something by our name. */
function isOfPrograms(deployment: unknown): boolean {
  return isComponent(deployment, 'controller') || isComponent(deployment, 'webhook');
}

/**
 * The Deployments of jobflow, as the API server sent them.
 *
 * @param namespace undefined for all
 * @throws ApiError for anything but missing rights
 */
export async function findDeployments(
  connection: Connection,
  namespace: string | undefined,
): Promise<Reading<readonly unknown[]>> {
  return readObjects(connection, {
    path:
      namespace === undefined
        ? '/apis/apps/v1/deployments'
        : apiPath`/apis/apps/v1/namespaces/${namespace}/deployments`,
    what: namespace === undefined ? 'deployments' : `deployments in namespace "${namespace}"`,
    query: { labelSelector: LABEL },
  });
}

function deploymentOf(
  read: Reading<readonly unknown[]>,
  namespace: string,
  component: Component,
): Reading<ProgramDeployment> {
  return mapReading(read, (all) => {
    const found = all.find((one) => namespaceOf(one) === namespace && isComponent(one, component));
    return found === undefined ? undefined : readDeployment(found);
  });
}

/** Where there are Leases of controllers, wherever that may be; none if this user may not ask. */
async function leaseNamespaces(connection: Connection): Promise<string[]> {
  const read = await readObjects(connection, {
    path: '/apis/coordination.k8s.io/v1/leases',
    what: 'leases',
    query: { fieldSelector: `metadata.name=${DEFAULT_LEASE}` },
  });
  return (valueOf(read) ?? []).map(namespaceOf);
}

async function readLeaseIn(
  connection: Connection,
  namespace: string,
  name = DEFAULT_LEASE,
): Promise<Reading<LeaseRecord>> {
  const read = await readObject(connection, {
    path: apiPath`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`,
    what: `leases in namespace "${namespace}"`,
  });
  return mapReading(read, readLeaseRecord);
}

async function lookAtLease(
  connection: Connection,
  namespace: string,
  name: string,
): Promise<Reading<LeaseSeen>> {
  const read = () => readLeaseIn(connection, namespace, name);
  const first = await read();
  if (first.kind !== 'read') return first;
  const before = first.value;
  const ageMs = ageOf(before, connection.serverTimeMs());
  const limitMs = before.leaseDurationSeconds * 1_000;
  if (before.holderIdentity === '' || (ageMs > -limitMs && ageMs < limitMs)) {
    return { kind: 'read', value: { record: before, ageMs, isRenewed: before.holderIdentity !== '' } };
  }
  for (let watchedMs = 0; watchedMs < WATCHED_MS; watchedMs += LOOK_EVERY_MS) {
    await pause(LOOK_EVERY_MS);
    const now = valueOf(await read());
    if (now !== undefined && now.resourceVersion !== before.resourceVersion) {
      return { kind: 'read', value: { record: now, ageMs: 0, isRenewed: now.holderIdentity !== '' } };
    }
  }
  return { kind: 'read', value: { record: before, ageMs, isRenewed: false } };
}

function ageOf({ renewTime }: LeaseRecord, nowMs: number): number {
  const renewedMs = renewTime === undefined ? Number.NaN : Date.parse(renewTime);
  return Number.isNaN(renewedMs) ? Number.POSITIVE_INFINITY : nowMs - renewedMs;
}

async function readEndpoints(
  connection: Connection,
  configuration: WebhookConfiguration | undefined,
): Promise<Reading<number>> {
  if (configuration?.service === undefined) return { kind: 'absent' };
  const { namespace, name } = configuration.service;
  const read = await readObjects(connection, {
    path: apiPath`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    what: `endpointslices in namespace "${namespace}"`,
    query: { labelSelector: `kubernetes.io/service-name=${name}` },
  });
  return mapReading(read, countReady);
}

function namesIn(list: string | undefined): string[] | undefined {
  const names = (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.length === 0 ? undefined : names;
}

function defaultFirst(a: string, b: string): number {
  if (a === DEFAULT_NAMESPACE || b === DEFAULT_NAMESPACE) return a === DEFAULT_NAMESPACE ? -1 : 1;
  return a < b ? -1 : 1;
}
