import { expect } from 'chai';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { LINT_RULES, type Finding } from '../../../src/cli/lint/finding.ts';
import { lintManifests } from '../../../src/cli/lint/lint-manifests.ts';
import { ROOT } from '../docs/pages.ts';

function lint(...texts: readonly string[]): readonly Finding[] {
  const inputs = texts.map((text, index) => ({ ok: true, file: `${index + 1}.yaml`, text }) as const);
  return lintManifests(inputs, 'default').findings;
}

/** `line:column severity rule: message` */
function lines(...texts: readonly string[]): string[] {
  return lint(...texts).map(
    ({ line, column, severity, rule, message }) => `${line}:${column} ${severity} ${rule}: ${message}`,
  );
}

const POD = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1.36' }] };
const SPEC = { template: { spec: POD } };

interface Extra {
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly namespace?: string;
  readonly spec?: object;
}

function annotated(annotations: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [`api.practice.com/${key}`, value]),
  );
}

function job(name: string, { annotations, namespace, spec = SPEC }: Extra = {}): string {
  const metadata = {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(annotations !== undefined && { annotations: annotated(annotations) }),
  };
  return stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec });
}

function resource(kind: string, name: string, spec: object, annotations?: Extra['annotations']): string {
  const metadata = { name, ...(annotations !== undefined && { annotations: annotated(annotations) }) };
  return stringify({ apiVersion: 'api.practice.com/v1alpha1', kind, metadata, spec });
}

function file(...objects: readonly string[]): string {
  return objects.join('---\n');
}

