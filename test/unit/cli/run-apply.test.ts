import { expect } from 'chai';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDeletionAfter } from '../../../src/cli/apply/delete-after.ts';
import { readRunInput } from '../../../src/cli/apply/read-run-input.ts';
import { readVariables, unreachedByVariables, withVariables } from '../../../src/cli/apply/set-env.ts';
import { madeToApply, type ToApply } from '../../../src/cli/apply/to-apply.ts';
import { readDuration } from '../../../src/cli/options/read-duration.ts';
import { countWords, partlyAppliedWords } from '../../../src/cli/run/applied-words.ts';
import { wayBack, type RunWords } from '../../../src/cli/run/run-options.ts';
import type { JsonObject } from '../../../src/api/job.ts';
import { ApiError } from '../../../src/kube/api-error.ts';
import { graph } from './import/pipeline-builder.ts';
import { RecordedTerminal } from './terminal/recorded-terminal.ts';

const OURS = 'api.practice.com/v1alpha1';

/** A pod template with one container of each kind. */
const pod = (...env: JsonObject[]): JsonObject => ({
  spec: { containers: [{ name: 'main', env }], initContainers: [{ name: 'init' }] },
});

function object(kind: string, spec: JsonObject, annotations: JsonObject = {}): ToApply {
  const apiVersion = kind === 'Job' || kind === 'CronJob' ? 'batch/v1' : OURS;
  return madeToApply({ apiVersion, kind, metadata: { name: 'a', annotations }, spec });
}

/** The spec after the variable DAY has been set to 1. */
function specOf(target: ToApply): unknown {
  return withVariables(target, readVariables(['DAY=1'])).object.spec;
}

const DAY = { name: 'DAY', value: '1' };
const SET = {
  spec: { containers: [{ name: 'main', env: [DAY] }], initContainers: [{ name: 'init', env: [DAY] }] },
};

describe('jobflow run --set-env', () => {
  it('reaches every container of whatever runs', () => {
    expect(specOf(object('Job', { template: pod() }))).to.deep.equal({ template: SET });
    expect(specOf(object('DaemonJob', { template: pod() }))).to.deep.equal({ template: SET });
    expect(specOf(object('JobTemplate', { jobTemplate: { template: pod() } }))).to.deep.equal({
      jobTemplate: { template: SET },
    });
    expect(specOf(object('CronJob', { jobTemplate: { spec: { template: pod() } } }))).to.deep.equal({
      jobTemplate: { spec: { template: SET } },
    });
  });

  it('wins over what the file states, in its place', () => {
    const other = { name: 'X', value: 'x' };
    const stated = { name: 'DAY', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };
    const spec = specOf(object('Job', { template: pod(stated, other) })) as { template: typeof SET };
    expect(spec.template.spec.containers[0]?.env).to.deep.equal([DAY, other]);
  });

  it('gives it to all Jobs of a JobFlow, and replaces it where they state it themselves', () => {
    const flows = [
      { name: 'x', jobTemplate: { template: pod({ name: 'DAY', value: '0' }) } },
      { name: 'y', jobTemplateRef: 'base' },
    ];
    expect(specOf(object('JobFlow', { flows }))).to.deep.equal({
      flows: [{ name: 'x', jobTemplate: { template: pod(DAY) } }, flows[1]],
      globalParams: { env: [DAY] },
    });
  });

  it('changes nothing else, and nothing that is shared', () => {
    const config = madeToApply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c' },
      data: { a: '1' },
    });
    expect(withVariables(config, readVariables(['A=1']))).to.equal(config);
    const target = object('Job', { template: pod() });
    const before = JSON.stringify(target);
    withVariables(target, readVariables(['A=1']));
    expect(JSON.stringify(target)).to.equal(before);
  });

  it('says which Jobs it cannot reach', () => {
    const annotations = { 'api.practice.com/template': 'base' };
    const [sentence] = unreachedByVariables([object('Job', {}, annotations)]);
    expect(sentence).to.match(
      /^Job "a" takes its containers from JobTemplate "base", which is not in these files/,
    );
    const template = madeToApply({ apiVersion: OURS, kind: 'JobTemplate', metadata: { name: 'base' } });
    expect(unreachedByVariables([object('Job', {}, annotations), template])).to.deep.equal([]);
  });

  it('takes any value, and refuses what has no name', () => {
    expect([...readVariables(['A=', 'B=x=y\nz', 'A=2'])]).to.deep.equal([
      ['A', '2'],
      ['B', 'x=y\nz'],
    ]);
    for (const word of ['A', '=1', 'A\n=1'])
      expect(() => readVariables([word])).to.throw(/^--set-env: ".*write NAME=VALUE\.$/s);
  });
});

describe('jobflow run --delete-after', () => {
  it('is a TTL of what runs, and of nothing else', () => {
    expect(withDeletionAfter(object('Job', { ttlSecondsAfterFinished: 5 }), 90).object.spec).to.deep.equal({
      ttlSecondsAfterFinished: 90,
    });
    expect(withDeletionAfter(object('JobFlow', {}), 90).object.spec).to.deep.equal({
      ttlSecondsAfterFinished: 90,
    });
    expect(withDeletionAfter(object('CronJob', {}), 90).object.spec).to.deep.equal({});
    expect(withDeletionAfter(object('JobTemplate', {}), 90).object.spec).to.deep.equal({});
  });
});

