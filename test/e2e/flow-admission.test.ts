import { expect } from 'chai';
import type { JsonObject } from '../../src/api/job.ts';
import { API_GROUP, USER_ANNOTATIONS } from '../../src/api/names.ts';
import { readPath, waitUntil, type Cluster, type KubectlResult } from '../support/cluster.ts';
import {
  freshNamespace,
  sharedCluster,
  sharedJobflow,
  STARTING_LIMIT_MS,
} from '../support/cluster/fixture.ts';
import { job } from './support/job-manifest.ts';

const GROUP_VERSION = `${API_GROUP}/v1alpha1`;
const CONTAINERS = [{ name: 'main', image: 'busybox:1.36', command: ['true'] }];
const SPEC = { template: { spec: { restartPolicy: 'Never', containers: CONTAINERS } } };

type Annotations = Readonly<Record<string, string>>;

function jobFlow(name: string, spec: JsonObject, annotations: Annotations = {}): object {
  return { apiVersion: GROUP_VERSION, kind: 'JobFlow', metadata: { name, annotations }, spec };
}

function flowOf(name: string, ...flows: JsonObject[]): object {
  return jobFlow(name, { flows });
}

function daemonJob(name: string, spec: JsonObject, annotations: Annotations = {}): object {
  return { apiVersion: GROUP_VERSION, kind: 'DaemonJob', metadata: { name, annotations }, spec };
}

function jobTemplate(name: string, spec: JsonObject): object {
  return { apiVersion: GROUP_VERSION, kind: 'JobTemplate', metadata: { name }, spec: { jobTemplate: spec } };
}

function entry(name: string, ...dependencies: string[]): JsonObject {
  return { name, dependencies, jobTemplate: SPEC };
}

/** An entry whose Job never starts. */
function held(name: string, ...dependencies: string[]): JsonObject {
  return { ...entry(name, ...dependencies), hold: true };
}

function specWith(container: JsonObject): JsonObject {
  return { template: { spec: { containers: [{ name: 'main', image: 'busybox:1.36', ...container }] } } };
}

/** What a user applies, and all that the answer has to say. */
type Refused = readonly [what: string, manifest: object, ...says: string[]];

