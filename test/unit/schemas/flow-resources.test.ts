import { expect } from 'chai';
import { validateDaemonJob, validateJobFlow, validateJobTemplate } from '../../../src/api/flow-resources.ts';
import type { JobSpec, ValidatedResource } from '../../../src/api/flow-resources.ts';
import type { JsonObject } from '../../../src/api/job.ts';

const jobSpec: JobSpec = { template: { spec: { containers: [{ name: 'main', image: 'busybox' }] } } };

describe('the validators of JobFlow, JobTemplate and DaemonJob', () => {
  it('accept a JobFlow with every form of an entry', () => {
    const flow = validateJobFlow(
      jobFlow(
        { name: 'a', jobTemplate: jobSpec, dependencies: ['b=Failed'], hold: true, waitTimeout: '2h' },
        { name: 'b', jobTemplateRef: 'shared', onUnmetDependency: 'Wait' },
        { name: 'c', daemonJob: { ...jobSpec, excludeNodeList: 'node-1, node-2', maxConcurrentNodes: 3 } },
      ),
    );
    expect(flow.ok && flow.resource.spec.flows?.map(({ name }) => name)).to.deep.equal(['a', 'b', 'c']);
  });

  it('accept a JobFlow without entries, which only shares parameters', () => {
    expect(validateJobFlow({ metadata: {}, spec: { globalParams: { env: [{ name: 'A' }] } } }).ok).to.equal(
      true,
    );
  });

  it('accept a JobTemplate and a DaemonJob', () => {
    expect(validateJobTemplate({ metadata: { name: 't' }, spec: { jobTemplate: jobSpec } }).ok).to.equal(
      true,
    );
    expect(validateDaemonJob({ metadata: { name: 'd' }, spec: { ...jobSpec, suspend: true } }).ok).to.equal(
      true,
    );
  });

  it('pass unknown fields, which the API server judges', () => {
    const container = { name: 'main', imagePullPolcy: 'Always' };
    const flow = jobFlow({ name: 'a', jobTemplate: { template: { spec: { containers: [container] } } } });
    expect(validateJobFlow(flow).ok).to.equal(true);
  });

  it('take a quantity as a text, a whole number or a fraction', () => {
    for (const cpu of ['500m', 1, 0.5]) {
      const container = { name: 'main', resources: { limits: { cpu } } };
      const flow = jobFlow({ name: 'a', jobTemplate: { template: { spec: { containers: [container] } } } });
      expect(validateJobFlow(flow).ok).to.equal(true);
    }
  });

  it('count a null as an absent field, and leave it out of what they return', () => {
    const template = { metadata: { creationTimestamp: null }, spec: { containers: [{ name: 'main' }] } };
    const flow = validateJobFlow(jobFlow({ name: 'a', dependencies: null, jobTemplate: { template } }));
    expect(flow.ok && flow.resource.spec.flows).to.deep.equal([
      { name: 'a', jobTemplate: { template: { metadata: {}, spec: { containers: [{ name: 'main' }] } } } },
    ]);
  });

  const containers = 'spec.flows[1].jobTemplate.template.spec.containers';
  const refused: readonly { name: string; entry: JsonObject; says: [field: string, problem: string] }[] = [
    { name: 'an entry without a name', entry: {}, says: ['spec.flows[1].name', 'is missing'] },
    {
      name: 'a container without a name',
      entry: { name: 'b', jobTemplate: { template: { spec: { containers: [{}] } } } },
      says: [`${containers}[0].name`, 'is missing'],
    },
    {
      name: 'a container whose name is a number',
      entry: { name: 'b', jobTemplate: { template: { spec: { containers: [{ name: 1 }] } } } },
      says: [`${containers}[0].name`, 'is a number, expected a string'],
    },
    {
      name: 'a null in a list',
      entry: { name: 'b', dependencies: [null] },
      says: ['spec.flows[1].dependencies[0]', 'is null, expected a string'],
    },
    {
      name: 'a reference that is an object',
      entry: { name: 'b', jobTemplateRef: { name: 't' } },
      says: ['spec.flows[1].jobTemplateRef', 'is an object, expected a string'],
    },
    {
      name: 'another policy than there is',
      entry: { name: 'b', onUnmetDependency: 'Maybe' },
      says: ['spec.flows[1].onUnmetDependency', 'is "Maybe", expected "Fail" or "Wait"'],
    },
    {
      name: 'a count that is too large for Kubernetes',
      entry: { name: 'b', jobTemplate: { template: {}, completions: 2 ** 31 } },
      says: ['spec.flows[1].jobTemplate.completions', 'is 2147483648, expected at most 2147483647'],
    },
    {
      name: 'a label that is a number, by its quoted key',
      entry: { name: 'b', jobTemplate: { template: { metadata: { labels: { 'a/b': 1 } } } } },
      says: ['spec.flows[1].jobTemplate.template.metadata.labels["a/b"]', 'is a number, expected a string'],
    },
    {
      name: 'a quantity that is an object',
      entry: {
        name: 'b',
        jobTemplate: {
          template: { spec: { containers: [{ name: 'c', resources: { limits: { cpu: {} } } }] } },
        },
      },
      says: [`${containers}[0].resources.limits.cpu`, 'is an object, expected a number or a string'],
    },
  ];
  for (const { name, entry, says } of refused) {
    it(`refuse ${name}`, () => {
      expectRefused(validateJobFlow(jobFlow({ name: 'a', jobTemplate: jobSpec }, entry)), ...says);
    });
  }

  it('refuse what is no object, no spec, and another kind', () => {
    expectRefused(validateJobFlow('text'), 'The object', 'is a string, expected an object');
    expectRefused(validateJobFlow({ metadata: {} }), 'spec', 'is missing');
    expectRefused(validateDaemonJob({ metadata: {}, spec: {} }), 'spec.template', 'is missing');
    expectRefused(
      validateJobTemplate({ kind: 'JobFlow', metadata: {}, spec: { jobTemplate: jobSpec } }),
      'kind',
      'is "JobFlow", expected "JobTemplate"',
    );
  });

  it('do not repeat the value of a variable', () => {
    const flow = { metadata: {}, spec: { globalParams: { env: [{ name: 'TOKEN', value: ['secret'] }] } } };
    expect(JSON.stringify(validateJobFlow(flow))).to.not.include('secret');
  });

  it('end for an object that is nested without end', () => {
    let nested: JsonObject = {};
    for (let depth = 0; depth < 50_000; depth += 1) nested = { nested };
    expect(validateJobFlow({ metadata: {}, spec: { nested } }).ok).to.equal(true);
  });
});

function jobFlow(...flows: readonly JsonObject[]): unknown {
  return {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'JobFlow',
    metadata: { name: 'f' },
    spec: { flows },
  };
}

function expectRefused(result: ValidatedResource<unknown>, field: string, problem: string): void {
  expect(result).to.deep.equal({ ok: false, field, problem });
}