describe('lint', () => {
  it('finds nothing wrong with the examples but the cycle that is there on purpose', async () => {
    const folder = join(ROOT, 'examples');
    const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
    expect(names.length).to.be.greaterThan(5);
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    const findings = lint(...texts);
    expect(findings.map(({ rule, object }) => `${rule} ${object?.name ?? ''}`)).to.deep.equal([
      'DependencyCycle cycle-1',
    ]);
  });

  it('says where an annotation breaks the grammar, each mistake for itself', () => {
    const text = file(
      job('a'),
      job('b', { annotations: { 'depends-on': 'a=Done', 'wait-timeout': 'soon' } }),
    );
    expect(lines(text)).to.deep.equal([
      '18:34 error DependencyOutcomeUnknown: metadata.annotations["api.practice.com/depends-on"]: "a=Done" asks for the outcome "Done"; write Complete, Failed, NotFailed or Finished (as in "a=Failed").',
      '19:36 error DurationInvalid: metadata.annotations["api.practice.com/wait-timeout"]: "soon" is not a duration; write a positive number with a unit, such as "90s", "30m" or "2h".',
    ]);
  });

  it('names the path of a cycle once, also across files and in any order', () => {
    const a = job('a', { annotations: { 'depends-on': 'b' } });
    const b = job('b', { annotations: { 'depends-on': 'c, d' } });
    const c = job('c', { annotations: { 'depends-on': 'a' } });
    const findings = lint(file(a, job('d')), b, c);
    expect(findings).to.have.length(1);
    expect(findings[0]).to.include({ file: '1.yaml', line: 6, rule: 'DependencyCycle' });
    expect(findings[0]?.message).to.include('a → b → c → a');
  });

  it('counts no cycle between Jobs of different runs or namespaces', () => {
    const first = job('a', { annotations: { 'depends-on': 'b', run: '1' } });
    const second = job('b', { annotations: { 'depends-on': 'a', run: '2' } });
    expect(lint(first, second)).to.deep.equal([]);
    const here = job('a', { annotations: { 'depends-on': 'b' }, namespace: 'here' });
    const there = job('b', { annotations: { 'depends-on': 'a' }, namespace: 'there' });
    expect(lint(here, there).map(({ rule }) => rule)).to.deep.equal([
      'DependencyUnknown',
      'DependencyUnknown',
    ]);
  });

  it('finds the cycle of a JobFlow in the names of its entries, and only once', () => {
    const flows = [
      { name: 'a', dependencies: ['b'], jobTemplate: SPEC },
      { name: 'b', dependencies: ['a'], jobTemplate: SPEC },
    ];
    const found = lines(resource('JobFlow', 'f', { flows }));
    expect(found).to.have.length(1);
    expect(found[0]).to.match(
      /^9:11 error DependencyCycle: spec\.flows\[0\]\.dependencies\[0\]: .* a → b → a;/,
    );
  });

  it('finds a cycle over a JobFlow and a Job that waits for it', () => {
    const flow = resource('JobFlow', 'f', {
      flows: [
        { name: 'a', jobTemplate: SPEC },
        { name: 'b', dependencies: ['jobflow/g'], jobTemplate: SPEC },
      ],
    });
    const other = resource('JobFlow', 'g', {
      flows: [{ name: 'a', dependencies: ['jobflow/f'], jobTemplate: SPEC }],
    });
    const found = lint(flow, other);
    expect(found.map(({ rule }) => rule)).to.deep.equal(['DependencyCycle']);
    expect(found[0]?.message).to.include('jobflow/g');
    expect(found[0]?.message).to.match(/^spec\.flows\[\d\]\.dependencies\[0\]/);
  });

  it('refuses a Job that waits for itself', () => {
    expect(lint(job('a', { annotations: { 'depends-on': 'a' } })).map(({ rule }) => rule)).to.deep.equal([
      'DependencyOnItself',
    ]);
  });

  it('warns of a name that nothing in the files has', () => {
    const [finding, ...others] = lint(job('a', { annotations: { 'depends-on': 'b, jobflow/f' } }));
    expect(finding).to.include({ severity: 'warning', rule: 'DependencyUnknown', line: 6 });
    expect(finding?.message).to.include('no Job "b" in these files for namespace "default"');
    expect(others[0]?.message).to.include('no JobFlow "f"');
  });

  it('knows the Jobs that a JobFlow makes', () => {
    const flow = resource('JobFlow', 'f', { flows: [{ name: 'a', jobTemplate: SPEC }] });
    expect(lint(flow, job('b', { annotations: { 'depends-on': 'f-a, jobflow/f' } }))).to.deep.equal([]);
  });

  it('warns of a JobTemplate and a JobFlow that no file has', () => {
    const annotations = { template: 't', flow: 'f' };
    const text = stringify({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'a', annotations: annotated(annotations) },
    });
    expect(lint(text).map(({ severity, rule }) => `${severity} ${rule}`)).to.deep.equal([
      'warning ResourceUnknown',
      'warning ResourceUnknown',
    ]);
  });

  it('judges a Job together with its JobTemplate', () => {
    const user = job('a', { annotations: { template: 't' }, spec: {} });
    const good = resource('JobTemplate', 't', { jobTemplate: SPEC });
    expect(lint(user, good)).to.deep.equal([]);
    const bad = resource('JobTemplate', 't', {
      jobTemplate: { template: { spec: { containers: [{ name: 'main' }] } } },
    });
    expect(lint(user, bad).map(({ file: name, message }) => `${name} ${message}`)).to.deep.equal([
      '1.yaml spec.template.spec.containers[0].image: is missing; write the image that the container runs.',
    ]);
  });

  it('says which entry of a JobFlow is unknown', () => {
    const flow = resource('JobFlow', 'f', {
      flows: [{ name: 'a', dependencies: ['x'], jobTemplate: SPEC }],
    });
    expect(lint(flow).map(({ rule, line }) => `${rule} ${line}`)).to.deep.equal(['EntryUnknown 9']);
  });

  it('names the place of the first of two objects with one name', () => {
    const found = lint(job('a'), file(job('b'), job('a')), job('a', { namespace: 'elsewhere' }));
    expect(found).to.have.length(1);
    expect(found[0]).to.include({ rule: 'ObjectDuplicate', file: '2.yaml', line: 16, column: 9 });
    expect(found[0]?.message).to.include('(1.yaml:4)');
  });

  it('points at the name of a field that does not exist, and at the value of one that is wrong', () => {
    const spec = { backoffLimt: 3, completions: 'two', ...SPEC };
    expect(lines(job('a', { spec }))).to.deep.equal([
      '6:3 error ManifestInvalid: spec.backoffLimt: is no such field; correct or remove it (`kubectl explain job` describes it).',
      '7:16 error ManifestInvalid: spec.completions: is a string, expected a whole number; correct it (`kubectl explain job` describes it).',
    ]);
  });

  it('asks for quotes where YAML takes a word for a boolean, as kubectl does', () => {
    const text = job('a').replace('name: a', 'name: a\n  annotations:\n    api.practice.com/hold: yes');
    const found = lines(text);
    expect(found).to.have.length(1);
    expect(found[0]).to.include('6:28').and.to.include('put it in quotes');
  });

  it('takes a date for a text, as kubectl does', () => {
    const text = job('a').replace('name: a', 'name: a\n  annotations:\n    api.practice.com/run: 2026-03-14');
    expect(lint(text)).to.deep.equal([]);
  });

  it('wants a restartPolicy from a Job that jobflow does not see', () => {
    const spec = { template: { spec: { containers: POD.containers } } };
    expect(lint(job('a', { spec })).map(({ rule }) => rule)).to.deep.equal(['RestartPolicyMissing']);
    expect(lint(job('a', { spec, annotations: { hold: 'true' } }))).to.deep.equal([]);
  });

  it('looks at the annotations of the Jobs that a CronJob makes, and at those that are in the wrong place', () => {
    const text = stringify({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'c', annotations: annotated({ 'depends-on': 'a' }) },
      spec: {
        schedule: '0 6 * * *',
        jobTemplate: { metadata: { annotations: annotated({ 'depends-on': 'a,,b' }) }, spec: SPEC },
      },
    });
    expect(lines(text)).to.deep.equal([
      '6:34 warning AnnotationMisplaced: metadata.annotations["api.practice.com/depends-on"]: has no effect there; move it to spec.jobTemplate.metadata.annotations.',
      '12:38 error DependencyEmpty: spec.jobTemplate.metadata.annotations["api.practice.com/depends-on"]: entry 2 is empty; remove the extra comma or write a Job name there.',
    ]);
  });

  it('warns of annotations on the template of the pods', () => {
    const template = { metadata: { annotations: annotated({ 'depends-on': 'b' }) }, spec: POD };
    expect(lint(job('a', { spec: { template } })).map(({ rule, line }) => `${rule} ${line}`)).to.deep.equal([
      'AnnotationMisplaced 9',
    ]);
  });

  it('tells what the webhook would warn of', () => {
    const [finding] = lint(job('a', { annotations: { dependson: 'b' } }));
    expect(finding).to.include({ severity: 'warning', rule: 'Advice' });
    expect(finding?.message).to.include('did you mean "api.practice.com/depends-on"?');
  });

  it('judges a DaemonJob by its annotations and its spec', () => {
    const text = resource('DaemonJob', 'd', { excludeNodeList: 'A!', ...SPEC }, { 'depends-on': 'b' });
    expect(lint(text).map(({ rule }) => rule)).to.deep.equal(['DependencyUnknown', 'NameInvalid']);
  });

  it('passes over other kinds, and Jobs of other groups', () => {
    const volcano = job('a').replace('batch/v1', 'batch.volcano.sh/v1alpha1').replace('spec:', 'tasks:');
    const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {anything: [1]}\n';
    expect(lintManifests([{ ok: true, file: 'x', text: file(volcano, service) }], 'default')).to.deep.equal({
      findings: [],
      files: 1,
      objects: 0,
    });
  });

  it('looks into Lists, and at JSON', () => {
    const items = [{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'A' }, spec: SPEC }];
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 2);
    expect(lint(text).map(({ rule, line }) => `${rule} ${line}`)).to.deep.equal(['NameInvalid 9']);
  });

  it('tells of fields of the wrong type whatever they are, and of nothing that follows from them', () => {
    const head = 'apiVersion: batch/v1\nkind: Job\n';
    const owners = 'metadata: {name: a, ownerReferences: 3}\nspec: {template: null}\n';
    expect(lint(head + owners).map(({ message }) => message.split(';')[0])).to.deep.equal([
      'metadata.ownerReferences: is a number, expected a list',
      'spec.template: is missing',
    ]);
    const version = 'metadata: {name: a, ownerReferences: [{controller: true, kind: X, apiVersion: 1}, 2]}\n';
    expect(lint(head + version).every(({ rule }) => rule === 'ManifestInvalid')).to.equal(true);
    for (const metadata of ['', 'metadata:\n', 'metadata: [1]\n', 'metadata: a\n']) {
      const found = lint(`${head}${metadata}spec: 3\n`);
      expect(
        found.map(({ rule }) => rule),
        metadata,
      ).to.deep.equal(['ManifestInvalid', 'ManifestInvalid']);
    }
  });

  it('wants an object to say what it is', () => {
    expect(lint('metadata: {name: a}').map(({ message }) => message)).to.have.length(2);
    expect(lint('just words').map(({ rule }) => rule)).to.deep.equal(['YamlInvalid']);
    expect(lint('# nothing\n---\n# at all\n')).to.deep.equal([]);
  });

  it('says the same of a file with Windows line ends', () => {
    const text = file(
      job('a', { annotations: { 'depends-on': 'b', 'wait-timeout': '2 hours' } }),
      job('b', { annotations: { 'depends-on': 'missing' }, spec: { backoffLimt: 1, ...SPEC } }),
      'kind: [broken\n',
    );
    const findings = lines(text);
    expect(findings).to.have.length(4);
    expect(lines(text.replaceAll('\n', '\r\n'))).to.deep.equal(findings);
  });

  it('checks ten thousand Jobs with three dependencies each, in no order, without a step for every pair', function () {
    this.timeout(60_000);
    const names = Array.from({ length: 10_000 }, (_, index) => (index * 7_919) % 10_000);
    const text = file(
      ...names.map((n) => {
        const upstreams = [1, 7, 50].flatMap((back) => (n >= back ? [`j-${n - back}`] : []));
        const annotations =
          upstreams.length === 0
            ? ''
            : `\n  annotations: {api.practice.com/depends-on: '${upstreams.join(',')}'}`;
        return `apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j-${n}${annotations}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}\n`;
      }),
    );
    const startedMs = performance.now();
    expect(lint(text)).to.deep.equal([]);
    // It takes two seconds on an idle machine; a step for every pair would take minutes.
    expect(performance.now() - startedMs).to.be.lessThan(30_000);
  });

  it('has every rule of its own in the docs', async () => {
    const page = await readFile(join(ROOT, 'docs/cli.md'), 'utf8');
    for (const [rule, meaning] of Object.entries(LINT_RULES)) {
      expect(page).to.match(new RegExp(`\\| \`${rule}\` +\\| ${meaning.replaceAll('.', '\\.')}`));
    }
  });
});