const REFUSED: readonly Refused[] = [
  ['a JobFlow with a name that is no label value', flowOf('f'.repeat(64)), 'metadata.name', '64 characters'],
  [
    'a JobFlow with two entries of one name',
    flowOf('bad', entry('a'), entry('a')),
    'spec.flows[1].name: "a" is already the name of spec.flows[0]',
  ],
  [
    'a JobFlow with an entry name that is none',
    flowOf('bad', entry('Load_1')),
    'spec.flows[0].name: "Load_1" is not a valid entry name',
  ],
  [
    'a JobFlow with an entry that runs nothing',
    flowOf('bad', { name: 'a' }),
    'spec.flows[0]: none of them is there',
    'exactly one of jobTemplate, jobTemplateRef and daemonJob',
  ],
  [
    'a JobFlow with an entry that runs two things',
    flowOf('bad', { ...entry('a'), jobTemplateRef: 'backup' }),
    'spec.flows[0]: jobTemplate and jobTemplateRef are there',
  ],
  [
    'a JobFlow with an unknown dependency',
    flowOf('bad', entry('extract'), entry('load', 'extrakt')),
    'spec.flows[1].dependencies[0]: spec.flows has no entry "extrakt" (there are extract)',
  ],
  [
    'a JobFlow with an unknown outcome',
    flowOf('bad', entry('a'), entry('b', 'a=Done')),
    'spec.flows[1].dependencies[0]: "a=Done" asks for the outcome "Done"',
  ],
  [
    'a JobFlow with an entry that depends on itself',
    flowOf('bad', entry('a', 'a')),
    'spec.flows[0].dependencies[0]: entry "a" depends on itself',
  ],
  [
    'a JobFlow with a cycle',
    flowOf('bad', entry('a', 'c'), entry('b', 'a'), entry('c', 'b')),
    'spec.flows[0].dependencies[0]: the dependencies form a cycle, a → c → b → a;',
  ],
  [
    'a JobFlow with an entry that waits for the whole',
    flowOf('bad', entry('a', 'jobflow/bad')),
    'form a cycle, a → jobflow/bad → a;',
  ],
  [
    'a JobFlow whose template is not there',
    flowOf('bad', { name: 'a', jobTemplateRef: 'nowhere' }),
    'spec.flows[0].jobTemplateRef: there is no JobTemplate "nowhere"',
    'apply the JobTemplate first, then this JobFlow',
  ],
  [
    'a JobFlow with a variable that is none',
    jobFlow('bad', { globalParams: { env: [{ name: 'A=B', value: '1' }] } }),
    'spec.globalParams.env[0].name: "A=B" is not a valid name of an environment variable',
  ],
  [
    'a JobFlow with a label key that is none',
    jobFlow('bad', { globalParams: { labels: { 'a b': 'c' } } }),
    'spec.globalParams.labels["a b"]',
  ],
  [
    'a JobFlow with a mount of no shared volume',
    jobFlow('bad', {
      shareVolumes: [{ name: 'data', emptyDir: {} }],
      flows: [{ ...entry('a'), shareVolumeMounts: [{ name: 'date', mountPath: '/data' }] }],
    }),
    'spec.flows[0].shareVolumeMounts[0].name: there is no volume "date" in spec.shareVolumes',
  ],
  [
    'a JobFlow with a time limit that is none',
    flowOf('bad', { ...entry('a'), waitTimeout: 'soon' }),
    'spec.flows[0].waitTimeout: "soon" is not a duration',
  ],
  [
    'a JobFlow with a container without an image',
    flowOf('bad', { name: 'a', jobTemplate: specWith({ image: '' }) }),
    'spec.flows[0].jobTemplate.template.spec.containers[0].image: is missing',
  ],
  [
    'a JobFlow with a value of a wrong type, with its whole path',
    flowOf('bad', { name: 'a', jobTemplate: specWith({ command: 'true' }) }),
    'spec.flows[0].jobTemplate.template.spec.containers[0].command',
  ],
  [
    'a JobFlow with a negative number',
    flowOf('bad', { name: 'a', jobTemplate: { ...SPEC, parallelism: -1 } }),
    'spec.flows[0].jobTemplate.parallelism',
  ],
  [
    'a JobFlow with a run that is no label value',
    jobFlow('bad', {}, { [USER_ANNOTATIONS.run]: 'a b' }),
    'metadata.annotations["api.practice.com/run"]: "a b"',
  ],
  [
    'a JobTemplate without containers',
    jobTemplate('bad', { template: { spec: { containers: [] } } }),
    'spec.jobTemplate.template.spec.containers: is missing; write at least one container',
  ],
  [
    'a JobTemplate with two containers of one name',
    jobTemplate('bad', { template: { spec: { containers: [...CONTAINERS, ...CONTAINERS] } } }),
    'spec.jobTemplate.template.spec.containers[1].name: "main" is already the name of',
  ],
  ['a DaemonJob without a pod template', daemonJob('bad', { parallelism: 1 }), 'spec.template'],
  [
    'a DaemonJob with excluded nodes that are none',
    daemonJob('bad', { ...SPEC, excludeNodeList: 'node_1' }),
    'spec.excludeNodeList: "node_1" is not a valid node name',
  ],
  [
    'a DaemonJob on less than one node',
    daemonJob('bad', { ...SPEC, maxConcurrentNodes: 0 }),
    'spec.maxConcurrentNodes',
  ],
  [
    'a DaemonJob with a malformed annotation',
    daemonJob('bad', SPEC, { [USER_ANNOTATIONS.dependsOn]: 'a,,b' }),
    'metadata.annotations["api.practice.com/depends-on"]: entry 2 is empty',
  ],
  [
    'a DaemonJob that depends on itself',
    daemonJob('bad', SPEC, { [USER_ANNOTATIONS.dependsOn]: 'daemonjob/bad' }),
    'DaemonJob "bad" depends on itself',
  ],
];

