import { expect } from 'chai';
import type { Json, JsonObject } from '../../../src/api/job.ts';
import type { JobTemplate } from '../../../src/api/resources.ts';
import type { Lookup } from '../../../src/core/admission/decide-create.ts';
import { templatesToLookUp } from '../../../src/core/admission/flow/decide-flow.ts';
import { joinedName } from '../../../src/core/flow/joined-name.ts';
import { create, flow, GOOD_SPEC, specWith, told, update, type FlowBuilder } from './flow-builder.ts';

const MAIN = { name: 'main', image: 'busybox:1.36' };

function withTemplate(jobTemplate: Json): FlowBuilder {
  return flow('etl').entry('a').entry('b', 'a', { jobTemplate });
}

function withContainers(containers: Json, pod: JsonObject = {}): FlowBuilder {
  return withTemplate(specWith(containers, pod));
}

const FOUND = { kind: 'found', resource: { spec: { jobTemplate: GOOD_SPEC } } } as const;

describe('a new JobFlow', () => {
  it('is admitted as it is, and counts from now on', () => {
    const verdict = create(flow('etl').entry('extract').entry('load', 'extract jobflow/other=Finished'));
    expect(verdict).to.deep.equal({
      kind: 'admit',
      warnings: [],
      registers: {
        ref: 'jobflow/etl',
        run: undefined,
        edges: [],
        parts: [
          { name: 'etl-extract', run: undefined, edges: [] },
          {
            name: 'etl-load',
            run: undefined,
            edges: [{ name: 'etl-extract' }, { name: 'jobflow/other' }],
          },
        ],
      },
    });
  });

  it('may have no entries, or only shared parameters', () => {
    expect(told(create(flow('etl')))).to.equal('admitted');
    const params = { globalParams: { nodeName: 'node-1', env: [{ name: 'A.b-c', value: '1' }] } };
    expect(told(create(flow('etl').spec(params)))).to.equal('admitted');
  });

  it('may have entries whose joined names are too long', () => {
    const name = 'f'.repeat(60);
    expect(told(create(flow(name).entry('a').entry('b', 'a')))).to.equal('admitted');
  });

  it('without a name yet is judged, and not counted', () => {
    const nameless = flow('').metadata({ generateName: 'etl-' });
    expect(create(nameless.entry('a'))).to.deep.include({ kind: 'admit', registers: undefined });
    expect(told(create(nameless.entry('b', 'c').entry('c', 'b')))).to.include('b → c → b');
  });

  it('may wait for a DaemonJob of its own, and state a Job per node', () => {
    const daemon = { daemonJob: { ...GOOD_SPEC, excludeNodeList: 'node-1, node-2\nnode-3' } };
    expect(told(create(flow('etl').entry('warm', '', daemon).entry('run', 'warm')))).to.equal('admitted');
  });
});

