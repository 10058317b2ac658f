import { stringify } from 'yaml';
import { API_GROUP, API_VERSION } from '../../../src/api/names.ts';
import { DURATION_ANNOTATION } from '../../support/cluster.ts';
import { job } from './job-manifest.ts';
import { ManifestFile } from './manifest-file.ts';

const RUNS = { metadata: { annotations: { [DURATION_ANNOTATION]: '1s' } } };

/** A file with all that injection can meet: lists that are merged, Jobs without a spec, every kind of annotation. */
export function everyShape(): ManifestFile {
  const resource = (kind: string, name: string, spec: object): object => ({
    apiVersion: `${API_GROUP}/${API_VERSION}`,
    kind,
    metadata: { name },
    spec,
  });
  const objects = [
    resource('JobFlow', 'shape-flow', {
      globalParams: {
        nodeName: 'node-1',
        env: [
          { name: 'SHARED', value: 'from the flow' },
          { name: 'BOTH', value: 'from the flow' },
        ],
        labels: { team: 'shapes', tier: 'flow' },
        annotations: { 'example.com/contact': 'shapes@example.com' },
      },
    }),
    resource('JobTemplate', 'shape-template', {
      jobTemplate: {
        backoffLimit: 2,
        activeDeadlineSeconds: 86_400,
        template: {
          ...RUNS,
          spec: {
            restartPolicy: 'OnFailure',
            terminationGracePeriodSeconds: 5,
            volumes: [{ name: 'scratch', emptyDir: {} }],
            initContainers: [{ name: 'prepare', image: 'busybox:1.36', command: ['true'] }],
            containers: [
              {
                name: 'main',
                image: 'busybox',
                env: [{ name: 'MODE', value: 'append' }],
                ports: [{ containerPort: 80 }],
                volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
              },
              { name: 'side', image: 'busybox:latest', resources: { requests: { cpu: '10m' } } },
            ],
          },
        },
      },
    }),
    job('shape-root').lasts('1s').annotated('hold', 'true').annotated('flow', 'shape-flow').toJSON(),
    job('shape-plain').lasts('1s').dependsOn('shape-root').toJSON(),
    // It has no spec at all.
    { ...templated('shape-bare').toJSON(), spec: undefined },
    templated('shape-merged')
      .spec({
        backoffLimit: 0,
        template: {
          metadata: { labels: { tier: 'job' } },
          spec: {
            nodeSelector: { 'kubernetes.io/os': 'linux' },
            containers: [{ name: 'main', env: [{ name: 'BOTH', value: 'from the job' }] }],
          },
        },
      })
      .toJSON(),
    job('shape-indexed')
      .lasts('1s')
      .dependsOn('shape-root=Finished')
      .annotated('flow', 'shape-flow')
      .annotated('waitTimeout', '24h')
      .annotated('onUnmetDependency', 'Wait')
      .spec({
        completions: 2,
        parallelism: 2,
        completionMode: 'Indexed',
        backoffLimitPerIndex: 1,
        podFailurePolicy: {
          rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }],
        },
      })
      .toJSON(),
    job('shape-vanishing')
      .lasts('1s')
      .dependsOn('shape-root\nshape-plain')
      .spec({ ttlSecondsAfterFinished: 86_400 })
      .pod({ restartPolicy: 'OnFailure', dnsPolicy: 'ClusterFirst' })
      .toJSON(),
  ];
  return new ManifestFile('every shape', objects.map((object) => stringify(object)).join('---\n'));
}

function templated(name: string) {
  return job(name)
    .withoutPod()
    .dependsOn('shape-root')
    .annotated('template', 'shape-template')
    .annotated('flow', 'shape-flow');
}
