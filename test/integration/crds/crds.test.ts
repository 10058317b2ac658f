import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { validateDaemonJob, validateJobFlow, validateJobTemplate } from '../../../src/api/flow-resources.ts';
import type { JsonObject } from '../../../src/api/job.ts';
import { readPath, startCluster, waitUntil } from '../../support/cluster.ts';
import type { Cluster, KubectlResult } from '../../support/cluster.ts';
import { STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { everyField } from './every-field.ts';

const CRDS = fileURLToPath(new URL('../../../manifests/crds', import.meta.url));
const OLDER = fileURLToPath(new URL('../../support/manifests', import.meta.url));
const PLURALS = ['jobflows', 'jobtemplates', 'daemonjobs'] as const;
const API_VERSION = 'api.practice.com/v1alpha1';

describe('the custom resources on a real API server, without a webhook', () => {
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    // Its own cluster: in a shared one jobflow's webhook may judge before the schema does.
    cluster = await startCluster({ nodes: 0 });
    await cluster.kubectl(['apply', '-k', CRDS]);
    await Promise.all(PLURALS.map((plural) => untilServed(plural)));
  });

  after(async function () {
    this.timeout(60_000);
    await cluster.stop();
  });

  describe('the CRDs', () => {
    it('are structural', async () => {
      for (const plural of PLURALS) {
        expect((await conditionsOf(plural)).map(({ type }) => type)).to.not.include('NonStructuralSchema');
      }
    });

    it('are unchanged when they are applied again, file by file', async () => {
      for (const plural of PLURALS) {
        const { stdout } = await cluster.kubectl(['apply', '-f', `${CRDS}/${plural}.yaml`]);
        expect(stdout).to.match(/ unchanged\n$/);
      }
    });

    it('can be applied by server-side apply as well', async () => {
      const { stdout } = await cluster.kubectl(['apply', '-k', CRDS, '--server-side']);
      expect(stdout.match(/serverside-applied/g)).to.have.lengthOf(3);
    });
  });

  describe('kubectl explain', () => {
    const fields: readonly { path: string; says: readonly string[] }[] = [
      {
        path: 'jobflow.spec.flows.jobTemplate.template.spec.containers',
        says: ['List of containers belonging to the pod.', 'imagePullPolicy', 'Container image name.'],
      },
      { path: 'jf.spec.flows', says: ['onUnmetDependency', 'enum: Fail, Wait', 'NAME=Complete'] },
      { path: 'jf.spec.flows.daemonJob.template.spec.containers', says: ['Container image name.'] },
      { path: 'jf.spec.shareVolumes.emptyDir', says: ['sizeLimit'] },
      { path: 'jf.status', says: ['jobStatusList', 'enum: Pending, Running, Succeed, Failed, ....'] },
      { path: 'jt.spec.jobTemplate.podFailurePolicy.rules', says: ['onExitCodes', '-required-'] },
      { path: 'daemonjob.spec', says: ['excludeNodeList', 'separated by commas', 'backoffLimit'] },
    ];
    for (const { path, says } of fields) {
      it(`tells what there is to know of ${path}`, async () => {
        const stdout = await waitUntil(`kubectl explain ${path}`, async () => {
          // The API server publishes a new resource's OpenAPI a moment after it serves the resource.
          const answer = await cluster.kubectl(['explain', path], { allowFailure: true });
          return answer.code === 0 ? answer.stdout : undefined;
        });
        for (const part of says) expect(stdout).to.include(part);
      });
    }
  });

  describe('a mistake', () => {
    it('in a field name is refused with its path', async () => {
      const refused = await apply(flow('typo', { ...container(), imagePullPolcy: 'Always' }));
      expect(refused.code).to.equal(1);
      expect(refused.stderr).to.include(
        'unknown field "spec.flows[0].jobTemplate.template.spec.containers[0].imagePullPolcy"',
      );
    });

    it('in a type is refused with its path', async () => {
      const refused = await apply(flow('type', { ...container(), args: [1] }));
      expect(refused.stderr).to.include('spec.flows[0].jobTemplate.template.spec.containers[0].args[0]');
    });

    it('that repeats the name of an entry is refused', async () => {
      const one = flow('twice', container());
      const refused = await apply({ ...one, spec: { flows: [...entries(one), ...entries(one)] } });
      expect(refused.stderr).to.include('spec.flows[1]').and.include('Duplicate value');
    });

    it('in the requests of a container is left to the validator', async () => {
      const wrong = flow('quantity', { ...container(), resources: { requests: { cpu: {} } } });
      expect((await apply(wrong)).code).to.equal(0);
      expect(validateJobFlow(wrong)).to.include({
        field: 'spec.flows[0].jobTemplate.template.spec.containers[0].resources.requests.cpu',
      });
    });
  });

  describe('what a Job takes', () => {
    it('is taken by a JobFlow: fractions, nulls, a variable and a port stated twice', async () => {
      const lenient = {
        ...container(),
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
        ports: [{ containerPort: 53 }, { containerPort: 53, protocol: 'UDP' }],
        resources: { requests: { cpu: 0.5 }, limits: { cpu: 1 } },
        livenessProbe: null,
      };
      const { code, stderr } = await apply(flow('lenient', lenient));
      expect(code, stderr).to.equal(0);
      const stored = await read('jobflows', 'lenient');
      const path = ['spec', 'flows', 0, 'jobTemplate', 'template', 'spec', 'containers', 0] as const;
      expect(readPath(stored, ...path, 'env')).to.deep.equal(lenient.env);
      expect(readPath(stored, ...path, 'resources', 'requests', 'cpu')).to.equal(0.5);
      expect(readPath(stored, ...path)).to.not.have.property('livenessProbe');
      expect(validateJobFlow(stored).ok).to.equal(true);
    });

    it('is taken by server-side apply with the null time that Go programs write', async () => {
      const base = flow('timeless', container());
      const template = { metadata: { creationTimestamp: null }, spec: { containers: [container()] } };
      const timeless = { ...base, spec: { flows: [{ name: 'a', jobTemplate: { template } }] } };
      const { code, stderr } = await cluster.apply(timeless, { serverSide: true, allowFailure: true });
      expect(code, stderr).to.equal(0);
    });

    it('is kept whole by a JobTemplate, field for field, as the API server defaults it', async () => {
      const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'whole' }, spec: everyField };
      const stored = await cluster.api.demand(
        'POST',
        '/apis/batch/v1/namespaces/default/jobs?fieldValidation=Strict',
        job,
      );
      const spec = readPath(stored, 'spec');
      const template = await cluster.api.demand(
        'POST',
        `/apis/${API_VERSION}/namespaces/default/jobtemplates?fieldValidation=Strict`,
        {
          apiVersion: API_VERSION,
          kind: 'JobTemplate',
          metadata: { name: 'whole' },
          spec: { jobTemplate: spec },
        },
      );
      expect(readPath(template, 'spec', 'jobTemplate')).to.deep.equal(spec);
      expect(validateJobTemplate(template).ok).to.equal(true);
    });
  });

  describe('a manifest in the form of the older operators', () => {
    for (const { file, name } of [
      { file: 'older-jobflow.yaml', name: 'jobflow.api.practice.com/jobflow-example' },
      { file: 'older-daemonjob.yaml', name: 'daemonjob.api.practice.com/daemonjob-example' },
    ]) {
      it(`applies as it is, and again as unchanged: ${file}`, async () => {
        const first = await cluster.kubectl(['apply', '-f', `${OLDER}/${file}`]);
        expect(first).to.include({ stdout: `${name} created\n`, stderr: '' });
        const again = await cluster.kubectl(['apply', '-f', `${OLDER}/${file}`]);
        expect(again).to.include({ stdout: `${name} unchanged\n`, stderr: '' });
      });

      it(`applies with server-side apply after that: ${file}`, async () => {
        const { stdout } = await cluster.kubectl(['apply', '-f', `${OLDER}/${file}`, '--server-side']);
        expect(stdout).to.equal(`${name} serverside-applied\n`);
      });
    }

    it('passes the validators, from the file and from the API server', async () => {
      expect(validateJobFlow(await parsed('older-jobflow.yaml')).ok).to.equal(true);
      expect(validateDaemonJob(await parsed('older-daemonjob.yaml')).ok).to.equal(true);
      expect(validateJobFlow(await read('jobflows', 'jobflow-example')).ok).to.equal(true);
      expect(validateDaemonJob(await read('daemonjobs', 'daemonjob-example')).ok).to.equal(true);
    });

    it('keeps its Chinese text', async () => {
      const stored = JSON.stringify(await read('jobflows', 'jobflow-example'));
      expect(stored).to.include('你好，世界').and.include('# 容器里的脚本注释也要保留');
    });
  });

  describe('kubectl get', () => {
    before(async () => {
      await cluster.apply([
        { ...flow('shown', container()), metadata: { name: 'shown' } },
        {
          apiVersion: API_VERSION,
          kind: 'JobTemplate',
          metadata: { name: 'shown' },
          spec: { jobTemplate: { template: { spec: { containers: [container()] } } } },
        },
        {
          apiVersion: API_VERSION,
          kind: 'DaemonJob',
          metadata: { name: 'shown' },
          spec: { template: { spec: { containers: [container()] } } },
        },
      ]);
      const counts = { total: 5, waiting: 0, held: 0, running: 2, succeeded: 2, failed: 1, skipped: 0 };
      const run = { state: 'Running', counts, message: 'Two Jobs run.' };
      await writeStatus('jobflows', { ...run, jobStatusList: { 'shown-a': 'Running' } });
      await writeStatus('daemonjobs', run);
      await writeStatus('jobtemplates', { state: 'InUse', count: 1, dependencyList: ['JobFlow/shown'] });
    });

    it('prints NAME, STATUS and AGE, by the short names', async () => {
      for (const [short, state] of [
        ['jf', 'Running'],
        ['jt', 'InUse'],
        ['dj', 'Running'],
      ] as const) {
        const [header, line] = await table(['get', short, 'shown']);
        expect(header).to.deep.equal(['NAME', 'STATUS', 'AGE']);
        expect(line?.slice(0, 2)).to.deep.equal(['shown', state]);
      }
    });

    it('prints a resource by its singular name, and no other kind', async () => {
      const lines = await table(['get', 'jobflow', 'shown']);
      expect(lines).to.have.lengthOf(2);
    });

    it('prints counts and a message with -o wide', async () => {
      for (const short of ['jf', 'dj']) {
        const [header, line] = await table(['get', short, 'shown', '-o', 'wide']);
        expect(header).to.deep.equal([
          'NAME',
          'STATUS',
          'AGE',
          'TOTAL',
          'RUNNING',
          'SUCCEEDED',
          'FAILED',
          'MESSAGE',
        ]);
        expect(line?.slice(3)).to.deep.equal(['5', '2', '2', '1', 'Two Jobs run.']);
      }
      const [header, line] = await table(['get', 'jt', 'shown', '-o', 'wide']);
      expect(header).to.deep.equal(['NAME', 'STATUS', 'AGE', 'USED BY', 'MESSAGE']);
      expect(line?.[3]).to.equal('1');
    });

    it('shows a status that only the status subresource writes', async () => {
      const path = `/apis/${API_VERSION}/namespaces/default/jobflows/shown`;
      await cluster.api.demand('PATCH', path, { status: { state: 'Failed' } });
      expect(readPath(await cluster.api.demand('GET', path), 'status', 'state')).to.equal('Running');
    });
  });

  async function untilServed(plural: string): Promise<void> {
    await waitUntil(`${plural} to be served`, async () =>
      (await conditionsOf(plural)).some(({ type, status }) => type === 'Established' && status === 'True'),
    );
  }

  async function conditionsOf(plural: string): Promise<{ type: unknown; status: unknown }[]> {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.api.practice.com`;
    const conditions: unknown = readPath(await cluster.api.demand('GET', path), 'status', 'conditions');
    if (!Array.isArray(conditions)) return [];
    return conditions.map((one) => ({ type: readPath(one, 'type'), status: readPath(one, 'status') }));
  }

  async function apply(manifest: object): Promise<KubectlResult> {
    return cluster.apply(manifest, { allowFailure: true });
  }

  async function read(plural: string, name: string): Promise<unknown> {
    return cluster.api.demand('GET', `/apis/${API_VERSION}/namespaces/default/${plural}/${name}`);
  }

  async function writeStatus(plural: string, status: JsonObject): Promise<void> {
    const path = `/apis/${API_VERSION}/namespaces/default/${plural}/shown/status?fieldValidation=Strict`;
    await cluster.api.demand('PATCH', path, { status });
  }

  /** The cells of what kubectl prints, line by line. */
  async function table(args: readonly string[]): Promise<string[][]> {
    const { stdout } = await cluster.kubectl(args);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd().split(/ {2,}/));
  }
});

async function parsed(file: string): Promise<unknown> {
  return parse(await readFile(`${OLDER}/${file}`, 'utf8'));
}

function container(): JsonObject {
  return { name: 'main', image: 'busybox:1.28' };
}

function flow(name: string, main: JsonObject): { spec: { flows: JsonObject[] } } & Record<string, unknown> {
  return {
    apiVersion: API_VERSION,
    kind: 'JobFlow',
    metadata: { name },
    spec: { flows: [{ name: 'a', jobTemplate: { template: { spec: { containers: [main] } } } }] },
  };
}

function entries({ spec }: { spec: { flows: JsonObject[] } }): JsonObject[] {
  return spec.flows;
}
