/*
 * How the fake nodes and their pods live. A kwok Stage says: an object that matches the selector gets this patch
 * of its status, after a delay. Every selector below excludes the others, so that one stage at most fits.
 */

/** Pods run that long, as a Go duration (`3s`, `500ms`); without it a pod of a Job ends at once. */
export const DURATION_ANNOTATION = 'jobflow.test/duration';
/** A pod with the value `true` fails at its end. */
export const FAIL_ANNOTATION = 'jobflow.test/fail';
/** The exit code of a pod that fails, 1 when absent. */
export const EXIT_CODE_ANNOTATION = 'jobflow.test/exit-code';

/** A pod that has it stays as its test writes it: no kubelet is played for it until it is deleted. */
export const BY_HAND_ANNOTATION = 'jobflow.test/by-hand';

const annotation = (key: string) => `(index (or .metadata.annotations dict) ${JSON.stringify(key)})`;

const exists = (key: string) => ({ key, operator: 'Exists' });
const absent = (key: string) => ({ key, operator: 'DoesNotExist' });
const isOneOf = (key: string, ...values: string[]) => ({ key, operator: 'In', values });
const isNoneOf = (key: string, ...values: string[]) => ({ key, operator: 'NotIn', values });

const DELETION = '.metadata.deletionTimestamp';
const PHASE = '.status.phase';
const DURATION = `.metadata.annotations[${JSON.stringify(DURATION_ANNOTATION)}]`;
const BY_HAND = `.metadata.annotations[${JSON.stringify(BY_HAND_ANNOTATION)}]`;
const RESTART_POLICY = '.spec.restartPolicy';
const NODE_READY = '.status.conditions.[] | select( .type == "Ready" ) | .status';

const addresses = `
hostIP: "127.0.0.1"
{{ $podIPs := PodIPsWith .spec.nodeName (or .spec.hostNetwork false) (or .metadata.uid "") (or .metadata.name "") (or .metadata.namespace "") }}
{{ with $podIPs }}
podIP: {{ index . 0 | Quote }}
podIPs:
{{ range . }}
- ip: {{ . | Quote }}
{{ end }}
{{ end }}
`;

const podConditions = (ready: 'True' | 'False', reason: string) => `
conditions:
{{ range list "Initialized" "Ready" "ContainersReady" }}
{{ $isInitialized := eq . "Initialized" }}
- type: {{ . | Quote }}
  status: {{ if $isInitialized }}"True"{{ else }}"${ready}"{{ end }}
  lastTransitionTime: {{ $now | Quote }}
  {{ if not $isInitialized }}reason: "${reason}"{{ end }}
{{ end }}
`;

const initContainers = `
{{ with .spec.initContainers }}
initContainerStatuses:
{{ range . }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  restartCount: 0
  state:
    terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} }
{{ end }}
{{ end }}
`;

const running = `
{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
${addresses}
${podConditions('True', '')}
${initContainers}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  started: true
  restartCount: 0
  state: { running: { startedAt: {{ $now | Quote }} } }
{{ end }}
`;

/** The first container takes the exit code, the others end well: a rule may name one container. */
const ended = `
{{ $now := Now }}
{{ $startedAt := or .status.startTime $now }}
{{ $fails := eq (toString ${annotation(FAIL_ANNOTATION)}) "true" }}
{{ $exitCode := or ${annotation(EXIT_CODE_ANNOTATION)} "1" }}
phase: {{ if $fails }}Failed{{ else }}Succeeded{{ end }}
startTime: {{ $startedAt | Quote }}
{{ if not .status.podIP }}
${addresses}
${initContainers}
{{ end }}
${podConditions('False', 'PodCompleted')}
containerStatuses:
{{ range $index, $container := .spec.containers }}
{{ $failed := and $fails (eq $index 0) }}
- name: {{ $container.name | Quote }}
  image: {{ $container.image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: 0
  state:
    running: null
    terminated:
      exitCode: {{ if $failed }}{{ $exitCode }}{{ else }}0{{ end }}
      reason: {{ if $failed }}Error{{ else }}Completed{{ end }}
      startedAt: {{ $startedAt | Quote }}
      finishedAt: {{ $now | Quote }}
{{ end }}
`;