const REFUSED: readonly (readonly [what: string, builder: FlowBuilder, says: string])[] = [
  [
    'a name that is no label value',
    flow('f'.repeat(64)).entry('a'),
    'FlowNameTooLong: metadata.name: "' + 'f'.repeat(64) + '" has 64 characters, more than the 63',
  ],
  [
    'an entry without a name',
    flow('etl').entryOf({ jobTemplate: GOOD_SPEC }),
    'FieldInvalid: spec.flows[0].name',
  ],
  [
    'an entry name that is none',
    flow('etl').entry('a').entry('Load_1'),
    'NameInvalid: spec.flows[1].name: "Load_1" is not a valid entry name; use at most 63 lower-case',
  ],
  [
    'two entries of one name',
    flow('etl').entry('a').entry('b').entry('a'),
    'NameTaken: spec.flows[2].name: "a" is already the name of spec.flows[0]; give each entry a name of its own.',
  ],
  [
    'two entries whose Jobs would have the same name',
    flow('etl')
      .entry('x'.repeat(62))
      .entry(joinedName('etl', 'x'.repeat(62)).slice('etl-'.length)),
    'EntryNamesCollide: spec.flows[1].name: the Job of "xxx',
  ],
  [
    'an entry that runs nothing',
    flow('etl').entryOf({ name: 'a' }),
    'EntryKindUnclear: spec.flows[0]: none of them is there; an entry has exactly one of jobTemplate,',
  ],
  [
    'an entry that runs two things',
    flow('etl').entryOf({ name: 'a', jobTemplate: GOOD_SPEC, daemonJob: GOOD_SPEC }),
    'EntryKindUnclear: spec.flows[0]: jobTemplate and daemonJob are there;',
  ],
  [
    'an unknown dependency',
    flow('etl').entry('extract').entry('load', 'extract extrakt'),
    'EntryUnknown: spec.flows[1].dependencies[1]: spec.flows has no entry "extrakt" (there are extract);',
  ],
  [
    'an entry that depends on itself',
    flow('etl').entry('a').entry('b', 'a b=Finished'),
    'DependencyOnItself: spec.flows[1].dependencies[1]: entry "b" depends on itself;',
  ],
  [
    'a dependency that is listed twice',
    flow('etl').entry('a').entry('b', 'a a=Failed'),
    'DependencyDuplicate: spec.flows[1].dependencies[1]: "a" is listed twice',
  ],
  [
    'a dependency that is listed twice, once by its kind',
    flow('etl').entry('d', '', { daemonJob: GOOD_SPEC }).entry('b', 'd daemonjob/etl-d'),
    'DependencyDuplicate: spec.flows[1].dependencies[1]: "daemonjob/etl-d" is listed twice',
  ],
  [
    'an unknown outcome',
    flow('etl').entry('a').entry('b', 'a=Done'),
    'DependencyOutcomeUnknown: spec.flows[1].dependencies[0]: "a=Done" asks for the outcome "Done"',
  ],
  [
    'an unknown kind',
    flow('etl').entry('a', 'pod/x'),
    'DependencyKindUnknown: spec.flows[0].dependencies[0]: "pod/x" names the kind "pod"',
  ],
  [
    'an empty dependency',
    flow('etl').entryOf({ name: 'a', dependencies: [''], jobTemplate: GOOD_SPEC }),
    'DependencyEmpty: spec.flows[0].dependencies[0]: entry 1 is empty',
  ],
  [
    'a cycle, by the names of the entries',
    flow('etl').entry('a', 'c').entry('b', 'a').entry('c', 'b'),
    'DependencyCycle: spec.flows[0].dependencies[0]: the dependencies form a cycle, a → c → b → a;',
  ],
  [
    'an entry that waits for its own flow',
    flow('etl').entry('a').entry('b', 'jobflow/etl'),
    'DependencyCycle: spec.flows[1].dependencies[0]: the dependencies form a cycle, b → jobflow/etl → b;',
  ],
  [
    'an unknown policy',
    flow('etl').entry('a', '', { jobTemplate: GOOD_SPEC, onUnmetDependency: 'Maybe' }),
    'spec.flows[0].onUnmetDependency',
  ],
  [
    'a time limit that is none',
    flow('etl').entry('a', '', { jobTemplate: GOOD_SPEC, waitTimeout: 'soon' }),
    'DurationInvalid: spec.flows[0].waitTimeout: "soon" is not a duration;',
  ],
  [
    'no completions with dependencies',
    withTemplate({ ...GOOD_SPEC, completions: 0 }),
    'CompletionsZero: spec.flows[1].jobTemplate.completions: 0 cannot be combined with spec.flows[1].dependencies',
  ],
  [
    'a name of a variable that is none',
    flow('etl').spec({ globalParams: { env: [{ name: 'A', value: '1' }, { name: 'B=C' }] } }),
    'NameInvalid: spec.globalParams.env[1].name: "B=C" is not a valid name of an environment variable;',
  ],
  [
    'a label key that is none',
    flow('etl').spec({ globalParams: { labels: { 'a b': 'c' } } }),
    'NameInvalid: spec.globalParams.labels["a b"]: "a b" is not a valid label key;',
  ],
  [
    'a label value that is none',
    flow('etl').spec({ globalParams: { labels: { a: 'b c' } } }),
    'NameInvalid: spec.globalParams.labels["a"]: "b c" is not a valid label value;',
  ],
  [
    'an annotation key that is none',
    flow('etl').spec({ globalParams: { annotations: { 'a/b/c': 'd' } } }),
    'spec.globalParams.annotations["a/b/c"]: "a/b/c" is not a valid annotation key;',
  ],
  [
    'a shared annotation that belongs on the Job',
    flow('etl').spec({ globalParams: { annotations: { 'api.practice.com/hold': 'true' } } }),
    'is not a valid shared annotation key; write keys of api.practice.com on the Job itself',
  ],
  [
    'a node name that is none',
    flow('etl').spec({ globalParams: { nodeName: 'Node 1' } }),
    'NameInvalid: spec.globalParams.nodeName: "Node 1" is not a valid node name;',
  ],
  [
    'a mount of no shared volume',
    flow('etl')
      .spec({ shareVolumes: [{ name: 'data', emptyDir: {} }] })
      .entryOf({ name: 'a', jobTemplate: GOOD_SPEC, shareVolumeMounts: [{ name: 'date', mountPath: '/d' }] }),
    'VolumeUnknown: spec.flows[0].shareVolumeMounts[0].name: there is no volume "date" in spec.shareVolumes;',
  ],
  [
    'two shared volumes of one name',
    flow('etl').spec({ shareVolumes: [{ name: 'data' }, { name: 'data' }] }),
    'NameTaken: spec.shareVolumes[1].name: "data" is already the name of spec.shareVolumes[0]',
  ],
  ['a limit of no Jobs', flow('etl').spec({ maxConcurrentJobs: 0 }), 'spec.maxConcurrentJobs'],
  ['a failure policy that is none', flow('etl').spec({ failurePolicy: 'Stop' }), 'spec.failurePolicy'],
  [
    'an unknown template',
    flow('etl').entry('a', '', { jobTemplateRef: 'backup' }),
    'TemplateUnknown: spec.flows[0].jobTemplateRef: there is no JobTemplate "backup" in namespace "ns"; apply the JobTemplate first, then this JobFlow.',
  ],
  [
    'a template name that is none',
    flow('etl').entry('a', '', { jobTemplateRef: 'A/B' }),
    'NameInvalid: spec.flows[0].jobTemplateRef: "A/B"',
  ],
  [
    'a value of a wrong type',
    withContainers('main'),
    'FieldInvalid: spec.flows[1].jobTemplate.template.spec.containers: is ',
  ],
  [
    'no containers',
    withContainers([]),
    'FieldMissing: spec.flows[1].jobTemplate.template.spec.containers: is missing; write at least one container.',
  ],
  [
    'a container name that is none',
    withContainers([{ ...MAIN, name: 'Main.1' }]),
    'spec.flows[1].jobTemplate.template.spec.containers[0].name: "Main.1" is not a valid container name;',
  ],
  [
    'two containers of one name',
    withContainers([MAIN], { initContainers: [MAIN] }),
    'spec.containers[0].name: "main" is already the name of spec.flows[1].jobTemplate.template.spec.initContainers[0]',
  ],
  [
    'a container without an image',
    withContainers([{ name: 'main' }]),
    'FieldMissing: spec.flows[1].jobTemplate.template.spec.containers[0].image: is missing;',
  ],
  [
    'a variable of a container that is none',
    withContainers([{ ...MAIN, env: [{ name: 'Ä', value: '' }] }]),
    'spec.flows[1].jobTemplate.template.spec.containers[0].env[0].name: "Ä"',
  ],
  [
    'a mount of an unknown volume',
    withContainers([{ ...MAIN, volumeMounts: [{ name: 'data', mountPath: '/d' }] }]),
    'spec.containers[0].volumeMounts[0].name: there is no volume "data" in spec.flows[1].jobTemplate.template.spec.volumes;',
  ],
  [
    'a negative number',
    withTemplate({ ...GOOD_SPEC, parallelism: -1 }),
    'spec.flows[1].jobTemplate.parallelism: "-1" is not allowed; write a whole number of at least 0.',
  ],
  [
    'a DaemonJob on less than one node',
    flow('etl').entry('a', '', { daemonJob: { ...GOOD_SPEC, maxConcurrentNodes: 0 } }),
    'spec.flows[0].daemonJob.maxConcurrentNodes',
  ],
  [
    'excluded nodes that are none',
    flow('etl').entry('a', '', { daemonJob: { ...GOOD_SPEC, excludeNodeList: 'node-1; node-2' } }),
    'spec.flows[0].daemonJob.excludeNodeList: "node-1;" is not a valid node name;',
  ],
  [
    'a run that is no label value',
    flow('etl').annotated('run', 'a b'),
    'metadata.annotations["api.practice.com/run"]: "a b"',
  ],
  [
    'an annotation that only jobflow writes',
    flow('etl').annotated('released-at', 'now'),
    'OwnAnnotation: metadata.annotations["api.practice.com/released-at"]: only jobflow writes',
  ],
];

