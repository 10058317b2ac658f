import { expect } from 'chai';
import type { ImportOptions } from '../../../../src/cli/import/import-pipeline.ts';
import { configMap, graph, importText, problemsOf } from './pipeline-builder.ts';

/** A pipeline with these lines at the top of `jobs.yaml`. */
const settings = (lines: string) => graph({ a: '' }, `image: i\n${lines}`);
/** A pipeline of one Job that runs this. */
const work = (text: string, top = 'image: i') =>
  configMap(`${top}\njobs:\n  a:\n    depends_on: []`, { a: text });

const JOBS = 'data["jobs.yaml"]';
const WORK = 'data["a.yaml"]';

const REFUSED: readonly (readonly [string, string, readonly string[], Partial<ImportOptions>?])[] = [
  [
    'an empty file',
    '',
    [
      'jobpipline.yaml: error: data["jobs.yaml"]: is missing; write the Jobs and what each depends on there, in a file of the form of a ConfigMap.',
    ],
  ],
  [
    'broken YAML',
    'data:\n  a: [1\n',
    [
      'jobpipline.yaml:3:1: error: the file is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]; mend it there.',
    ],
  ],
  [
    'an alias to nothing',
    'data: *x\n',
    [
      'jobpipline.yaml: error: the file is not valid YAML: Unresolved alias (the anchor must be set before the alias): x; mend it there.',
    ],
  ],
  [
    'another kind of object',
    `kind: Secret\ndata:\n  jobs.yaml: ""\n`,
    ['jobpipline.yaml:1:7: error: kind: "Secret" is not allowed; write "ConfigMap".'],
  ],
  [
    'an object in place of the text',
    'data:\n  jobs.yaml:\n    jobs: {}\n',
    [`jobpipline.yaml:3:5: error: ${JOBS}: is an object; write it as a text, with "|" after "jobs.yaml:".`],
  ],
  [
    'no Jobs',
    configMap('image: i', {}),
    [
      `jobpipline.yaml:7:5: error: ${JOBS}.jobs: is missing; write the Jobs by name, each with the list "depends_on".`,
    ],
  ],
  [
    'Jobs as a list',
    configMap('jobs: [a]', {}),
    [`jobpipline.yaml:7:11: error: ${JOBS}.jobs: is a list; write an object there.`],
  ],
  [
    'broken YAML within',
    configMap('image: i\njobs: {a: [}', {}),
    [
      `jobpipline.yaml:8:16: error: ${JOBS} is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]; mend it there.`,
    ],
  ],
  [
    'a Job stated twice',
    configMap('jobs:\n  a: {}\n  a: {}', { a: '' }),
    [`jobpipline.yaml:9:7: error: ${JOBS} is not valid YAML: the key "a" is there twice; mend it there.`],
  ],
  [
    'a Job without its own text',
    configMap('image: i\njobs:\n  a: {}', {}),
    [
      'jobpipline.yaml:9:10: error: data["a.yaml"]: is missing; write what Job "a" runs there: command, image.',
    ],
  ],
  [
    'a name that no Job can have',
    graph({ Load_1: '' }),
    [
      `jobpipline.yaml:9:7: error: ${JOBS}.jobs: "Load_1" is not allowed; write the name of a Job: at most 63 lower-case letters, digits and "-" (or "."), starting and ending with a letter or digit.`,
    ],
  ],
  [
    'an unknown dependency',
    graph({ a: '', b: 'a c' }),
    [
      `jobpipline.yaml:12:25: error: ${JOBS}.jobs.b.depends_on[1]: "c" is not allowed; write the name of a Job in jobs (there are a).`,
    ],
  ],
  [
    'a dependency twice',
    graph({ a: '', b: 'a a' }),
    [
      `jobpipline.yaml:12:25: error: ${JOBS}.jobs.b.depends_on[1]: "a" is listed twice; keep one of the two entries.`,
    ],
  ],
  [
    'a dependency on itself',
    graph({ 'a.b': 'a.b' }),
    [
      `jobpipline.yaml:10:22: error: ${JOBS}.jobs["a.b"].depends_on[0]: Job "a.b" depends on itself; remove "a.b" from the list.`,
    ],
  ],
  [
    'a cycle',
    graph({ a: 'c', b: 'a', c: 'd b', d: '' }),
    [
      `jobpipline.yaml:10:22: error: ${JOBS}.jobs.a.depends_on[0]: the dependencies form a cycle, a → c → b → a; remove one of these edges.`,
    ],
  ],
  [
    'a text in place of a list',
    configMap('image: i\njobs:\n  a:\n    depends_on: b', { a: '' }),
    [
      `jobpipline.yaml:10:21: error: ${JOBS}.jobs.a.depends_on: "b" is not allowed; write a list of Jobs, such as ["extract"].`,
    ],
  ],
  [
    'no image anywhere',
    work('command: [date]', ''),
    [
      `jobpipline.yaml:12:5: error: ${WORK}.image: is missing; write the image that the Job runs, without blanks, here or for all Jobs in jobs.yaml.`,
    ],
  ],
  [
    'minutes that are none',
    settings('cleanuptime: 5m'),
    [
      `jobpipline.yaml:8:18: error: ${JOBS}.cleanuptime: "5m" is not allowed; write minutes, a whole number from 0 to 35791394.`,
    ],
  ],
  [
    'no completions',
    settings('completions: 0'),
    [
      `jobpipline.yaml:8:18: error: ${JOBS}.completions: "0" is not allowed; write how many pods have to succeed, a whole number from 1 to 2147483647.`,
    ],
  ],
  [
    'a restart policy that Jobs cannot have',
    settings('restartPolicy: Always'),
    [
      `jobpipline.yaml:8:20: error: ${JOBS}.restartPolicy: "Always" is not allowed; write "Never" or "OnFailure".`,
    ],
  ],
  [
    'indexes that are not counted',
    settings('completionMode: Indexed\nparallelism: 2'),
    [
      `jobpipline.yaml:8:21: error: ${JOBS}.completionMode: "Indexed" is not allowed; write completions too, or "NonIndexed".`,
    ],
  ],
  [
    'a namespace that is none',
    settings('namespace: Prod'),
    [
      `jobpipline.yaml:8:16: error: ${JOBS}.namespace: "Prod" is not allowed; write the name of a namespace: at most 63 lower-case letters, digits and "-", starting and ending with a letter or digit.`,
    ],
  ],
  [
    'a pull secret without a name',
    settings('imagePullSecrets: [{}]'),
    [
      `jobpipline.yaml:8:24: error: ${JOBS}.imagePullSecrets[0].name: is missing; write the name of a Secret: at most 253 lower-case letters, digits and "-" (or "."), starting and ending with a letter or digit.`,
    ],
  ],
  [
    'a name server that is no address',
    settings('dnsConfig: {nameservers: [dns]}'),
    [
      `jobpipline.yaml:8:31: error: ${JOBS}.dnsConfig.nameservers[0]: "dns" is not allowed; write an IP address.`,
    ],
  ],
  [
    'an amount that is none',
    work('resources: {limits: {memory: 1 GB}}'),
    [
      `jobpipline.yaml:12:34: error: ${WORK}.resources.limits.memory: "1 GB" is not allowed; write an amount such as "500m", "2" or "512Mi".`,
    ],
  ],
  [
    'more requested than allowed',
    work('resources: {limits: {cpu: 500m}, requests: {cpu: 1}}'),
    [
      `jobpipline.yaml:12:54: error: ${WORK}.resources.requests.cpu: "1" is not allowed; write at most the limit, 500m.`,
    ],
  ],
  [
    'a mount of no volume',
    work('volumeMounts: [{name: x, mountPath: /x}]'),
    [
      `jobpipline.yaml:12:20: error: ${WORK}.volumeMounts[0].name: there is no volume "x" in volumes; correct the name, or add the volume there.`,
    ],
  ],
  [
    'a volume that is no claim',
    work('volumes: [{name: x, emptyDir: {}}]'),
    [
      `jobpipline.yaml:12:15: error: ${WORK}.volumes[0].persistentVolumeClaim: is missing; write an object with the claimName.`,
    ],
  ],
  [
    'two mounts at one path',
    work(
      'volumes: [{name: x, persistentVolumeClaim: {claimName: x}}]\nvolumeMounts: [{name: x, mountPath: /x}, {name: x, mountPath: /x}]',
    ),
    [
      `jobpipline.yaml:13:46: error: ${WORK}.volumeMounts[1].mountPath: "/x" is not allowed; write a path of its own, since ${WORK}.volumeMounts[0] mounts there too.`,
    ],
  ],
  [
    'a flow without a name',
    'data: {jobs.yaml: "jobs: {a: {}}", a.yaml: "image: i"}',
    [
      'jobpipline.yaml: error: metadata.name (or --name): is missing; write the name of the JobFlow: at most 63 lower-case letters, digits and "-" (or ".").',
    ],
    { as: 'flow' },
  ],
  [
    'two pipelines in a file',
    `${graph({ a: '' })}---\n${graph({ a: '' })}`,
    [`jobpipline.yaml:14:1: error: ${JOBS}: is in 2 documents of this file; import one of them at a time.`],
  ],
];

