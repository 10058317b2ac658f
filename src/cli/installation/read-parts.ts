import { readLease, type LeaseRecord } from '../../kube/lease-record.ts';
import type { ProgramDeployment, WebhookConfiguration } from './installation.ts';

/** Which of the two programs a Deployment runs: the value of the label `app.kubernetes.io/component`. */
export type Component = 'controller' | 'webhook';

/** The webhook of a configuration that is about Jobs; its name is the same in every release. */
const JOBS_WEBHOOK = 'jobs.api.practice.com';
/** Set by Kubernetes on every namespace (https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name). */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

interface Named {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>> | null;
  };
}

interface DeploymentObject extends Named {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly {
          readonly image?: string;
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
        readonly volumes?: readonly {
          readonly name: string;
          readonly secret?: { readonly secretName?: string };
        }[];
      };
    };
  };
  readonly status?: { readonly readyReplicas?: number };
}

interface WebhookConfigurationObject extends Named {
  readonly webhooks?: readonly {
    readonly name: string;
    readonly clientConfig: {
      readonly url?: string;
      readonly caBundle?: string;
      readonly service?: { readonly namespace: string; readonly name: string; readonly port?: number };
    };
    readonly failurePolicy?: string;
    readonly namespaceSelector?: {
      readonly matchExpressions?: readonly {
        readonly key: string;
        readonly operator: string;
        readonly values?: readonly string[];
      }[];
    };
  }[];
}

interface EndpointSliceObject {
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean | null } }[] | null;
}

/** The namespace of an object as the API server sent it. */
export function namespaceOf(object: unknown): string {
  return (object as Named).metadata?.namespace ?? '';
}

/** What a Deployment says, as the API server sent it. */
export function readDeployment(object: unknown): ProgramDeployment {
  const { metadata, spec, status } = object as DeploymentObject;
  const containers = spec?.template?.spec?.containers ?? [];
  const stated = containers.flatMap(({ env }) => env ?? []);
  const env = new Map(stated.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
  const mounted = spec?.template?.spec?.volumes?.find(({ name }) => name === 'tls')?.secret?.secretName;
  return {
    name: metadata?.name ?? '',
    version: metadata?.labels?.['app.kubernetes.io/version'],
    image: containers[0]?.image,
    wanted: spec?.replicas ?? 1,
    ready: status?.readyReplicas ?? 0,
    env,
    certificateSecret: env.get('JOBFLOW_CERTIFICATE_SECRET') ?? mounted,
  };
}

/** Whether a Deployment is the one of a program. */
export function isComponent(object: unknown, component: Component): boolean {
  return (object as Named).metadata?.labels?.['app.kubernetes.io/component'] === component;
}

/**
 * What a MutatingWebhookConfiguration says of Jobs.
 *
 * @returns undefined if it is not jobflow's
 */
export function readConfiguration(object: unknown): WebhookConfiguration | undefined {
  const { metadata, webhooks } = object as WebhookConfigurationObject;
  const jobs = webhooks?.find(({ name }) => name === JOBS_WEBHOOK);
  if (jobs === undefined) return undefined;
  const { service, url, caBundle } = jobs.clientConfig;
  const byName = (jobs.namespaceSelector?.matchExpressions ?? []).filter(({ key }) => key === NAMESPACE_NAME);
  return {
    name: metadata?.name ?? '',
    service: service && { namespace: service.namespace, name: service.name, port: service.port ?? 443 },
    url,
    caBundle,
    failurePolicy: jobs.failurePolicy === 'Ignore' ? 'Ignore' : 'Fail',
    namespaces: byName.find(({ operator }) => operator === 'In')?.values,
    excluded: byName.find(({ operator }) => operator === 'NotIn')?.values ?? [],
  };
}

/**
 * How many addresses of a Service are ready, from its EndpointSlices
 * (https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#ready: nothing said counts as ready).
 */
export function countReady(slices: readonly unknown[]): number {
  return slices
    .flatMap((slice) => (slice as EndpointSliceObject).endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false).length;
}

/** What a Lease says; undefined for an object that is none. */
export function readLeaseRecord(object: unknown): LeaseRecord | undefined {
  try {
    return readLease(object);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
