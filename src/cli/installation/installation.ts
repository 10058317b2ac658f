import type { LeaseRecord } from '../../kube/lease-record.ts';
import type { Reading } from './reading.ts';

/** The namespace that the chart and the manifests install into unless told otherwise. */
export const DEFAULT_NAMESPACE = 'jobflow-system';

/** The Lease of the controller, unless the release has another name. */
export const DEFAULT_LEASE = 'jobflow-controller';

/** One installed jobflow, as far as it can be seen: every part may be missing, or not be this user's to read. */
export interface Installation {
  /** Where its programs are, or would be. */
  readonly namespace: string;
  readonly controller: Reading<ProgramDeployment>;
  readonly webhook: Reading<ProgramDeployment>;
  readonly leaseName: string;
  readonly lease: Reading<LeaseSeen>;
  readonly configuration: Reading<WebhookConfiguration>;
  /** The addresses of the webhook's Service that are ready; `absent` where the API server asks it by a URL. */
  readonly endpoints: Reading<number>;
  /** The namespaces that it is for; undefined for all, or if that cannot be seen. */
  readonly follows: readonly string[] | undefined;
}

/** A Deployment of one of the two programs. */
export interface ProgramDeployment {
  readonly name: string;
  /** The chart's version, from the label `app.kubernetes.io/version`. */
  readonly version: string | undefined;
  readonly image: string | undefined;
  /** How many replicas are wanted, and how many are ready. */
  readonly wanted: number;
  readonly ready: number;
  /** What its containers are given by name, where a value is stated. */
  readonly env: ReadonlyMap<string, string>;
  /** The Secret of its certificate, of the webhook; undefined if it says none. */
  readonly certificateSecret: string | undefined;
}

/** The controller's Lease, and whether it is being renewed. */
export interface LeaseSeen {
  readonly record: LeaseRecord;
  /** Since its last renewal by the API server's clock, in milliseconds. */
  readonly ageMs: number;
  /** It was young enough, or changed while it was watched for longer than a renewal takes. */
  readonly isRenewed: boolean;
}

/** The part of a MutatingWebhookConfiguration that is about Jobs. */
export interface WebhookConfiguration {
  readonly name: string;
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number } | undefined;
  /** Where the API server asks by a URL in place of a Service. */
  readonly url: string | undefined;
  readonly caBundle: string | undefined;
  readonly failurePolicy: 'Fail' | 'Ignore';
  /** The only namespaces in which it is asked; undefined if there is no such list. */
  readonly namespaces: readonly string[] | undefined;
  /** The namespaces in which it is never asked. */
  readonly excluded: readonly string[];
}

/** Whether a controller decides about Jobs. */
export type ControllerState =
  | { readonly kind: 'leads'; readonly holder: string }
  /** Nobody has renewed the Lease for longer than it lasts. */
  | { readonly kind: 'silent'; readonly holder: string; readonly ageMs: number }
  /** The last one has stepped down, and nobody has taken over. */
  | { readonly kind: 'vacant'; readonly ageMs: number }
  /** There never was one, or it was uninstalled. */
  | { readonly kind: 'noLease' }
  | { readonly kind: 'unknown'; readonly what: string };

/** Whether the API server can ask the webhook, as far as can be seen without asking it. */
export type WebhookState =
  | { readonly kind: 'reachable' }
  | { readonly kind: 'noConfiguration' }
  /** Its Service has no address that is ready. */
  | { readonly kind: 'noEndpoints'; readonly service: string }
  | { readonly kind: 'unknown'; readonly what: string };

/** Judges the controller by its Lease. */
export function controllerState({ lease, controller }: Installation): ControllerState {
  if (lease.kind === 'forbidden') return { kind: 'unknown', what: lease.what };
  // It may have another name, or be in another namespace, which only the Deployment would tell.
  if (lease.kind === 'absent' && controller.kind === 'forbidden')
    return { kind: 'unknown', what: controller.what };
  if (lease.kind === 'absent') return { kind: 'noLease' };
  const { record, ageMs, isRenewed } = lease.value;
  const holder = record.holderIdentity;
  if (holder === '') return { kind: 'vacant', ageMs };
  return isRenewed ? { kind: 'leads', holder } : { kind: 'silent', holder, ageMs };
}

/** Judges the webhook by its configuration and its Service. */
export function webhookState({ configuration, endpoints }: Installation): WebhookState {
  if (configuration.kind === 'forbidden') return { kind: 'unknown', what: configuration.what };
  if (configuration.kind === 'absent') return { kind: 'noConfiguration' };
  const { service } = configuration.value;
  if (service === undefined) return { kind: 'reachable' };
  if (endpoints.kind === 'forbidden') return { kind: 'unknown', what: endpoints.what };
  return endpoints.kind === 'read' && endpoints.value > 0
    ? { kind: 'reachable' }
    : { kind: 'noEndpoints', service: `${service.namespace}/${service.name}` };
}

/** Whether an installation is for a namespace: its controller follows it. */
export function isFor({ follows }: Installation, namespace: string): boolean {
  return follows === undefined || follows.includes(namespace);
}

/** Whether the API server asks the webhook about Jobs in a namespace. */
export function isAskedIn({ namespaces, excluded }: WebhookConfiguration, namespace: string): boolean {
  return !excluded.includes(namespace) && (namespaces?.includes(namespace) ?? true);
}
