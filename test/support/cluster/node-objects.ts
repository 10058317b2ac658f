/** A taint, as Kubernetes spells it. */
export type Taint = { key: string; value?: string; effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' };

/** What may be stated of a fake node. */
export type NodeOptions = { labels?: Readonly<Record<string, string>>; taints?: readonly Taint[] };

const RESOURCES = { cpu: '32', memory: '256Gi', pods: '10000' };

/** An ordinary Node object with plenty of room; kwok makes it Ready. */
export function fakeNode(name: string, { labels = {}, taints = [] }: NodeOptions = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'node-role.kubernetes.io/worker': '',
        ...labels,
      },
    },
    spec: { taints },
    status: {
      allocatable: RESOURCES,
      capacity: RESOURCES,
      nodeInfo: {
        architecture: 'amd64',
        bootID: '',
        containerRuntimeVersion: 'kwok',
        kernelVersion: '',
        kubeProxyVersion: '',
        kubeletVersion: 'fake',
        machineID: '',
        operatingSystem: 'linux',
        osImage: '',
        systemUUID: '',
      },
    },
  };
}
