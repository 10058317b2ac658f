import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { controlPlaneFiles } from '../cluster/control-plane-files.ts';
import { kubeconfigText } from '../cluster/kubeconfig.ts';
import {
  API_SERVICE_ADDRESS,
  CLUSTER_DOMAIN,
  NODE_ADDRESS,
  NODE_NAME,
  POD_RANGE,
  SANDBOX_IMAGE,
  SERVER_URL,
  nodeFiles,
} from './node-layout.ts';
import type { NodeFiles } from './node-layout.ts';

/** Writes every file that the control plane and the node read at their start: each program is a user of its own. */
export async function writeNodeFiles(folder: string, cgroup: string): Promise<void> {
  const files = nodeFiles(folder);
  const { authority, contents } = await controlPlaneFiles(files, {
    name: 'jobflow real cluster',
    serverUrl: SERVER_URL,
    serverAddresses: ['127.0.0.1', NODE_ADDRESS, API_SERVICE_ADDRESS],
  });
  const [kubeletClient, kubelet, kubeProxy, nameServer] = await Promise.all([
    authority.issue({ commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] }),
    // The node authorizer knows a kubelet by these two.
    authority.issue({ commonName: `system:node:${NODE_NAME}`, organizations: ['system:nodes'] }),
    authority.issue({ commonName: 'system:kube-proxy' }),
    // Kubernetes has no role for it.
    authority.issue({ commonName: 'coredns', organizations: ['system:masters'] }),
  ]);
  const further: [string, string][] = [
    [files.kubeletClientCert, kubeletClient.cert],
    [files.kubeletClientKey, kubeletClient.key],
    [files.kubeletKubeconfig, kubeconfigText(SERVER_URL, authority.cert, kubelet)],
    [files.kubeProxyKubeconfig, kubeconfigText(SERVER_URL, authority.cert, kubeProxy)],
    [files.nameServerKubeconfig, kubeconfigText(SERVER_URL, authority.cert, nameServer)],
    [files.nameServerConfig, nameServerConfiguration(files)],
    [files.kubeletConfig, stringify(kubeletConfiguration(files, cgroup))],
    [files.kubeProxyConfig, stringify(kubeProxyConfiguration(files))],
    [files.containerdConfig, containerdConfiguration(files, await hasOverlay())],
    [join(files.podNetworks, '10-node.conflist'), JSON.stringify(podNetwork(files))],
  ];
  await mkdir(files.logs, { recursive: true });
  for (const [path, text] of [...contents, ...further]) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode: 0o600 });
  }
}

/** https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ */
function kubeletConfiguration(files: NodeFiles, cgroup: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: `unix://${files.containerdSocket}`,
    address: '0.0.0.0',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: files.caCert },
    },
    authorization: { mode: 'Webhook' },
    podLogsDir: files.podLogs,
    // Services have names; nothing else can be reached, and so has none.
    clusterDNS: [NODE_ADDRESS],
    clusterDomain: CLUSTER_DOMAIN,
    resolvConf: '',
    // All pods live in one cgroup of this node, whichever version of cgroups the machine has.
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    localStorageCapacityIsolation: false,
    // The disk and the memory are the machine's, and others use them too.
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'nodefs.available': '1%', 'imagefs.available': '1%', 'memory.available': '100Mi' },
    // Pods of a test come and go in seconds.
    syncFrequency: '10s',
    registryPullQPS: 0,
    kubeAPIQPS: 100,
    kubeAPIBurst: 200,
  };
}

/** https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/ */
function kubeProxyConfiguration(files: NodeFiles): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clientConnection: { kubeconfig: files.kubeProxyKubeconfig },
    clusterCIDR: POD_RANGE,
    hostnameOverride: NODE_NAME,
    // The limits of the connection table are the machine's, and not to be changed from in here.
    conntrack: { maxPerCore: 0, min: 0 },
    // The webhook's address must follow its pods fast.
    nftables: { minSyncPeriod: '200ms' },
  };
}

/** https://coredns.io/plugins/kubernetes/ */
function nameServerConfiguration(files: NodeFiles): string {
  return `.:53 {
  bind ${NODE_ADDRESS}
  errors
  kubernetes ${CLUSTER_DOMAIN} {
    kubeconfig ${files.nameServerKubeconfig}
  }
}
`;
}

/** https://github.com/containerd/containerd/blob/main/docs/cri/config.md */
function containerdConfiguration(files: NodeFiles, overlay: boolean): string {
  return `version = 3
root = "${files.containerd}/root"
state = "${files.containerd}/state"
disabled_plugins = ["io.containerd.nri.v1.nri"]
[grpc]
  address = "${files.containerdSocket}"
[plugins.'io.containerd.internal.v1.opt']
  path = "${files.containerd}/opt"
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "${overlay ? 'overlayfs' : 'native'}"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "${SANDBOX_IMAGE}"
[plugins.'io.containerd.cri.v1.runtime']
  # A process may lack CAP_SYS_RESOURCE, without which it cannot lower this score, and then runc does not start.
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "${files.podNetworks}"
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      BinaryName = "/usr/sbin/runc"
      SystemdCgroup = false
`;
}

/** https://www.cni.dev/plugins/current/main/ptp/ */
function podNetwork(files: NodeFiles): object {
  return {
    cniVersion: '1.0.0',
    name: 'node',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: {
          type: 'host-local',
          subnet: POD_RANGE,
          routes: [{ dst: '0.0.0.0/0' }],
          dataDir: files.podAddresses,
        },
      },
      { type: 'loopback' },
    ],
  };
}

async function hasOverlay(): Promise<boolean> {
  return (await readFile('/proc/filesystems', 'utf8')).includes('\toverlay\n');
}
