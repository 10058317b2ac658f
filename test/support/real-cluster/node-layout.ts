import { join } from 'node:path';

/** The node's name. */
export const NODE_NAME = 'real-1';
/** The node's own address; it exists in the node's network namespace only, as do the others here. */
export const NODE_ADDRESS = '10.99.0.1';
/** Service addresses. */
export const SERVICE_RANGE = '10.0.0.0/24';
/** The address of the Service `kubernetes`, the first one of the range. */
export const API_SERVICE_ADDRESS = '10.0.0.1';
/** The last part of the name of every Service. */
export const CLUSTER_DOMAIN = 'cluster.local';
/** Pod addresses. */
export const POD_RANGE = '10.200.0.0/16';
/** The URL of the API server. */
export const SERVER_URL = `https://${NODE_ADDRESS}:6443`;
/** In the node's folder: the process id of the first process in the node's namespaces, from when they are ready. */
export const HOLDER_FILE = 'holder.pid';
/** What every pod's sandbox runs; it only waits. */
export const SANDBOX_IMAGE = 'docker.io/local/pause:1';

/** Where a node keeps each of its files, below its folder. */
export function nodeFiles(folder: string) {
  const at = (...names: string[]) => join(folder, ...names);
  return {
    logs: at('logs'),
    etcd: at('etcd'),
    caCert: at('pki', 'ca.crt'),
    serverCert: at('pki', 'server.crt'),
    serverKey: at('pki', 'server.key'),
    kubeletClientCert: at('pki', 'kubelet-client.crt'),
    kubeletClientKey: at('pki', 'kubelet-client.key'),
    serviceAccountPublic: at('pki', 'service-account.pub'),
    serviceAccountPrivate: at('pki', 'service-account.key'),
    adminKubeconfig: at('admin.kubeconfig'),
    controllerManagerKubeconfig: at('controller-manager.kubeconfig'),
    schedulerKubeconfig: at('scheduler.kubeconfig'),
    kubeletKubeconfig: at('kubelet.kubeconfig'),
    kubeProxyKubeconfig: at('kube-proxy.kubeconfig'),
    kubelet: at('kubelet'),
    kubeletConfig: at('kubelet.yaml'),
    kubeletPki: at('pki', 'kubelet'),
    podLogs: at('pod-logs'),
    kubeProxyConfig: at('kube-proxy.yaml'),
    nameServerKubeconfig: at('coredns.kubeconfig'),
    nameServerConfig: at('Corefile'),
    containerd: at('containerd'),
    containerdConfig: at('containerd.toml'),
    containerdSocket: at('containerd.sock'),
    podNetworks: at('cni'),
    podAddresses: at('pod-addresses'),
  } as const;
}

/** The files of a node. */
export type NodeFiles = ReturnType<typeof nodeFiles>;
