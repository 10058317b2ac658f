import { once } from 'node:events';
import { connect } from 'node:tls';
import { readCertificates } from '../../../src/runtime/certificates/read-certificates.ts';
import type { ApiClient } from '../../support/cluster/api-client.ts';
import { readPath } from '../../support/cluster/api-client.ts';
import type { Cluster } from '../../support/cluster/cluster.ts';
import type { Jobflow } from '../../support/cluster/jobflow.ts';
import { waitUntil } from '../../support/cluster/wait-until.ts';

/** Where the webhooks keep their certificates. */
export const SECRET_PATH = '/api/v1/namespaces/jobflow-system/secrets/jobflow-webhook-tls';

/** Where the API server reads whom to trust. */
export const CONFIGURATION_PATH =
  '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/jobflow';

/** The Secret as anybody may look at it. */
export interface StoredSecret {
  readonly uid: string;
  readonly data: Readonly<Record<string, string>>;
  /** Fingerprint of the serving certificate. */
  readonly serving: string;
  /** Whether the serving certificate is of the first authority in `ca.crt`. */
  readonly settled: boolean;
  /** Fingerprints of the authorities, the signing one first. */
  readonly authorities: readonly string[];
}

/** Reads the Secret. @returns undefined if there is none, or it holds no certificates */
export async function readSecret(api: ApiClient): Promise<StoredSecret | undefined> {
  const { status, body } = await api.request('GET', SECRET_PATH);
  if (status !== 200) return undefined;
  const encoded = readPath(body, 'data');
  const data = Object.fromEntries(
    Object.entries(typeof encoded === 'object' && encoded !== null ? encoded : {}).map(([key, value]) => [
      key,
      Buffer.from(String(value), 'base64').toString(),
    ]),
  );
  const { certificates } = readCertificates(data['ca.crt'] ?? '');
  const [serving] = readCertificates(data['tls.crt'] ?? '').certificates;
  const [signing] = certificates;
  if (serving === undefined || signing === undefined) return undefined;
  return {
    uid: String(readPath(body, 'metadata', 'uid')),
    data,
    serving: serving.fingerprint,
    settled: serving.x509.verify(signing.x509.publicKey),
    authorities: certificates.map(({ fingerprint }) => fingerprint),
  };
}

/** The fingerprints in the `caBundle` of each webhook of the configuration. */
export async function readBundles(api: ApiClient): Promise<string[][]> {
  const configuration = await api.demand('GET', CONFIGURATION_PATH);
  const webhooks = readPath(configuration, 'webhooks');
  if (!Array.isArray(webhooks)) return [];
  return webhooks.map((webhook: unknown) => {
    const bundle = readPath(webhook, 'clientConfig', 'caBundle');
    const text = Buffer.from(typeof bundle === 'string' ? bundle : '', 'base64').toString();
    return readCertificates(text).certificates.map(({ fingerprint }) => fingerprint);
  });
}

/** Whether every webhook's bundle holds an authority. */
export async function isTrusted(api: ApiClient, authority: string | undefined): Promise<boolean> {
  const bundles = await readBundles(api);
  return (
    bundles.length > 0 && bundles.every((bundle) => authority !== undefined && bundle.includes(authority))
  );
}

/**
 * Waits until every replica shows the Secret's certificate, which is of the newest authority, which is trusted.
 *
 * @param differsFrom the fingerprint of a certificate that it must not be
 */
export async function untilSettled(
  { api }: Cluster,
  { webhookPorts }: Jobflow,
  differsFrom = '',
): Promise<StoredSecret> {
  return waitUntil(
    'settled certificates',
    async () => {
      const secret = await readSecret(api);
      if (secret === undefined || !secret.settled || secret.serving === differsFrom) return undefined;
      const shown = await Promise.all(webhookPorts.map(shownFingerprint));
      if (!shown.every((one) => one === secret.serving)) return undefined;
      return (await isTrusted(api, secret.authorities[0])) ? secret : undefined;
    },
    { intervalMs: 100 },
  );
}

/** The fingerprint of the certificate that a new connection is shown, whoever has issued it. */
export async function shownFingerprint(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerX509Certificate()?.fingerprint256 ?? '';
  } finally {
    socket.destroy();
  }
}
