import type { JobSpec } from '../../../src/api/flow-resources.ts';

/** A JobSpec that uses the rarer fields: what an API server stores of it must survive in a custom resource. */
export const everyField: JobSpec = {
  suspend: true,
  activeDeadlineSeconds: 600,
  backoffLimitPerIndex: 1,
  completionMode: 'Indexed',
  completions: 4,
  parallelism: 2,
  maxFailedIndexes: 2,
  podReplacementPolicy: 'Failed',
  ttlSecondsAfterFinished: 60,
  podFailurePolicy: {
    rules: [
      {
        action: 'FailIndex',
        onExitCodes: { containerName: 'main', operator: 'In', values: [42] },
      },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ],
  },
  successPolicy: { rules: [{ succeededIndexes: '0-2', succeededCount: 2 }] },
  template: {
    metadata: { labels: { app: 'whole' }, annotations: { 'example.com/note': '中文' } },
    spec: {
      restartPolicy: 'Never',
      serviceAccountName: 'runner',
      priorityClassName: '',
      terminationGracePeriodSeconds: 5,
      hostAliases: [{ ip: '10.0.0.1', hostnames: ['db'] }],
      imagePullSecrets: [{ name: 'pull' }],
      securityContext: {
        runAsNonRoot: true,
        fsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
        sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }],
      },
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] },
            ],
          },
        },
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 10,
              podAffinityTerm: {
                topologyKey: 'kubernetes.io/hostname',
                labelSelector: { matchLabels: { app: 'whole' } },
              },
            },
          ],
        },
      },
      tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }],
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] },
        },
      ],
      volumes: [
        { name: 'scratch', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
        {
          name: 'claimed',
          ephemeral: {
            volumeClaimTemplate: {
              metadata: { labels: { app: 'whole' } },
              spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
            },
          },
        },
        {
          name: 'projected',
          projected: {
            sources: [
              { serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 3600 } },
              { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
            ],
          },
        },
      ],
      initContainers: [
        {
          name: 'sidecar',
          image: 'busybox:1.28',
          restartPolicy: 'Always',
          startupProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1 },
          ports: [{ name: 'http', containerPort: 8080 }],
        },
      ],
      containers: [
        {
          name: 'main',
          image: 'busybox:1.28',
          command: ['sh', '-c', 'echo 你好'],
          envFrom: [{ prefix: 'CFG_', configMapRef: { name: 'settings', optional: true } }],
          env: [
            { name: 'LIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
            { name: 'SECRET', valueFrom: { secretKeyRef: { name: 'keys', key: 'main' } } },
          ],
          resources: { requests: { cpu: 0.5, memory: '64Mi' }, limits: { cpu: 1, 'example.com/gpu': 1 } },
          lifecycle: { preStop: { exec: { command: ['true'] } } },
          livenessProbe: {
            httpGet: { path: '/', port: 8080, httpHeaders: [{ name: 'X-Probe', value: '1' }] },
          },
          securityContext: { capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
          volumeMounts: [
            { name: 'scratch', mountPath: '/scratch', subPathExpr: '$(LIMIT)' },
            { name: 'claimed', mountPath: '/claimed' },
          ],
        },
      ],
    },
  },
};
