import { join } from 'node:path';
import {
  apiServerIdentityArgs,
  controllerManagerIdentityArgs,
  schedulerIdentityArgs,
} from './control-plane-files.ts';

/** Where the control plane's programs listen (on 127.0.0.1) and keep their files. */
export type ControlPlaneLayout = {
  binDirectory: string;
  directory: string;
  ports: { etcdClient: number; etcdPeer: number; apiServer: number; kubelet: number };
};

/** The folders and files below a cluster's directory. */
export function layoutOf(
  directory: string,
): Record<
  | 'logs'
  | 'podLogs'
  | 'etcd'
  | 'caCert'
  | 'serverCert'
  | 'serverKey'
  | 'serviceAccountPublic'
  | 'serviceAccountPrivate'
  | 'auditPolicy'
  | 'auditLog'
  | 'stages'
  | 'adminKubeconfig'
  | 'controllerManagerKubeconfig'
  | 'schedulerKubeconfig',
  string
> {
  const at = (...names: string[]) => join(directory, ...names);
  return {
    logs: at('logs'),
    podLogs: at('pod-logs'),
    etcd: at('etcd'),
    caCert: at('pki', 'ca.crt'),
    serverCert: at('pki', 'apiserver.crt'),
    serverKey: at('pki', 'apiserver.key'),
    serviceAccountPublic: at('pki', 'service-account.pub'),
    serviceAccountPrivate: at('pki', 'service-account.key'),
    auditPolicy: at('audit-policy.yaml'),
    auditLog: at('logs', 'audit.log'),
    stages: at('kwok.yaml'),
    adminKubeconfig: at('admin.kubeconfig'),
    controllerManagerKubeconfig: at('controller-manager.kubeconfig'),
    schedulerKubeconfig: at('scheduler.kubeconfig'),
  };
}

/** The URL of the API server. */
export function serverUrl(layout: ControlPlaneLayout): string {
  return `https://127.0.0.1:${layout.ports.apiServer}`;
}

/** The address of etcd's clients. */
export function etcdUrl(layout: ControlPlaneLayout): string {
  return `http://127.0.0.1:${layout.ports.etcdClient}`;
}

/** etcd without fsync: its data need not outlive the machine. */
export function etcdArgs(layout: ControlPlaneLayout): string[] {
  const peer = `http://127.0.0.1:${layout.ports.etcdPeer}`;
  return [
    `--data-dir=${layoutOf(layout.directory).etcd}`,
    `--listen-client-urls=${etcdUrl(layout)}`,
    `--advertise-client-urls=${etcdUrl(layout)}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
    `--quota-backend-bytes=${8 * 1024 ** 3}`,
  ];
}

/** The API server, with in-flight limits that a benchmark does not reach. */
export function apiServerArgs(
  layout: ControlPlaneLayout,
  options: { auditLog: boolean; extra: readonly string[] },
): string[] {
  const files = layoutOf(layout.directory);
  return [
    `--etcd-servers=${etcdUrl(layout)}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${layout.ports.apiServer}`,
    ...apiServerIdentityArgs(files),
    // The names of fake nodes lead nowhere.
    '--kubelet-preferred-address-types=InternalIP',
    '--service-cluster-ip-range=10.0.0.0/24',
    // The endpoints of the `kubernetes` Service may not lie on loopback.
    '--endpoint-reconciler-type=none',
    '--max-requests-inflight=3000',
    '--max-mutating-requests-inflight=1000',
    ...(options.auditLog
      ? [`--audit-policy-file=${files.auditPolicy}`, `--audit-log-path=${files.auditLog}`]
      : []),
    ...options.extra,
  ];
}

/** Beyond what a benchmark needs. */
const REQUEST_LIMITS = ['--kube-api-qps=5000', '--kube-api-burst=10000'];

/** The controllers that Jobs, their owners and their clean-up need; node-lifecycle takes the not-ready taint off. */
const CONTROLLERS = [
  'job-controller',
  'cronjob-controller',
  'garbage-collector-controller',
  'ttl-after-finished-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'pod-garbage-collector-controller',
  'daemonset-controller',
  'clusterrole-aggregation-controller',
  'resourcequota-controller',
  'node-lifecycle-controller',
  'taint-eviction-controller',
];

/** The controller manager, without a port of its own and without leader election. */
export function controllerManagerArgs(layout: ControlPlaneLayout): string[] {
  const files = layoutOf(layout.directory);
  return [
    ...controllerManagerIdentityArgs(files),
    ...REQUEST_LIMITS,
    '--concurrent-job-syncs=20',
    // One process plays all kubelets. When the machine is busy its heartbeats are late, and for that the node lifecycle
    // controller would take Ready from the pods of healthy nodes, which nothing gives back to them.
    '--node-monitor-grace-period=24h',
    `--controllers=${CONTROLLERS.join(',')}`,
  ];
}

/** The scheduler, without a port of its own and without leader election. */
export function schedulerArgs(layout: ControlPlaneLayout): string[] {
  return [...schedulerIdentityArgs(layoutOf(layout.directory)), ...REQUEST_LIMITS];
}

/** kwok, which plays the kubelets of all nodes, and serves the logs of their pods. */
export function kwokArgs(layout: ControlPlaneLayout): string[] {
  const files = layoutOf(layout.directory);
  return [
    `--kubeconfig=${files.adminKubeconfig}`,
    '--manage-all-nodes=true',
    `--config=${files.stages}`,
    '--cidr=10.100.0.0/16',
    `--node-port=${layout.ports.kubelet}`,
    `--server-address=127.0.0.1:${layout.ports.kubelet}`,
    `--tls-cert-file=${files.serverCert}`,
    `--tls-private-key-file=${files.serverKey}`,
  ];
}
