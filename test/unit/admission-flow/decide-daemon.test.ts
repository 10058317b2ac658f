import { expect } from 'chai';
import type { JsonObject } from '../../../src/api/job.ts';
import { API_GROUP } from '../../../src/api/names.ts';
import { decideDaemon } from '../../../src/core/admission/flow/decide-daemon.ts';
import { withOwnAnnotations } from '../../../src/core/admission/flow/resource-annotations.ts';
import type { ResourceView } from '../../../src/core/admission/flow/resource-view.ts';
import { GOOD_SPEC, specWith, told, viewOf, waitingJobs } from './flow-builder.ts';

function daemon(spec: JsonObject, annotations: Readonly<Record<string, string>> = {}): JsonObject {
  return {
    apiVersion: `${API_GROUP}/v1alpha1`,
    kind: 'DaemonJob',
    metadata: {
      name: 'warm',
      namespace: 'ns',
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([name, value]) => [`${API_GROUP}/${name}`, value]),
      ),
    },
    spec,
  };
}

function decide(object: JsonObject, old?: JsonObject, view: ResourceView = viewOf()) {
  return decideDaemon({ object, old, view });
}

describe('a DaemonJob', () => {
  it('is admitted as it is, and counts with what it waits for', () => {
    const spec = { ...GOOD_SPEC, excludeNodeList: 'node-1, node-2', maxConcurrentNodes: 5 };
    expect(decide(daemon(spec, { 'depends-on': 'a, jobflow/b', 'wait-timeout': '2h' }))).to.deep.equal({
      kind: 'admit',
      warnings: [],
      registers: {
        ref: 'daemonjob/warm',
        run: undefined,
        edges: [{ name: 'a' }, { name: 'jobflow/b' }],
        parts: [],
      },
    });
  });

  for (const [what, object, says] of [
    ['no pod template', daemon({ parallelism: 1 }), 'FieldInvalid: spec.template: is missing'],
    ['no containers', daemon(specWith([])), 'FieldMissing: spec.template.spec.containers'],
    [
      'a parameter that is none',
      daemon({ ...GOOD_SPEC, globalParams: { env: [{ name: '=' }] } }),
      'NameInvalid: spec.globalParams.env[0].name: "="',
    ],
    ['excluded nodes that are none', daemon({ ...GOOD_SPEC, excludeNodeList: 'a b_c' }), '"b_c"'],
    [
      'less than one node at once',
      daemon({ ...GOOD_SPEC, maxConcurrentNodes: 0 }),
      'spec.maxConcurrentNodes',
    ],
    [
      'annotations as a Job is',
      daemon(GOOD_SPEC, { 'depends-on': 'a=Done' }),
      'DependencyOutcomeUnknown: metadata.annotations["api.practice.com/depends-on"]',
    ],
    [
      'an edge to itself',
      daemon(GOOD_SPEC, { 'depends-on': 'daemonjob/warm' }),
      'DaemonJob "warm" depends on itself; remove "warm"',
    ],
    ['what only jobflow writes', daemon(GOOD_SPEC, { outcomes: '{}' }), 'OwnAnnotation'],
  ] as const) {
    it(`is refused for ${what}`, () => {
      expect(told(decide(object))).to.include(says);
    });
  }

  it('is refused for a cycle over Jobs and flows', () => {
    const objects = waitingJobs({ a: 'jobflow/f' });
    objects.setWhole({
      ref: 'jobflow/f',
      run: undefined,
      edges: [],
      parts: [{ name: 'f-x', run: undefined, edges: [{ name: 'daemonjob/warm' }] }],
    });
    const closing = daemon(GOOD_SPEC, { 'depends-on': 'a' });
    expect(told(decide(closing, undefined, viewOf(objects)))).to.include(
      'form a cycle, daemonjob/warm → a → jobflow/f → f-x → daemonjob/warm;',
    );
    expect(told(decide(closing, closing, viewOf(objects)))).to.equal('admitted');
    expect(told(decide(closing, daemon(GOOD_SPEC), viewOf(objects)))).to.include('form a cycle');
  });

  it('that has started may be given any edge: its gate is open', () => {
    const objects = waitingJobs({ a: 'daemonjob/warm' });
    const started = {
      ...daemon(GOOD_SPEC, { 'depends-on': 'a' }),
      status: { startTime: '2026-01-01T00:00:00Z' },
    };
    expect(told(decide(started, daemon(GOOD_SPEC), viewOf(objects)))).to.equal('admitted');
  });

  it('is admitted with warnings for what has no effect on it', () => {
    const pod = { restartPolicy: 'OnFailure' };
    const object = daemon(specWith([{ name: 'a', image: 'a' }], pod), {
      template: 't',
      approved: 'yes',
      retry: '1',
    });
    expect(told(decide(object)).split('\n')).to.deep.equal([
      'admitted',
      'metadata.annotations["api.practice.com/template"]: has no effect on a DaemonJob.',
      'metadata.annotations["api.practice.com/approved"]: has no effect without depends-on or hold.',
      'spec.template.spec.restartPolicy: "OnFailure" becomes "Never", as in every Job of jobflow.',
    ]);
  });
});

describe('what jobflow has written on a DaemonJob', () => {
  const old = daemon(GOOD_SPEC, {
    'depends-on': 'a, b',
    outcomes: '{"a":["a-1","Complete"]}',
    gated: '{"gate":true}',
  });
  old.metadata = { ...(old.metadata as JsonObject), labels: { [`${API_GROUP}/flow`]: 'f' } };
  const replaced = daemon(GOOD_SPEC, { 'depends-on': 'a, b' });

  it('is put back where an edit lacks it, as kubectl replace does', () => {
    const { metadata } = withOwnAnnotations(replaced, old);
    expect(metadata).to.deep.equal(old.metadata);
    expect(decide(withOwnAnnotations(replaced, old), old).kind).to.equal('admit');
  });

  it('is put back on an object without any annotation or label', () => {
    const bare = { ...replaced, metadata: { name: 'warm', annotations: null } };
    expect(withOwnAnnotations(bare, old).metadata).to.have.property('labels');
    expect(withOwnAnnotations(bare, old).metadata).to.have.deep.property('annotations', {
      [`${API_GROUP}/outcomes`]: '{"a":["a-1","Complete"]}',
      [`${API_GROUP}/gated`]: '{"gate":true}',
    });
  });

  it('is no reason to change an object that has it all, a new one, or the annotations of users', () => {
    expect(withOwnAnnotations(old, old)).to.equal(old);
    expect(withOwnAnnotations(replaced, undefined)).to.equal(replaced);
    const users = daemon(GOOD_SPEC, { 'depends-on': 'a', hold: 'true', retry: '1' });
    const emptied = daemon(GOOD_SPEC);
    expect(withOwnAnnotations(emptied, users)).to.equal(emptied);
  });
});