describe('JobFlows, JobTemplates and DaemonJobs with mistakes in them', () => {
  let cluster: Cluster;
  let namespace: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
    namespace = await freshNamespace(cluster, 'flow-input');
  });

  const apply = (manifests: object | readonly object[], within = namespace): Promise<KubectlResult> =>
    cluster.apply(manifests, { namespace: within, allowFailure: true });
  const refused = ({ code, stderr }: KubectlResult, ...says: readonly string[]): void => {
    expect(code, stderr).not.to.equal(0);
    for (const part of says) expect(stderr).to.include(part);
    expect(stderr).not.to.match(/undefined|\[object|NaN|stack|\.ts:/);
  };
  const names = async (resources: string, within = namespace): Promise<string[]> => {
    const { stdout } = await cluster.kubectl(['get', resources, '-o', 'name', '-n', within]);
    return stdout.split('\n').filter(Boolean);
  };

  for (const [what, manifest, ...says] of REFUSED) {
    it(`are refused with nothing created: ${what}`, async () => {
      refused(await apply(manifest), ...says);
      expect(await names('jobflows,jobtemplates,daemonjobs,jobs')).to.deep.equal([]);
    });
  }

  it('are refused in the same words by kubectl create, server-side apply and a dry run', async () => {
    const input = JSON.stringify(flowOf('bad', entry('a', 'b')));
    for (const way of [['create'], ['apply', '--server-side'], ['create', '--dry-run=server']]) {
      const answer = await cluster.kubectl([...way, '-n', namespace, '-f', '-'], {
        input,
        allowFailure: true,
      });
      refused(answer, 'spec.flows[0].dependencies[0]: spec.flows has no entry "b"');
    }
  });

  it('are refused in an edit, and the flow stays as it was', async () => {
    const within = await freshNamespace(cluster, 'flow-input');
    await apply(flowOf('etl', held('a')), within);
    const specOf = async (): Promise<string> =>
      (await cluster.kubectl(['get', 'jobflow', 'etl', '-o', 'jsonpath={.spec}', '-n', within])).stdout;
    const before = await specOf();
    refused(await apply(flowOf('etl', held('a', 'b'), held('b', 'a')), within), 'a → b → a');
    expect(await specOf()).to.equal(before);
  });
});

describe('cycles through whole flows', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
  });

  it('are refused where they close, in whatever order the objects come', async () => {
    const objects = [
      flowOf('f', held('x', 'jobflow/g')),
      flowOf('g', held('y', 'daemonjob/d')),
      daemonJob('d', SPEC, { [USER_ANNOTATIONS.dependsOn]: 'j' }),
      job('j').dependsOn('jobflow/f'),
    ];
    for (const last of objects.keys()) {
      const namespace = await freshNamespace(cluster, 'flow-cycle');
      const order = [...objects.slice(last + 1), ...objects.slice(0, last + 1)];
      const { code, stderr, stdout } = await cluster.apply(order, { namespace, allowFailure: true });
      expect(code).to.equal(1);
      expect(stdout.trim().split('\n')).to.have.length(3);
      const path = (/form a cycle, (.+?);/.exec(stderr)?.[1] ?? '').split(' → ');
      expect(new Set(path)).to.deep.equal(
        new Set(['f-x', 'jobflow/g', 'g-y', 'daemonjob/d', 'j', 'jobflow/f']),
      );
    }
  });

  it('are refused for a Job that joins a flow and waits for it', async () => {
    const namespace = await freshNamespace(cluster, 'flow-cycle');
    await cluster.apply(jobFlow('f', { globalParams: {} }), { namespace });
    const member = job('m').annotated('flow', 'f').dependsOn('jobflow/f');
    const { code, stderr } = await cluster.apply(member, { namespace, allowFailure: true });
    expect(code).to.equal(1);
    expect(stderr).to.include('form a cycle, m → jobflow/f → m;');
  });
});

