import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { importPipelineFolder } from '../../../../src/cli/import/import-pipeline.ts';
import { configMap, graph, importText, problemsOf, succeeded, warningsOf } from './pipeline-builder.ts';

const FULL = configMap(
  `
runmode: out-cluster
cleanuptime: 5
namespace: etl
image: busybox:1.36
completions: 1
parallelism: 1
activeDeadlineSeconds: 3600
restartPolicy: OnFailure
completionMode: NonIndexed
imagePullSecrets:
  - name: registry
dnsConfig:
  options:
    - name: ndots
      value: 2
jobs:
  report:
    depends_on:
      - load
      - check
  load:
    depends_on: [extract]
  check:
    depends_on: [extract]
  extract:
    depends_on: []
`.trim(),
  {
    extract: 'command: [sleep, 10]\n',
    load: `
image: postgres:17
command:
  - sh
  - -c
  - |
    psql -f /sql/load.sql
resources:
  requests:
    cpu: 0.5
    memory: 64Mi
  limits:
    cpu: 1
    memory: 128Mi
volumes:
  - name: sql
    persistentVolumeClaim:
      claimName: sql-files
volumeMounts:
  - name: sql
    mountPath: /sql
    readOnly: true
`.trim(),
    check: '',
    report: 'command: ["yes", "012"]',
  },
);

