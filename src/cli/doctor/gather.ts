import { connect as connectTls } from 'node:tls';
import type { JobMetadata } from '../../api/job.ts';
import { API_GROUP, API_VERSION, KEEP_OUTCOME_FINALIZER } from '../../api/names.ts';
import { isForbidden } from '../../kube/api-error.ts';
import { collectionPaths } from '../../kube/collections.ts';
import { apiPath, type Connection } from '../../kube/connection.ts';
import { readListPage } from '../../kube/list-and-watch.ts';
import { VERSION } from '../../runtime/version.ts';
import type { Session } from '../cluster/session.ts';
import { admissionChecks } from '../installation/admission-checks.ts';
import { findInstallations } from '../installation/find-installations.ts';
import type { Installation, WebhookConfiguration } from '../installation/installation.ts';
import { readKubernetesVersion } from '../installation/find-versions.ts';
import { mapReading, readObject, readObjects, valueOf, type Reading } from '../installation/reading.ts';
import { readCertificates } from './certificate.ts';
import { nameOfRight, readRights, type RightsSeen } from './rights.ts';
import type {
  AdmissionSeen,
  CertificateSeen,
  DefinitionSeen,
  DoctorSeen,
  InstallationSeen,
  LeftoversSeen,
  PolicySeen,
  WebhookSeen,
} from './seen.ts';

/** What every object of the chart is labelled with. */
const LABEL = 'app.kubernetes.io/name=jobflow';
const ADMISSION = '/apis/admissionregistration.k8s.io/v1';

/**
 * Looks at everything that tells how jobflow is installed; writes nothing. What may not be read is noted as that.
 *
 * @param everywhere whether Jobs of all namespaces are looked at
 * @throws ApiError for anything but missing rights
 */
export async function gatherSeen(session: Session, everywhere: boolean): Promise<DoctorSeen> {
  const { connection, namespace } = session;
  const [kubernetes, served, definitions, policies, installations, leftovers, rights] = await Promise.all([
    readKubernetesVersion(connection),
    readServed(connection),
    readDefinitions(connection),
    readPolicies(connection),
    findInstallations(connection),
    readLeftovers(connection, everywhere ? undefined : namespace),
    readRights(connection, namespace),
  ]);
  const [first, ...others] = installations;
  const look = (installation: Installation) => lookAtWebhook(connection, installation);
  return {
    cliVersion: VERSION,
    nowMs: connection.serverTimeMs(),
    namespace,
    kubernetes,
    served,
    definitions,
    policies,
    installations: [await look(first), ...(await Promise.all(others.map(look)))],
    admission: await askAdmission(connection, namespace, rights, served),
    leftovers,
    rights,
  };
}

/** Discovery is there for everybody (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles). */
async function readServed(connection: Connection): Promise<readonly string[]> {
  const read = await readObject(connection, {
    path: `/apis/${API_GROUP}/${API_VERSION}`,
    what: `the resources of ${API_GROUP}`,
  });
  const { resources } = (valueOf(read) ?? {}) as {
    readonly resources?: readonly { readonly name: string }[];
  };
  return (resources ?? []).map(({ name }) => name).filter((name) => !name.includes('/'));
}

interface DefinitionObject {
  readonly metadata: JobMetadata;
  readonly spec?: { readonly group?: string; readonly names?: { readonly plural?: string } };
}

async function readDefinitions(connection: Connection): Promise<Reading<readonly DefinitionSeen[]>> {
  const read = await readObjects(connection, {
    path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    what: 'customresourcedefinitions',
    query: { labelSelector: LABEL },
  });
  return mapReading(read, (all) =>
    (all as readonly DefinitionObject[])
      .filter(({ spec }) => spec?.group === API_GROUP)
      .map(({ metadata, spec }) => ({
        resource: spec?.names?.plural ?? '',
        version: metadata.labels?.['app.kubernetes.io/version'],
        isDeleting: typeof metadata.deletionTimestamp === 'string',
      })),
  );
}

interface BindingObject {
  readonly spec?: { readonly policyName?: string; readonly validationActions?: readonly string[] };
}

async function readPolicies(connection: Connection): Promise<Reading<readonly PolicySeen[]>> {
  const list = (resource: string) =>
    readObjects(connection, {
      path: `${ADMISSION}/${resource}`,
      what: resource,
      query: { labelSelector: LABEL },
    });
  const [policies, bindings] = await Promise.all([
    list('validatingadmissionpolicies'),
    list('validatingadmissionpolicybindings'),
  ]);
  if (bindings.kind === 'forbidden') return bindings;
  const bound = (valueOf(bindings) ?? []) as readonly BindingObject[];
  return mapReading(policies, (all) =>
    (all as readonly { readonly metadata: JobMetadata }[]).map(({ metadata: { name = '' } }) => ({
      name,
      isEnforced: bound.some(
        ({ spec }) => spec?.policyName === name && spec.validationActions?.includes('Deny') === true,
      ),
    })),
  );
}

async function lookAtWebhook(connection: Connection, installation: Installation): Promise<InstallationSeen> {
  const configuration = valueOf(installation.configuration);
  if (configuration === undefined) {
    const webhooks: Reading<never> =
      installation.configuration.kind === 'forbidden' ? installation.configuration : { kind: 'absent' };
    const sentence = 'Without the webhook configuration it is not said which certificate the webhook serves.';
    return { installation, webhooks, certificate: { kind: 'unread', sentence } };
  }
  const [webhooks, certificate] = await Promise.all([
    readWebhooks(connection, configuration.name),
    readCertificate(connection, installation, configuration),
  ]);
  return { installation, webhooks, certificate };
}

