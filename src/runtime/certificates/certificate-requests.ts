import { WEBHOOK_FIELD_MANAGER } from '../../api/names.ts';
import { apiPath, type ApiRequest } from '../../kube/connection.ts';
import type { Identified } from '../../kube/store-change.ts';

/** The Secret as it is stored. */
export interface SecretRecord extends Identified {
  /** Its values as text; values that are no text do not matter here. */
  readonly data: Readonly<Record<string, string>>;
}

/** The MutatingWebhookConfiguration as it is stored. */
export interface ConfigurationRecord extends Identified {
  readonly webhooks: readonly WebhookRecord[];
}

/** One webhook of a configuration. */
export interface WebhookRecord {
  readonly name: string;
  /** In PEM; empty when there is none. */
  readonly caBundle: string;
}

/** Where Secrets of a namespace are. */
export function secretsPath(namespace: string): string {
  return apiPath`/api/v1/namespaces/${namespace}/secrets`;
}

/** Where webhook configurations are. */
export const CONFIGURATIONS_PATH = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

/** Keeps of a Secret what is needed; never throws for a Secret, whatever is in it. */
export function projectSecret(object: unknown): SecretRecord {
  const data = Object.entries(fieldsOf(fieldsOf(object).data)).map(([key, value]) => [key, decode(value)]);
  return { ...identityOf(object), data: Object.fromEntries(data) as Record<string, string> };
}

/** Keeps of a webhook configuration what is needed. */
export function projectConfiguration(object: unknown): ConfigurationRecord {
  const { webhooks } = fieldsOf(object);
  return {
    ...identityOf(object),
    webhooks: (Array.isArray(webhooks) ? webhooks : []).map((webhook: unknown) => ({
      name: textOf(fieldsOf(webhook).name),
      caBundle: decode(fieldsOf(fieldsOf(webhook).clientConfig).caBundle),
    })),
  };
}

/**
 * Creates the Secret; 409 if there is one by now. Its type asks for `tls.crt` and `tls.key`
 * (https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets).
 */
export function createSecretRequest(
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>>,
): ApiRequest {
  return {
    method: 'POST',
    path: secretsPath(namespace),
    query: { fieldManager: WEBHOOK_FIELD_MANAGER },
    body: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        labels: { 'app.kubernetes.io/name': 'jobflow', 'app.kubernetes.io/component': 'webhook' },
      },
      type: 'kubernetes.io/tls',
      data: encode(data),
    },
  };
}

/** Writes values of the Secret; 409 if it has changed since. What else others have put there stays. */
export function writeSecretRequest(
  { namespace, name, uid, resourceVersion }: SecretRecord,
  data: Readonly<Record<string, string>>,
): ApiRequest {
  return {
    method: 'PATCH',
    path: `${secretsPath(namespace)}/${encodeURIComponent(name)}`,
    query: { fieldManager: WEBHOOK_FIELD_MANAGER },
    body: { metadata: { uid, resourceVersion }, data: encode(data) },
  };
}

/**
 * Writes the `caBundle` of every webhook, and nothing else; 409 if the configuration has changed since. This program
 * becomes the manager of these fields alone, so that whoever applies the configuration without them, by client-side
 * or server-side apply, neither takes them away nor meets a conflict
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management).
 *
 * @param caBundle in PEM
 */
export function writeBundlesRequest(
  { name, resourceVersion, webhooks }: ConfigurationRecord,
  caBundle: string,
): ApiRequest {
  const value = Buffer.from(caBundle).toString('base64');
  return {
    method: 'PATCH',
    path: `${CONFIGURATIONS_PATH}/${encodeURIComponent(name)}`,
    query: { fieldManager: WEBHOOK_FIELD_MANAGER },
    contentType: 'application/json-patch+json',
    body: [
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      ...webhooks.flatMap((webhook, index) =>
        webhook.caBundle === caBundle
          ? []
          : [{ op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value }],
      ),
    ],
  };
}

function identityOf(object: unknown): Identified {
  const { namespace, name, uid, resourceVersion } = fieldsOf(fieldsOf(object).metadata);
  return {
    namespace: textOf(namespace),
    name: textOf(name),
    uid: textOf(uid),
    resourceVersion: textOf(resourceVersion),
  };
}

function encode(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
}

function decode(value: unknown): string {
  return Buffer.from(textOf(value), 'base64').toString();
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