describe('importing a pipeline', () => {
  it('makes an annotated Job of each, those that are waited for first', () => {
    const { order, objects } = succeeded(importText(FULL));
    expect(order).to.deep.equal(['extract', 'load', 'check', 'report']);
    expect(objects[0]).to.deep.equal({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'extract', namespace: 'etl' },
      spec: {
        completions: 1,
        parallelism: 1,
        completionMode: 'NonIndexed',
        activeDeadlineSeconds: 3600,
        ttlSecondsAfterFinished: 300,
        template: {
          spec: {
            restartPolicy: 'Never',
            imagePullSecrets: [{ name: 'registry' }],
            dnsConfig: { options: [{ name: 'ndots', value: '2' }] },
            containers: [{ name: 'extract', image: 'busybox:1.36', command: ['sleep', '10'] }],
          },
        },
      },
    });
    expect(objects[1]).to.nested.include({
      'metadata.annotations.api\\.practice\\.com/depends-on': 'extract',
      'spec.template.spec.containers[0].image': 'postgres:17',
      'spec.template.spec.containers[0].command[2]': 'psql -f /sql/load.sql\n',
    });
    expect(objects[1])
      .to.have.nested.property('spec.template.spec.containers[0].resources')
      .that.deep.equals({
        requests: { cpu: '0.5', memory: '64Mi' },
        limits: { cpu: '1', memory: '128Mi' },
      });
    expect(objects[1])
      .to.have.nested.property('spec.template.spec.volumes')
      .that.deep.equals([{ name: 'sql', persistentVolumeClaim: { claimName: 'sql-files' } }]);
    expect(objects[1])
      .to.have.nested.property('spec.template.spec.containers[0].volumeMounts')
      .that.deep.equals([{ name: 'sql', mountPath: '/sql', readOnly: true }]);
    expect(objects[3]).to.nested.include({
      'metadata.annotations.api\\.practice\\.com/depends-on': 'load, check',
    });
  });

  it('makes a JobFlow, which counts the time until the clean-up from the end of the whole', () => {
    const { objects } = succeeded(importText(FULL, { as: 'flow' }));
    expect(objects).to.have.length(1);
    expect(objects[0]).to.deep.include({
      apiVersion: 'api.practice.com/v1alpha1',
      kind: 'JobFlow',
      metadata: { name: 'nightly', namespace: 'etl' },
    });
    expect(objects[0]).to.nested.include({
      'spec.ttlSecondsAfterFinished': 300,
      'spec.flows[0].name': 'extract',
      'spec.flows[3].name': 'report',
      'spec.flows[3].dependencies[1]': 'check',
      'spec.flows[3].jobTemplate.activeDeadlineSeconds': 3600,
    });
    expect(objects[0]).not.to.have.nested.property('spec.flows[3].jobTemplate.ttlSecondsAfterFinished');
  });

  it('writes YAML that reads back the same, in YAML 1.1 as in 1.2, without aliases', () => {
    for (const as of ['jobs', 'flow'] as const) {
      const { objects, yaml } = succeeded(importText(FULL, { as }));
      for (const version of ['1.1', '1.2'] as const) {
        const read = [...parseAllDocuments(yaml, { version })].map((one) => one.toJS() as unknown);
        expect(read).to.deep.equal(objects);
      }
      expect(yaml).not.to.match(/[&*]a\d/);
    }
  });

  it('takes another name and namespace', () => {
    const { objects } = succeeded(importText(FULL, { as: 'flow', name: 'daily', namespace: 'prod' }));
    expect(objects[0]).to.deep.include({ metadata: { name: 'daily', namespace: 'prod' } });
  });

  it('leaves out what is not stated', () => {
    const { objects } = succeeded(importText(graph({ a: '' })));
    expect(objects).to.deep.equal([
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'a' },
        spec: {
          template: {
            spec: {
              restartPolicy: 'Never',
              containers: [{ name: 'a', image: 'busybox:1.36', command: ['true'] }],
            },
          },
        },
      },
    ]);
  });

  it('gives the container of a Job with dots a name without them', () => {
    const { objects } = succeeded(importText(graph({ 'a.b': '' })));
    expect(objects[0]).to.have.nested.property('spec.template.spec.containers[0].name', 'a-b');
  });

  it('reads Windows line ends, a byte order mark and JSON the same', () => {
    const { yaml } = succeeded(importText(FULL));
    const json = JSON.stringify(parse(FULL) as unknown);
    for (const text of [FULL.replaceAll('\n', '\r\n'), `\uFEFF${FULL}`, json]) {
      expect(succeeded(importText(text)).yaml).to.equal(yaml);
    }
  });

  it('reads anchors and merges, as the older tool did', () => {
    const jobs =
      'image: i\njobs:\n  a: &none\n    depends_on: []\n  b: *none\n  c:\n    <<: *none\n    depends_on: [a]';
    const { order } = succeeded(importText(configMap(jobs, { a: '', b: '', c: '' })));
    expect(order).to.deep.equal(['a', 'b', 'c']);
  });

  it('reads a folder, as the ConfigMap is mounted in a pod', () => {
    const files = new Map([
      ['jobs.yaml', 'image: i\njobs:\n  b: {depends_on: [a]}\n  a:\n'],
      ['a.yaml', ''],
      ['b.yaml', 'command: [date]'],
    ]);
    const options = { file: '/etc/pipeline', as: 'jobs' } as const;
    expect(succeeded(importPipelineFolder(files, options)).order).to.deep.equal(['a', 'b']);
    files.delete('b.yaml');
    files.set('a.yaml', 'command: date');
    expect(problemsOf(importPipelineFolder(files, options))).to.deep.equal([
      '/etc/pipeline/a.yaml:1:10: error: command: "date" is not allowed; write a list of texts, such as ["sh", "-c", "date"].',
      '/etc/pipeline/jobs.yaml:3:6: error: /etc/pipeline/b.yaml: is missing; write what Job "b" runs there: command, image.',
    ]);
    expect(problemsOf(importPipelineFolder(new Map(), options))).to.deep.equal([
      '/etc/pipeline: error: jobs.yaml: is missing; write the Jobs and what each depends on there.',
    ]);
  });

  it('warns of what changes or is left out', () => {
    const jobs = 'runmode: fast\nrestartPolicy: OnFailure\nbackoffLimit: 3\nimage: i\njobs: {a: {}}';
    const text = `${configMap(jobs, { a: 'env: []', old: '' })}---\nkind: Service\n`;
    expect(warningsOf(succeeded(importText(text)))).to.deep.equal([
      'jobpipline.yaml:7:14: warning: data["jobs.yaml"].runmode: "fast" means nothing, and is left out; remove it, or write in-cluster or out-cluster.',
      'jobpipline.yaml:8:20: warning: data["jobs.yaml"].restartPolicy: "OnFailure" becomes "Never", as in every Job that waits: what fails is tried again in a new pod, as often as the Job\'s backoffLimit allows.',
      'jobpipline.yaml:9:5: warning: data["jobs.yaml"].backoffLimit: is left out, because the older tool does not read it; remove it, or add what it should do to the result.',
      'jobpipline.yaml:13:5: warning: data["a.yaml"].env: is left out, because the older tool does not read it; remove it, or add what it should do to the result.',
      'jobpipline.yaml:15:5: warning: data["old.yaml"]: is left out, because jobs.yaml lists no such Job; list it under jobs, or remove it.',
      'jobpipline.yaml:17:1: warning: this document of the file is left out, because it holds no pipeline; apply it as it is.',
    ]);
  });
});