describe('what jobflow run reads', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jobflow-run-'));
  });

  after(() => rm(folder, { recursive: true }));

  async function read(paths: readonly string[]) {
    const terminal = new RecordedTerminal();
    const options = {
      readInput: terminal.readInput,
      recursive: true,
      statedNamespace: undefined,
      namespace: 'ns',
    };
    const input = await readRunInput(paths, options, terminal);
    const names = input.objects.map(({ kind, name }) => `${kind}/${name}`);
    return { ...input, names, errors: terminal.errors };
  }

  const JOB =
    'apiVersion: batch/v1\nkind: Job\nmetadata: {name: plain}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}\n';

  it('is manifests and pipelines side by side, each in its place', async () => {
    const pipeline = join(folder, 'pipeline.yaml');
    const plain = join(folder, 'plain.yaml');
    await writeFile(pipeline, graph({ b: 'a', a: '' }));
    await writeFile(plain, JOB);
    const { names, pipelines, hasErrors } = await read([pipeline, plain]);
    expect(names).to.deep.equal(['Job/a', 'Job/b', 'Job/plain']);
    expect(pipelines.map(({ jobs }) => jobs.map(({ name }) => name))).to.deep.equal([['a', 'b']]);
    expect(hasErrors).to.equal(false);
  });

  it('is a folder that holds a pipeline, or one in which a file of manifests has the same name', async () => {
    const mounted = join(folder, 'mounted');
    const ordinary = join(folder, 'ordinary');
    await Promise.all([mkdir(mounted), mkdir(ordinary)]);
    await writeFile(join(mounted, 'jobs.yaml'), 'image: a\njobs:\n  only:\n    depends_on: []\n');
    await writeFile(join(mounted, 'only.yaml'), 'command: ["true"]\n');
    await writeFile(join(ordinary, 'jobs.yaml'), JOB);
    expect((await read([`${mounted}/`])).names).to.deep.equal(['Job/only']);
    expect(await read([ordinary])).to.deep.include({ names: ['Job/plain'], pipelines: [], hasErrors: false });
  });

  it('is refused with the place of what is wrong', async () => {
    const broken = join(folder, 'broken.yaml');
    await writeFile(broken, 'kind: Job\r\nmetadata: [\r\n');
    const { hasErrors, errors } = await read([broken, join(folder, 'nowhere.yaml')]);
    expect(hasErrors).to.equal(true);
    expect(errors).to.match(/broken\.yaml:\d+:\d+: error: The YAML is broken/);
    expect(errors).to.match(/nowhere\.yaml: error: The file cannot be read, because there is no such file/);
  });
});

describe('what jobflow run says', () => {
  it('counts objects by kind', () => {
    const kinds = (...all: string[]) => countWords(all.map((kind) => ({ target: { kind } })));
    expect(kinds('Job')).to.equal('1 Job');
    expect(kinds('JobFlow', 'Job', 'Job')).to.equal('1 JobFlow and 2 Jobs');
    expect(kinds('Ingress', 'Ingress', 'NetworkPolicy', 'NetworkPolicy', 'Gateway', 'Gateway')).to.equal(
      '2 Ingresses, 2 NetworkPolicies and 2 Gateways',
    );
  });

  it('says what was applied when something is refused, without repeating whole specs', () => {
    const target = object('Job', {});
    const placed = { target, namespace: 'ns', resource: undefined };
    const message = 'Job.batch "a" is invalid: spec.template: Invalid value: {"spec":{}}: field is immutable';
    const error = new ApiError({ kind: 'invalid', status: 422, message });
    const asked = { server: 'https://api' };
    const report = { applied: [], failure: { placed, error }, left: [placed] };
    expect(partlyAppliedWords(report, '', asked)).to.equal(
      'Job "a" is there already, and its spec.template cannot be changed; delete it first, or once it has ended write --replace.\n' +
        'Nothing has been applied.\nNot applied: Job "a".\n',
    );
    expect(partlyAppliedWords({ ...report, failure: undefined }, 'Interrupted.', asked)).to.match(
      /^Interrupted\.\n/,
    );
    const bug = { placed, error: new TypeError('x') };
    expect(partlyAppliedWords({ ...report, failure: bug }, '', asked)).to.equal(undefined);
  });

  const WORDS: RunWords = {
    recursive: true,
    detach: false,
    setEnv: ['A=x y'],
    replace: true,
    forceConflicts: false,
    dryRun: 'none',
    namespace: 'ns',
    timeout: '5m',
  };

  it('says how to come back, without what would run it anew', () => {
    expect(wayBack('kubectl jobflow', WORDS, ['flows/'], true)).to.deep.equal({
      status: 'kubectl jobflow status -n ns',
      run: `kubectl jobflow run -f flows/ -R -n ns --timeout 5m --set-env 'A=x y'`,
    });
    expect(wayBack('jobflow', WORDS, ['-'], true).run).to.equal(undefined);
    expect(wayBack('jobflow', WORDS, ['a.yaml'], false).run).to.equal(undefined);
  });

  it('refuses what is no duration', () => {
    expect(readDuration('--timeout', '1m30s')).to.equal(90_000);
    expect(() => readDuration('--timeout', '5')).to.throw('--timeout: "5" is not a duration; write');
  });
});