describe('a pipeline is refused', () => {
  for (const [what, text, problems, options] of REFUSED) {
    it(`for ${what}`, () => {
      expect(problemsOf(importText(text, options))).to.deep.equal(problems);
    });
  }

  it('with all its mistakes at once, in the order of the file', () => {
    const text = configMap('completions: x\nparallelism: y\njobs: {a: {depends_on: [b]}}', {
      a: 'command: 1',
    });
    expect(problemsOf(importText(text)).map((line) => line.split(':').slice(0, 3).join(':'))).to.deep.equal([
      'jobpipline.yaml:7:18',
      'jobpipline.yaml:8:18',
      'jobpipline.yaml:9:29',
      'jobpipline.yaml:11:14',
    ]);
  });

  it('with the place of a quoted text, whose lines are not those of the file', () => {
    const text = 'data:\n  jobs.yaml: "image: 1 2\\njobs: {a: {}}"\n  a.yaml: ""\n';
    expect(problemsOf(importText(text))[0]).to.match(
      /^jobpipline\.yaml:2:14: error: data\["jobs\.yaml"\]\.image: "1 2"/,
    );
  });

  it('for aliases that would expand without end', () => {
    const levels = Array.from(
      { length: 12 },
      (_, index) => `  k${index + 1}: &l${index + 1} [${'*l'.concat(String(index), ', ').repeat(9)}]`,
    );
    const text = `data:\n  k0: &l0 x\n${levels.join('\n')}\n`;
    expect(problemsOf(importText(text))[0]).to.match(/is not valid YAML: Excessive alias count/);
    const own = 'data: &a\n  jobs.yaml: ""\n  b: *a\n';
    expect(problemsOf(importText(own))[0]).to.match(/is not valid YAML: it is more than 50 levels deep/);
  });

  it('in one line, whatever a name holds', () => {
    const [problem] = problemsOf(importText(graph({ a: '' }, 'image: i\n"x\\ny": 1\ncompletions: "1\\n2"')));
    expect(problem).to.match(/^[^\p{Cc}]*: "1 2" is not allowed; [^\p{Cc}]*$/u);
  });

  it('at the same places with Windows line ends', () => {
    const text = graph({ a: 'c', b: 'x', c: 'a' });
    const problems = problemsOf(importText(text));
    expect(problems).to.have.length(2);
    expect(problemsOf(importText(text.replaceAll('\n', '\r\n')))).to.deep.equal(problems);
  });

  it('if the last pod of an Indexed Job could not be called after it', () => {
    const name = 'a'.repeat(61);
    const indexed = (completions: number) =>
      graph({ [name]: '' }, `image: i\ncompletionMode: Indexed\ncompletions: ${completions}`);
    expect(problemsOf(importText(indexed(10)))).to.deep.equal([]);
    expect(problemsOf(importText(indexed(11)))[0]).to.include(
      `"${name}-10" is not allowed; write a shorter name`,
    );
    const flow = { as: 'flow' } as const;
    expect(problemsOf(importText(indexed(10), flow))[0]).to.match(
      /"nightly-a+-[0-9a-f]{8}-9" is not allowed/,
    );
  });

  it('if one Job waits for more than the webhook lets it', () => {
    const names = Array.from({ length: 1_001 }, (_, index) => `j${index}`);
    const edges = Object.fromEntries(names.map((name) => [name, '']));
    const problems = problemsOf(importText(graph({ ...edges, all: names.join(' ') })));
    expect(problems).to.have.length(1);
    expect(problems[0]).to.include('jobs.all.depends_on: 1001 names are more than the limit of 1000;');
  });

  it('if the webhook would refuse the JobFlow', () => {
    const edges = Object.fromEntries(Array.from({ length: 5_001 }, (_, index) => [`j${index}`, '']));
    expect(problemsOf(importText(graph(edges), { as: 'flow' }))).to.deep.equal([
      'jobpipline.yaml: error: spec.flows: 5001 entries are more than the limit of 5000; divide them among several JobFlows, which can wait for each other with "jobflow/NAME".',
    ]);
  });

  it('for YAML with more levels than anybody writes', () => {
    expect(problemsOf(importText(`data: ${'['.repeat(10_000)}`))[0]).to.match(
      /is not valid YAML: it has too many levels/,
    );
  });
});