describe('a new JobFlow is refused for', () => {
  for (const [what, builder, says] of REFUSED) {
    it(what, () => {
      const sentence = told(create(builder));
      expect(sentence).to.not.match(/^admitted|undefined|\[object|NaN/);
      expect(sentence).to.include(says);
    });
  }

  it('more entries than it may have', () => {
    const many = flow('etl');
    for (let index = 0; index < 5_001; index += 1) many.entry(`e${index}`, '', { jobTemplateRef: 't' });
    expect(told(create(many))).to.include('spec.flows: 5001 entries are more than the limit of 5000;');
  });

  it('a status that etcd would not take', () => {
    const large = flow('f'.repeat(60));
    const args = Array.from({ length: 100 }, () => 'x'.repeat(100));
    for (let index = 0; index < 140; index += 1) {
      large.entry(`e${index}`, '', { jobTemplate: specWith([{ ...MAIN, args }]) });
    }
    expect(told(create(large))).to.match(/^FlowTooLarge: The JobFlow would take 1[45]\d{5} bytes/);
  });

  it('several mistakes at once, the first three of them', () => {
    const bad = flow('etl').entry('a', 'x').entry('b', 'y').entry('c', 'z').entry('d', 'q');
    const sentence = told(create(bad));
    for (const name of ['x', 'y', 'z']) expect(sentence).to.include(`no entry "${name}"`);
    expect(sentence).to.not.include('no entry "q"');
  });
});

describe('a JobFlow with templates', () => {
  const templates = new Map<string, Lookup<JobTemplate>>([
    ['backup', FOUND],
    ['broken', { kind: 'unusable', problem: 'is broken' } as const],
  ]);

  it('is admitted if the API server knows them', () => {
    expect(told(create(flow('etl').entry('a', '', { jobTemplateRef: 'backup' }), { templates }))).to.equal(
      'admitted',
    );
  });

  it('is refused if one cannot be used', () => {
    const verdict = create(flow('etl').entry('a', '', { jobTemplateRef: 'broken' }), { templates });
    expect(told(verdict)).to.match(/^TemplateUnusable: spec\.flows\[0\]\.jobTemplateRef: /);
  });

  it('asks for each name once, and in an edit only for those that are new', () => {
    const old = flow('etl').entry('a', '', { jobTemplateRef: 'gone' });
    const next = flow('etl')
      .entry('a', '', { jobTemplateRef: 'gone' })
      .entry('b', '', { jobTemplateRef: 'backup' })
      .entry('c', '', { jobTemplateRef: 'backup' });
    expect(templatesToLookUp(next.object(), undefined)).to.deep.equal(['gone', 'backup']);
    expect(templatesToLookUp(next.object(), old.object())).to.deep.equal(['backup']);
    expect(told(update(old, next, { templates }))).to.equal('admitted');
  });
});

describe('an edit of a JobFlow', () => {
  it('is judged as a new one', () => {
    const verdict = update(flow('etl').entry('a'), flow('etl').entry('a', 'x'));
    expect(told(verdict)).to.match(/^EntryUnknown/);
  });

  it('that leaves the spec as it is lets an older mistake be', () => {
    const old = flow('etl').entry('a', 'x');
    const next = flow('etl').entry('a', 'x').annotated('retry', '2');
    expect(update(old, next)).to.deep.equal({ kind: 'admit', warnings: [], registers: undefined });
  });

  it('does not hold an older cycle against something else', () => {
    const old = flow('etl').entry('a', 'b').entry('b', 'a');
    const next = flow('etl').entry('a', 'b').entry('b', 'a').entry('c', 'a');
    expect(told(update(old, next))).to.equal('admitted');
    const worse = flow('etl').entry('a', 'b').entry('b', 'a c').entry('c', 'a');
    expect(told(update(old, worse))).to.include('b → c → a → b');
  });

  it('may take a long name that is there already', () => {
    const name = 'f'.repeat(64);
    expect(told(update(flow(name), flow(name).entry('a')))).to.equal('admitted');
  });
});

describe('the warnings beside a JobFlow', () => {
  it('say that a restartPolicy becomes Never, once for all entries', () => {
    const pod = { restartPolicy: 'OnFailure' };
    const one = flow('etl').entry('a', '', { jobTemplate: specWith([MAIN], pod) });
    const field = 'spec.flows[0].jobTemplate.template.spec.restartPolicy';
    expect(told(create(one))).to.equal(
      `admitted\n${field}: "OnFailure" becomes "Never", as in every Job of jobflow.`,
    );
    const always = specWith([MAIN], { restartPolicy: 'Always' });
    const two = one.entry('b', '', { daemonJob: always });
    expect(told(create(two))).to.include('"OnFailure" becomes "Never" (and 1 more)');
  });

  it('say what annotations mean nothing on it', () => {
    const told_ = told(create(flow('etl').annotated('depends-on', 'a').annotated('rety', '1')));
    expect(told_).to.include('api.practice.com/depends-on"]: has no effect on a JobFlow.');
    expect(told_).to.include('api.practice.com/rety"]: jobflow knows no such annotation;');
    expect(told(create(flow('etl').annotated('run', 'a').annotated('retry', '1')))).to.equal('admitted');
  });
});

describe('a JobFlow of 5,000 entries', () => {
  it('is judged in a time that grows with its size, not with its square', () => {
    const build = (size: number): FlowBuilder => {
      const large = flow('etl');
      const names = Array.from({ length: size }, (_, index) => `e${index}`);
      for (const [index, name] of names.entries()) {
        large.entry(name, index === 0 ? '' : `e${index - 1}`, { jobTemplateRef: 't' });
      }
      return large;
    };
    const templates = new Map([['t', FOUND]]);
    const [small, large] = [build(500), build(5_000)];
    create(small, { templates });
    const timeOf = (builder: FlowBuilder): number => {
      const started = performance.now();
      expect(told(create(builder, { templates }))).to.equal('admitted');
      return performance.now() - started;
    };
    // Ten times the size; the square would be a hundred times.
    expect(timeOf(large)).to.be.lessThan(50 * Math.max(timeOf(small), 5));
  });
});
