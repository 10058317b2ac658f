import {
  apiServerIdentityArgs,
  controllerManagerIdentityArgs,
  schedulerIdentityArgs,
} from '../cluster/control-plane-files.ts';
import { NODE_ADDRESS, NODE_NAME, SERVICE_RANGE } from './node-layout.ts';
import type { NodeFiles } from './node-layout.ts';

/** One program of a real cluster: its name and its arguments. */
export type NodeProgram = { name: string; args: readonly string[] };

/** etcd without fsync: its data need not outlive the machine. Its ports are the usual ones, in a network of its own. */
export function etcd(files: NodeFiles): NodeProgram {
  return { name: 'etcd', args: [`--data-dir=${files.etcd}`, '--unsafe-no-fsync', '--log-level=warn'] };
}

/** The API server at the node's address, which pods reach by the Service `kubernetes`. */
export function apiServer(files: NodeFiles): NodeProgram {
  return {
    name: 'kube-apiserver',
    args: [
      '--etcd-servers=http://127.0.0.1:2379',
      '--bind-address=0.0.0.0',
      `--advertise-address=${NODE_ADDRESS}`,
      '--secure-port=6443',
      ...apiServerIdentityArgs(files),
      '--enable-admission-plugins=NodeRestriction',
      `--service-cluster-ip-range=${SERVICE_RANGE}`,
      '--kubelet-preferred-address-types=InternalIP',
      `--kubelet-client-certificate=${files.kubeletClientCert}`,
      `--kubelet-client-key=${files.kubeletClientKey}`,
    ],
  };
}

/** Every controller that the controller manager runs by default. */
export function controllerManager(files: NodeFiles): NodeProgram {
  return {
    name: 'kube-controller-manager',
    args: [...controllerManagerIdentityArgs(files), '--kube-api-qps=500', '--kube-api-burst=1000'],
  };
}

/** The scheduler. */
export function scheduler(files: NodeFiles): NodeProgram {
  return { name: 'kube-scheduler', args: schedulerIdentityArgs(files) };
}

/** What runs containers. */
export function containerd(files: NodeFiles): NodeProgram {
  return { name: 'containerd', args: [`--config=${files.containerdConfig}`] };
}

/** The node's agent. */
export function kubelet(files: NodeFiles): NodeProgram {
  return {
    name: 'kubelet',
    args: [
      `--config=${files.kubeletConfig}`,
      `--kubeconfig=${files.kubeletKubeconfig}`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${NODE_ADDRESS}`,
      `--root-dir=${files.kubelet}`,
      `--cert-dir=${files.kubeletPki}`,
    ],
  };
}

/** What makes the addresses of Services work. */
export function kubeProxy(files: NodeFiles): NodeProgram {
  return { name: 'kube-proxy', args: [`--config=${files.kubeProxyConfig}`] };
}

/** The name server of the cluster, at the node's address. */
export function nameServer(files: NodeFiles): NodeProgram {
  return { name: 'coredns', args: ['-conf', files.nameServerConfig] };
}