interface ConfigurationObject {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig?: { readonly caBundle?: string };
  }[];
}

async function readWebhooks(connection: Connection, name: string): Promise<Reading<readonly WebhookSeen[]>> {
  const read = await readObject(connection, {
    path: apiPath`/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/${name}`,
    what: 'mutatingwebhookconfigurations',
  });
  return mapReading(read, (object) =>
    ((object as ConfigurationObject).webhooks ?? []).map(({ name: webhook, clientConfig }) => ({
      name: webhook,
      caBundle: clientConfig?.caBundle,
    })),
  );
}

async function readCertificate(
  connection: Connection,
  { namespace, webhook }: Installation,
  { url, service }: WebhookConfiguration,
): Promise<CertificateSeen> {
  if (service === undefined) return certificateAt(new URL(url ?? ''));
  const name = valueOf(webhook)?.certificateSecret ?? `${service.name}-tls`;
  const source = `Secret "${name}" in namespace "${namespace}"`;
  const read = await readObject(connection, {
    path: apiPath`/api/v1/namespaces/${namespace}/secrets/${name}`,
    what: `secrets in namespace "${namespace}"`,
  });
  switch (read.kind) {
    case 'forbidden':
      return {
        kind: 'unread',
        sentence: `You may not ${read.what}, so it is not said until when the webhook’s certificate is valid.`,
      };
    case 'absent':
      return { kind: 'missing', source };
    case 'read': {
      const { data } = read.value as { readonly data?: Readonly<Record<string, string>> };
      const [leaf, ...others] =
        readCertificates(Buffer.from(data?.['tls.crt'] ?? '', 'base64').toString()) ?? [];
      const host = `${service.name}.${service.namespace}.svc`;
      return leaf === undefined
        ? { kind: 'missing', source }
        : { kind: 'read', source, chain: [leaf, ...others], host };
    }
  }
}

/** How long the webhook may take to show its certificate, in milliseconds. */
const HANDSHAKE_MS = 3_000;

/** Where the API server asks by a URL, the webhook may be reached from here too. */
async function certificateAt({ hostname, port, host: source }: URL): Promise<CertificateSeen> {
  // An address of IPv6 stands in brackets in a URL.
  const host = hostname.replace(/^\[|\]$/g, '');
  const { promise, resolve } = Promise.withResolvers<CertificateSeen>();
  const giveUp = (why: string): void => {
    const sentence = `The webhook at ${source} cannot be reached from here (${why}), so its certificate is not looked at.`;
    resolve({ kind: 'unread', sentence });
  };
  // Only the certificate is looked at; nothing is sent, whoever answers.
  const socket = connectTls({
    host,
    port: Number(port === '' ? '443' : port),
    rejectUnauthorized: false,
  });
  socket.setTimeout(HANDSHAKE_MS, () => {
    giveUp('no answer');
  });
  socket.once('error', (error: Error) => {
    giveUp(error.message);
  });
  socket.once('secureConnect', () => {
    const leaf = socket.getPeerX509Certificate();
    if (leaf === undefined) giveUp('it shows none');
    else resolve({ kind: 'read', source, chain: [leaf], host });
  });
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

/** What the user may not create is not asked for; what the cluster does not have neither. */
async function askAdmission(
  connection: Connection,
  namespace: string,
  rights: RightsSeen,
  served: readonly string[],
): Promise<AdmissionSeen[]> {
  const checks = admissionChecks(connection, namespace).filter(
    ({ resource }) => resource === 'jobs' || served.includes(resource),
  );
  return Promise.all(
    checks.map(async ({ name, resource, ask }): Promise<AdmissionSeen> => {
      const right = nameOfRight({ verb: 'create', resource });
      if (rights?.get(right) === false) return { name, answer: { kind: 'notAllowed', right } };
      return { name, answer: await ask() };
    }),
  );
}

/** A controller takes its finalizer off within a moment; so long after the deletion something is wrong, in milliseconds. */
const STUCK_MS = 60_000;
const PAGE_SIZE = 500;

/** @param namespace undefined for all */
async function readLeftovers(
  connection: Connection,
  namespace: string | undefined,
): Promise<Reading<LeftoversSeen>> {
  const where = namespace === undefined ? 'all namespaces' : `namespace "${namespace}"`;
  const path = collectionPaths('jobs', namespace === undefined ? [] : [namespace])[0] ?? '';
  let kept = 0;
  const stuck: string[] = [];
  try {
    for (let token: string | undefined; ;) {
      const query = { limit: PAGE_SIZE, continue: token };
      const page = readListPage(
        await connection.request({ method: 'GET', path, query, answer: 'metadataList' }),
      );
      for (const item of page.items) {
        const { metadata } = item as { readonly metadata: JobMetadata };
        if (metadata.finalizers?.includes(KEEP_OUTCOME_FINALIZER) !== true) continue;
        kept += 1;
        const deletedMs = Date.parse(metadata.deletionTimestamp ?? '');
        if (connection.serverTimeMs() - deletedMs > STUCK_MS)
          stuck.push(`${metadata.namespace ?? ''}/${metadata.name ?? ''}`);
      }
      token = page.continueToken;
      if (token === undefined) return { kind: 'read', value: { where, kept, stuck } };
    }
  } catch (error) {
    if (isForbidden(error)) return { kind: 'forbidden', what: `list jobs in ${where}` };
    throw error;
  }
}
