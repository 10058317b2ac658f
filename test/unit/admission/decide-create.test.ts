import type { Verdict } from '../../../src/core/admission/verdict.ts';
import { expect } from 'chai';
import { parseGatedRecord } from '../../../src/api/gated-record.ts';
import type { JobObject } from '../../../src/api/job.ts';
import {
  FLOW_LABEL,
  KEEP_OUTCOME_FINALIZER,
  OWN_ANNOTATIONS,
  USER_ANNOTATIONS,
} from '../../../src/api/names.ts';
import { valueAt } from '../../../src/core/admission/json-tree.ts';
import {
  admitted,
  arrivedJob,
  arrivedSpec,
  create,
  EMPTY_VIEW,
  foundFlow,
  foundTemplate,
  refusalOf,
  warningsOf,
} from './job-builder.ts';

const MAIN = [{ name: 'main', image: 'busybox:1.36' }];

function recordOf(job: JobObject) {
  return parseGatedRecord(job.metadata.annotations?.[OWN_ANNOTATIONS.gated]);
}

describe('decideCreate', () => {
  it('suspends a Job that depends on others and writes the record', () => {
    const job = arrivedJob({ 'depends-on': 'a' });
    const created = admitted(create(job), job);
    expect(created.spec?.suspend).to.equal(true);
    expect(recordOf(created)).to.deep.equal({
      gate: true,
      statedSuspend: false,
      manager: 'kubectl-client-side-apply',
      ignoredUids: [],
      injected: [{ path: ['spec', 'template', 'spec', 'restartPolicy'], stated: 'Always' }],
    });
  });

  it('suspends a Job that is held', () => {
    const job = arrivedJob({ hold: 'true' });
    expect(admitted(create(job), job).spec?.suspend).to.equal(true);
  });

  it('records that the file itself states suspend', () => {
    const job = arrivedJob({ 'depends-on': 'a' }, arrivedSpec(MAIN, { suspend: true }));
    expect(recordOf(admitted(create(job), job))?.statedSuspend).to.equal(true);
  });

  for (const ours of [{ run: 'r1' }, { hold: 'false' }]) {
    it(`does not suspend a Job with only ${Object.keys(ours).join()}: ${Object.values(ours).join()}`, () => {
      const job = arrivedJob(ours);
      const created = admitted(create(job), job);
      expect(created.spec?.suspend).to.equal(false);
      expect(recordOf(created)?.gate).to.equal(false);
    });
  }

  it('does not touch a Job without annotations of ours', () => {
    expect(create(arrivedJob({}))).to.deep.include({ kind: 'admit', job: undefined, warnings: [] });
  });

  it('leaves a Job of another controller alone and says so', () => {
    const owner = { apiVersion: 'jobset.x-k8s.io/v1', kind: 'JobSet', name: 's', uid: 'u', controller: true };
    const verdict = create(arrivedJob({ 'depends-on': 'a' }, undefined, { ownerReferences: [owner] }));
    expect(verdict).to.deep.include({ kind: 'admit', job: undefined });
    expect(warningsOf(verdict)[0]).to.match(/leaves this Job alone.*JobSet "s"/);
  });

  it('gates a Job of a CronJob', () => {
    const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'c', uid: 'u', controller: true };
    const job = arrivedJob({ 'depends-on': 'a' }, undefined, { ownerReferences: [owner] });
    expect(admitted(create(job), job).spec?.suspend).to.equal(true);
  });

  it('leaves a Job with a foreign managedBy alone', () => {
    const verdict = create(arrivedJob({ 'depends-on': 'a' }, arrivedSpec(MAIN, { managedBy: 'x.io/y' })));
    expect(warningsOf(verdict)[0]).to.include('x.io/y');
  });

  for (const key of ['gated', 'released-at', 'outcomes']) {
    it(`refuses a Job that brings its own ${key}`, () => {
      expect(refusalOf(create(arrivedJob({ 'depends-on': 'a', [key]: 'x' }))).code).to.equal('OwnAnnotation');
    });
  }

  it('refuses a Job that brings our finalizer, or a flow label of its own', () => {
    const finalizers = [KEEP_OUTCOME_FINALIZER];
    expect(refusalOf(create(arrivedJob({ run: 'r' }, undefined, { finalizers }))).code).to.equal(
      'OwnFinalizer',
    );
    const labels = { [FLOW_LABEL]: 'other' };
    expect(refusalOf(create(arrivedJob({ run: 'r' }, undefined, { labels }))).code).to.equal('OwnLabel');
  });

  it('refuses malformed annotations, naming up to three', () => {
    const refused = refusalOf(
      create(arrivedJob({ 'depends-on': 'a=Done', hold: 'yes', 'wait-timeout': 'soon', run: '' })),
    );
    expect(refused.code).to.equal('DependencyOutcomeUnknown');
    expect(refused.message.match(/metadata\.annotations/g)).to.have.length(3);
  });

  it('refuses a Job that depends on itself', () => {
    expect(refusalOf(create(arrivedJob({ 'depends-on': 'a, b' }))).code).to.equal('DependencyOnItself');
  });

  it('refuses a cycle and names its path', () => {
    const view = { ...EMPTY_VIEW, findCycle: () => ['b', 'c', 'a', 'b'] };
    const refused = refusalOf(create(arrivedJob({ 'depends-on': 'c' }), { view }));
    expect(refused).to.deep.equal({
      code: 'DependencyCycle',
      message:
        'metadata.annotations["api.practice.com/depends-on"]: the dependencies form a cycle, b → c → a → b; remove one of these edges.',
    });
  });

  it('names every Job on a cycle of fifty', () => {
    const path = [...Array.from({ length: 50 }, (_, index) => `job-with-a-long-name-${index}`), 'b'];
    const view = { ...EMPTY_VIEW, findCycle: () => path };
    expect(refusalOf(create(arrivedJob({ 'depends-on': 'c' }), { view })).message).to.include(
      path.join(' → '),
    );
  });

  it('does not look for a cycle of a Job without a name', () => {
    const view = { ...EMPTY_VIEW, findCycle: () => ['', 'x', ''] };
    const { metadata, ...job } = arrivedJob({ 'depends-on': 'x' });
    delete metadata.name;
    const verdict = create({ ...job, metadata: { ...metadata, generateName: 'b-' } }, { view });
    expect(verdict).to.deep.include({ kind: 'admit', registers: undefined });
  });

  it('refuses completions: 0 on a gated Job, also from the template, and allows it on another', () => {
    const none = arrivedSpec(MAIN, { completions: 0 });
    expect(refusalOf(create(arrivedJob({ hold: 'true' }, none)))).to.deep.include({
      code: 'CompletionsZero',
    });
    expect(refusalOf(create(arrivedJob({ hold: 'true' }, none))).message).to.include('/hold');
    const template = foundTemplate({ completions: 0 });
    const fromTemplate = create(arrivedJob({ 'depends-on': 'a', template: 't' }), { template });
    expect(refusalOf(fromTemplate).code).to.equal('CompletionsZero');
    expect(create(arrivedJob({ run: 'r' }, none)).kind).to.equal('admit');
  });

  it('refuses an unknown template and an unknown flow, and unusable ones', () => {
    const job = arrivedJob({ template: 't', flow: 'f' });
    const flow = foundFlow({});
    const template = foundTemplate({});
    expect(refusalOf(create(job, { template: { kind: 'unknown' }, flow })).message).to.equal(
      'metadata.annotations["api.practice.com/template"]: there is no JobTemplate "t" in namespace "ns"; apply the JobTemplate first, then this Job.',
    );
    expect(refusalOf(create(job, { template, flow: { kind: 'unknown' } })).code).to.equal('FlowUnknown');
    const unusable = { kind: 'unusable', problem: 'it is odd' } as const;
    expect(refusalOf(create(job, { template: unusable, flow })).code).to.equal('TemplateUnusable');
    expect(refusalOf(create(job, { template, flow: unusable })).message).to.include('it is odd');
  });

  it('refuses a flow whose shared parameters carry our own keys', () => {
    const flow = foundFlow({ annotations: { [USER_ANNOTATIONS.dependsOn]: 'z' } });
    expect(refusalOf(create(arrivedJob({ flow: 'f' }), { flow })).code).to.equal('FlowUnusable');
  });

  it('sets restartPolicy to Never, with a warning only where another was written', () => {
    const silent = arrivedJob({ run: 'r' });
    expect(
      valueAt(admitted(create(silent), silent).spec ?? {}, 'template', 'spec', 'restartPolicy'),
    ).to.equal('Never');
    expect(warningsOf(create(silent))).to.deep.equal([]);
    const written = arrivedJob({ run: 'r' }, arrivedSpec(MAIN, {}, { restartPolicy: 'OnFailure' }));
    expect(warningsOf(create(written))[0]).to.include('"OnFailure" becomes "Never"');
  });

  it('adds the finalizer to a Job that can vanish by itself, also by its template', () => {
    const plain = arrivedJob({ run: 'r' });
    expect(admitted(create(plain), plain).metadata.finalizers).to.equal(undefined);
    const stated = arrivedJob({ run: 'r' }, arrivedSpec(MAIN, { ttlSecondsAfterFinished: 0 }), {
      finalizers: ['x.io/y'],
    });
    expect(admitted(create(stated), stated).metadata.finalizers).to.deep.equal([
      'x.io/y',
      KEEP_OUTCOME_FINALIZER,
    ]);
    const based = arrivedJob({ template: 't' });
    const template = foundTemplate({ ttlSecondsAfterFinished: 60 });
    expect(admitted(create(based, { template }), based).metadata.finalizers).to.deep.equal([
      KEEP_OUTCOME_FINALIZER,
    ]);
  });

  it('repeats the flow as a label', () => {
    const job = arrivedJob({ flow: 'f' }, undefined, { labels: { mine: '1' } });
    expect(admitted(create(job, { flow: foundFlow({}) }), job).metadata.labels).to.deep.equal({
      mine: '1',
      [FLOW_LABEL]: 'f',
    });
  });

  it('remembers upstreams that are being deleted', () => {
    const view = {
      ...EMPTY_VIEW,
      uidsInDeletion: (names: readonly string[]) => names.map((n) => `uid-${n}`),
    };
    const job = arrivedJob({ 'depends-on': 'a, c=Failed' });
    expect(recordOf(admitted(create(job, { view }), job))?.ignoredUids).to.deep.equal(['uid-a', 'uid-c']);
  });

  it('warns of keys that mean nothing, with the one that was meant', () => {
    const warnings = warningsOf(create(arrivedJob({ dependsOn: 'a', 'depend-on': 'a', colour: 'red' })));
    expect(warnings).to.have.length(3);
    expect(warnings[0]).to.include('did you mean "api.practice.com/depends-on"?');
    expect(warnings[1]).to.include('did you mean "api.practice.com/depends-on"?');
    expect(warnings[2]).to.include('colour').and.include('remove it');
  });

  it('names ten of the keys that mean nothing, and looks at none that is longer than a key can be', () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`colour-${index}`, '']));
    expect(warningsOf(create(arrivedJob({ dependsOn: 'a', ...many })))).to.have.length(10);
    const long = `depends-on${'-'.repeat(100)}`;
    expect(warningsOf(create(arrivedJob({ dependsOn: 'a', [long]: '' })))[1]).to.include('remove it');
  });

  it('warns of annotations that have no effect alone', () => {
    const idle = { approved: 'me', 'on-unmet-dependency': 'Wait', 'wait-timeout': '2h' };
    expect(warningsOf(create(arrivedJob(idle)))).to.have.length(3);
    expect(warningsOf(create(arrivedJob({ ...idle, 'depends-on': 'a' })))).to.deep.equal([]);
  });

  it('registers the edges of a gated Job, and nothing of another', () => {
    const gated = create(arrivedJob({ 'depends-on': 'a', run: 'r' }));
    expect(gated.kind === 'admit' && gated.registers).to.deep.equal({
      name: 'b',
      run: 'r',
      edges: [{ name: 'a', wants: 'Complete' }],
    });
    const plain = create(arrivedJob({ run: 'r' }));
    expect(plain.kind === 'admit' && plain.registers).to.equal(undefined);
  });

  it('refuses a record that would be too large', () => {
    const value = 'x'.repeat(140 * 1024);
    const spec = arrivedSpec(
      [{ name: 'main', image: 'i', args: [value] }],
      {},
      { tolerations: [{ key: value }] },
    );
    const template = foundTemplate({ template: { spec: { containers: 'none of these' } } });
    expect(create(arrivedJob({ template: 't' }, spec), { template }).kind).to.equal('admit');
    const flow = foundFlow({ nodeName: 'n' });
    const terms = [{ matchExpressions: [{ key: 'k', operator: 'In', values: [value] }] }];
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
    };
    const refused = create(arrivedJob({ flow: 'f' }, arrivedSpec(MAIN, {}, { affinity })), { flow });
    expect(refusalOf(refused).code).to.equal('AnnotationsTooLarge');
  });

  it('refuses a template that puts another controller in charge, or the Job would wait for good', () => {
    const of = (managedBy: string): Verdict =>
      create(arrivedJob({ template: 't', 'depends-on': 'a' }), { template: foundTemplate({ managedBy }) });
    expect(refusalOf(of('x.io/y')).code).to.equal('TemplateManagedBy');
    expect(of('kubernetes.io/job-controller').kind).to.equal('admit');
  });

  it('refuses a flow whose variables would fill the memory in a Job of many containers', () => {
    const env = Array.from({ length: 10_000 }, (_, index) => ({ name: `n${index}` }));
    const many = Array.from({ length: 20 }, (_, index) => ({ name: `c${index}` }));
    const refused = create(arrivedJob({ flow: 'f' }, arrivedSpec(many)), { flow: foundFlow({ env }) });
    expect(refusalOf(refused).code).to.equal('FlowUnusable');
  });

  it('takes time in proportion to the length of a list, not to its square', () => {
    const env = Array.from({ length: 30_000 }, (_, index) => ({ name: `v${index}` }));
    const job = arrivedJob({ flow: 'f' }, arrivedSpec([{ name: 'main', image: 'i', env }]));
    const startedMs = performance.now();
    const created = create(job, { flow: foundFlow({ env: [{ name: 'SHARED', value: '1' }] }) });
    expect(created.kind).to.equal('admit');
    // Some 0.1 s; it was half a minute.
    expect(performance.now() - startedMs).to.be.lessThan(5_000);
  });

  it('counts what the outcomes of all upstreams would take', () => {
    const value = 'x'.repeat(100 * 1024);
    const terms = [{ matchExpressions: [{ key: 'k', operator: 'In', values: [value] }] }];
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
    };
    const flow = foundFlow({ nodeName: 'n' });
    const names = (count: number): string => Array.from({ length: count }, (_, index) => `a${index}`).join();
    const outcomeOf = (count: number): Verdict =>
      create(arrivedJob({ flow: 'f', 'depends-on': names(count) }, arrivedSpec(MAIN, {}, { affinity })), {
        flow,
      });
    expect(outcomeOf(10).kind).to.equal('admit');
    expect(refusalOf(outcomeOf(1_000)).code).to.equal('AnnotationsTooLarge');
  });
});