/** What a kubelet writes of a pod that it was told to end: SIGKILL's exit code, and a phase that is final. */
const killed = `
{{ $now := Now }}
{{ $startedAt := or .status.startTime $now }}
phase: Failed
startTime: {{ $startedAt | Quote }}
${podConditions('False', 'PodFailed')}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: 0
  state:
    running: null
    terminated: { exitCode: 137, reason: Error, startedAt: {{ $startedAt | Quote }}, finishedAt: {{ $now | Quote }} }
{{ end }}
`;

const nodeReady = `
{{ $now := Now }}
phase: Running
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $now | Quote }}
{{ end }}
addresses:
- { type: InternalIP, address: "127.0.0.1" }
- { type: Hostname, address: {{ .metadata.name | Quote }} }
daemonEndpoints:
  kubeletEndpoint: { Port: {{ NodePort }} }
`;

function stage(kind: 'Node' | 'Pod', name: string, selector: readonly object[], action: object): object {
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: { resourceRef: { apiGroup: 'v1', kind }, selector: { matchExpressions: selector }, ...action },
  };
}

/** All Stage objects, for the file that kwok reads at its start. */
export function kwokStages(): object[] {
  return [
    stage('Node', 'node-ready', [isNoneOf(NODE_READY, 'True')], { next: { statusTemplate: nodeReady } }),
    stage('Node', 'node-heartbeat', [isOneOf(NODE_READY, 'True')], {
      // kwok renews the node's Lease as well, which is what the node-lifecycle controller watches.
      delay: { durationMilliseconds: 300_000, jitterDurationMilliseconds: 360_000 },
      next: { statusTemplate: nodeReady },
    }),
    // A pod without a duration that a Job did not make (a DaemonSet's, say) runs on.
    stage('Pod', 'pod-run', [absent(DELETION), isOneOf(PHASE, 'Pending'), exists(DURATION)], {
      next: { statusTemplate: running },
    }),
    stage(
      'Pod',
      'pod-run-on',
      [absent(DELETION), isOneOf(PHASE, 'Pending'), absent(DURATION), isOneOf(RESTART_POLICY, 'Always')],
      { next: { statusTemplate: running } },
    ),
    stage(
      'Pod',
      'pod-end-at-once',
      [
        absent(DELETION),
        isOneOf(PHASE, 'Pending'),
        absent(DURATION),
        absent(BY_HAND),
        isNoneOf(RESTART_POLICY, 'Always'),
      ],
      { next: { statusTemplate: ended } },
    ),
    stage('Pod', 'pod-end', [absent(DELETION), isOneOf(PHASE, 'Running'), exists(DURATION)], {
      delay: { durationMilliseconds: 0, durationFrom: { expressionFrom: DURATION } },
      next: { statusTemplate: ended },
    }),
    // A Job counts a deleted pod, and a podFailurePolicy judges it, only once its phase is final.
    stage('Pod', 'pod-kill', [exists(DELETION), isOneOf(PHASE, 'Pending', 'Running')], {
      next: { statusTemplate: killed },
    }),
    stage('Pod', 'pod-delete', [exists(DELETION), isNoneOf(PHASE, 'Pending', 'Running')], {
      next: { delete: true },
    }),
  ];
}

/** kwok's own settings: more work at once than by default, for thousands of pods at a time, and logs. */
export function kwokConfiguration(): object {
  return {
    apiVersion: 'config.kwok.x-k8s.io/v1alpha1',
    kind: 'KwokConfiguration',
    options: {
      podPlayStageParallelism: 32,
      nodePlayStageParallelism: 4,
      nodeLeaseParallelism: 4,
      enableDebuggingHandlers: true,
    },
  };
}