describe('a JobTemplate beside those that use it', () => {
  let cluster: Cluster;
  let namespace: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
    namespace = await freshNamespace(cluster, 'flow-template');
  });

  const template = jobTemplate('backup', SPEC);
  const flow = flowOf('nightly', { name: 'save', jobTemplateRef: 'backup', hold: true });

  it('applied in the same file is known, above the flow; below it the flow is refused until it is applied again', async () => {
    const below = await cluster.apply([flow, template], { namespace, allowFailure: true });
    expect(below.code).to.equal(1);
    expect(below.stderr)
      .to.include('there is no JobTemplate "backup"')
      .and.include('apply the JobTemplate first');
    expect(below.stdout).to.include('backup created');
    await cluster.apply([template, flow], { namespace });
    const elsewhere = await freshNamespace(cluster, 'flow-template');
    await cluster.apply([template, flow], { namespace: elsewhere });
  });

  it('warns when it is changed or deleted, and is', async () => {
    await waitUntil('the webhook to know the flow', async () => {
      const args = ['delete', 'jobtemplate', 'backup', '-n', namespace, '--dry-run=server'];
      return (await cluster.kubectl(args)).stderr.includes('JobFlow/nightly');
    });
    const changed = await cluster.apply(jobTemplate('backup', { ...SPEC, backoffLimit: 1 }), { namespace });
    expect(changed.stderr)
      .to.include('Warning: JobTemplate "backup" is used by')
      .and.include('JobFlow/nightly');
    expect(changed.stderr).to.include('affects only Jobs that are not created yet');
    const deleted = await cluster.kubectl(['delete', 'jobtemplate', 'backup', '-n', namespace]);
    expect(deleted.stderr).to.include('Warning: JobTemplate "backup" is used by');
    const answer = await cluster.api.request(
      'GET',
      `/apis/${GROUP_VERSION}/namespaces/${namespace}/jobtemplates/backup`,
    );
    expect(answer.status).to.equal(404);
  });

  it('that has gone lets its flow be edited otherwise', async () => {
    await cluster.kubectl([
      ...['patch', 'jobflow', 'nightly', '-n', namespace, '--type=merge'],
      ...['-p', '{"spec":{"suspend":true}}'],
    ]);
    const found = await cluster.api.demand(
      'GET',
      `/apis/${GROUP_VERSION}/namespaces/${namespace}/jobflows/nightly`,
    );
    expect(readPath(found, 'spec', 'suspend')).to.equal(true);
  });
});

describe('the warnings beside what is admitted', () => {
  let cluster: Cluster;
  let namespace: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
    namespace = await freshNamespace(cluster, 'flow-warning');
  });

  const onFailure = { template: { spec: { restartPolicy: 'OnFailure', containers: CONTAINERS } } };
  for (const [what, manifest, field] of [
    [
      'a JobFlow',
      flowOf('etl', { name: 'a', hold: true, jobTemplate: onFailure }),
      'spec.flows[0].jobTemplate.template.spec.restartPolicy',
    ],
    ['a JobTemplate', jobTemplate('t', onFailure), 'spec.jobTemplate.template.spec.restartPolicy'],
    ['a DaemonJob', daemonJob('d', onFailure), 'spec.template.spec.restartPolicy'],
  ] as const) {
    it(`say that the restartPolicy of ${what} becomes Never`, async () => {
      const { stderr } = await cluster.apply(manifest, { namespace });
      expect(stderr).to.include(`Warning: ${field}: "OnFailure" becomes "Never"`);
    });
  }
});
