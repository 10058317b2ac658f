import { parseAllDocuments } from 'yaml';
import { renderChart } from '../../../../scripts/generate-manifests/render-chart.ts';
import { readPath } from '../../../support/cluster.ts';

const set = (values: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);

const PROVIDED = set({
  'certificates.mode': 'provided',
  'certificates.provided.secretName': 'own-certificate',
  'certificates.provided.caBundle': 'Zm9v',
});

/** Arguments of helm for every way to install the chart that has objects or rights of its own. */
export const CHART_MODES = {
  'self-signed': [],
  'cert-manager': set({ 'certificates.mode': 'cert-manager' }),
  'cert-manager with an issuer': set({
    'certificates.mode': 'cert-manager',
    'certificates.certManager.issuerRef.kind': 'ClusterIssuer',
    'certificates.certManager.issuerRef.name': 'company',
  }),
  provided: PROVIDED,
  'some namespaces': set({ namespaces: '{team-a,team-b}' }),
  'some namespaces, certificates provided': [...PROVIDED, ...set({ namespaces: '{team-a,team-b}' })],
  'everything that can be switched': [
    ...set({
      'metrics.serviceMonitor.enabled': 'true',
      'metrics.rules.enabled': 'true',
      'metrics.dashboard.enabled': 'true',
      'metrics.readers[0].namespace': 'monitoring',
      'metrics.readers[0].name': 'prometheus-k8s',
      'policy.starters[0]': 'system:serviceaccount:kueue-system:kueue-controller-manager',
      'commonLabels.team': 'platform',
      'commonAnnotations.example\\.com/owner': 'platform',
      'image.digest': `sha256:${'0'.repeat(64)}`,
      'imagePullSecrets[0].name': 'registry',
      priorityClassName: 'system-cluster-critical',
      'nodeSelector.pool': 'system',
      'tolerations[0].key': 'system',
      'tolerations[0].operator': 'Exists',
      'webhook.failurePolicy': 'Ignore',
      'webhook.timeoutSeconds': '5',
      'webhook.podLabels.tier': 'admission',
      'webhook.extraEnv[0].name': 'NODE_OPTIONS',
      'webhook.extraEnv[0].value': '--max-old-space-size=400',
      'webhook.settings.drainDelay': '3s',
      'controller.settings.leaseDuration': '30s',
      'controller.podAnnotations.note': 'one',
      'controller.podDisruptionBudget.minAvailable': '50%',
      'uninstall.jobs': 'delete',
      'uninstall.flows': 'delete',
    }),
    '--set-json',
    'controller.topologySpreadConstraints=[{"maxSkew":1,"topologyKey":"rack","whenUnsatisfiable":"DoNotSchedule"}]',
    '--set-json',
    'webhook.affinity={"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"pool","operator":"Exists"}]}]}}}',
  ],
  'one replica, nothing extra': set({
    'webhook.replicas': '1',
    'controller.replicas': '1',
    'networkPolicy.enabled': 'false',
    'rbac.aggregateToUsers': 'false',
    'uninstall.cleanUp': 'false',
  }),
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** One way to install the chart. */
export type ChartMode = keyof typeof CHART_MODES;

/**
 * Every object that the chart renders in a mode, hooks and tests too.
 *
 * @throws Error with what helm says
 */
export async function chartObjects(
  mode: ChartMode,
  { release = 'jobflow', namespace = 'jobflow-system' } = {},
): Promise<readonly object[]> {
  const rendered = await renderChart({ release, namespace, args: CHART_MODES[mode] });
  return objectsOf(rendered);
}

/** The objects of a text with several YAML documents; empty documents are none. */
export function objectsOf(text: string): readonly object[] {
  return parseAllDocuments(text).flatMap((document): object[] => {
    const object: unknown = document.toJS();
    return typeof object === 'object' && object !== null ? [object] : [];
  });
}

/** The object of a kind and name, if it is among them. */
export function findObject(objects: readonly unknown[], kind: string, name: string): unknown {
  return objects.find((one) => readPath(one, 'kind') === kind && readPath(one, 'metadata', 'name') === name);
}
