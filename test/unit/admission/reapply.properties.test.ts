import { expect } from 'chai';
import fc from 'fast-check';
import { parseGatedRecord } from '../../../src/api/gated-record.ts';
import type { Json, JobObject, JsonObject } from '../../../src/api/job.ts';
import { OWN_ANNOTATIONS } from '../../../src/api/names.ts';
import type { GlobalParams } from '../../../src/api/flow-spec.ts';
import { recreatedJob } from '../../../src/cli/retry/recreated-job.ts';
import {
  fieldOf,
  isObject,
  objectOrEmpty,
  sameJson,
  unionOfKeys,
  valueAt,
  withField,
} from '../../../src/core/admission/json-tree.ts';
import {
  admitted,
  annotated,
  arrivedJob,
  arrivedSpec,
  create,
  foundFlow,
  foundTemplate,
  released,
  stored,
  update,
  warningsOf,
  withSpec,
} from './job-builder.ts';

const RUNS = { numRuns: 1_000 };

const word = fc.constantFrom('a', 'b', 'c', 'd');
const texts = fc.dictionary(word, word, { maxKeys: 3 });

function keyed(key: string, rest: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject[]> {
  return fc.uniqueArray(
    fc.tuple(word, rest).map(([name, fields]) => ({ [key]: name, ...fields })),
    { selector: (element) => element[key], maxLength: 3 },
  );
}

const variables = keyed('name', fc.record({ value: word }));

const containers = (image: fc.Arbitrary<string>): fc.Arbitrary<JsonObject[]> =>
  keyed(
    'name',
    fc.record(
      {
        image,
        args: fc.array(word, { maxLength: 2 }),
        env: variables,
        resources: fc.record({ limits: texts }, { requiredKeys: [] }),
        volumeMounts: keyed('mountPath', fc.record({ name: word })),
      },
      { requiredKeys: [] },
    ),
  );

const podFields = fc.record(
  {
    initContainers: containers(fc.constantFrom('i:1', 'i')),
    volumes: keyed('name', fc.constantFrom<JsonObject>({ emptyDir: {} }, { hostPath: { path: '/x' } })),
    tolerations: fc.array(fc.record({ key: word }), { maxLength: 2 }),
    // The API server drops an empty one.
    nodeSelector: fc.dictionary(word, word, { minKeys: 1, maxKeys: 3 }),
    terminationGracePeriodSeconds: fc.constantFrom(5, 30),
    restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never'),
  },
  { requiredKeys: [] },
);

const jobFields = fc.record(
  {
    parallelism: fc.integer({ min: 0, max: 3 }),
    completions: fc.integer({ min: 1, max: 3 }),
    backoffLimit: fc.constantFrom(0, 6),
    backoffLimitPerIndex: fc.constant(1),
    ttlSecondsAfterFinished: fc.constant(60),
    suspend: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** A JobSpec as it arrives: with the API server's defaults, or with hardly anything stated. */
const arrivedSpecs: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constant(arrivedSpec(null)),
  fc
    .tuple(containers(fc.constant('i:1')), jobFields, podFields)
    .map(([list, stated, pod]) => arrivedSpec(list, stated, pod)),
);

const templates: fc.Arbitrary<JsonObject> = fc
  .tuple(containers(fc.constant('i:2')), jobFields, podFields, texts)
  .map(([list, spec, pod, labels]) => ({
    ...withField(spec, 'suspend', undefined),
    template: { metadata: { labels }, spec: { containers: list, ...pod } },
  }));

const params: fc.Arbitrary<GlobalParams> = fc.record(
  { labels: texts, annotations: texts, env: variables, nodeName: word },
  { requiredKeys: [] },
);

interface Case {
  readonly arrived: JobObject;
  readonly old: JobObject;
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    spec: arrivedSpecs,
    template: fc.option(templates, { nil: undefined }),
    flow: fc.option(params, { nil: undefined }),
    gate: fc.boolean(),
    labels: fc.option(texts, { nil: undefined }),
  })
  .map(({ spec, template, flow, gate, labels }) => {
    const ours = {
      run: 'r',
      ...(gate && { 'depends-on': 'upstream' }),
      ...(template && { template: 't' }),
      ...(flow && { flow: 'f' }),
    };
    const arrived = arrivedJob(ours, spec, labels === undefined ? {} : { labels });
    const verdict = create(arrived, {
      template: template && foundTemplate(template),
      flow: flow && foundFlow(flow),
    });
    return { arrived, old: stored(admitted(verdict, arrived)) };
  });

/** What counts of a Job, in a form that can be compared. */
function contents({ metadata, spec }: JobObject): JsonObject {
  return {
    labels: { ...metadata.labels },
    annotations: { ...metadata.annotations },
    finalizers: [...(metadata.finalizers ?? [])],
    spec: spec ?? {},
  };
}

function expectSame(actual: JobObject, expected: JobObject): void {
  if (!sameJson(contents(actual), contents(expected))) {
    expect(contents(actual)).to.deep.equal(contents(expected));
  }
}

/** A mixture of two forms of one value, drawn field by field and element by element. */
function mix(a: Json | undefined, b: Json | undefined, draw: () => number): Json | undefined {
  const choice = draw() % 3;
  if (choice === 0) return a;
  if (choice === 1) return b;
  if (isObject(a) && isObject(b)) {
    return unionOfKeys(a, b).reduce<JsonObject>(
      (result, key) => withField(result, key, mix(fieldOf(a, key), fieldOf(b, key), draw)),
      {},
    );
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return b.flatMap((element) => {
      const key = keyOf(element);
      const other = key === undefined ? element : a.find((one) => keyOf(one) === key);
      return mix(other, element, draw) ?? [];
    });
  }
  return b;
}

function keyOf(element: Json): Json | undefined {
  return fieldOf(element, 'mountPath') ?? fieldOf(element, 'name');
}

/** The Job as some tool sends it: some parts as in its file, others as stored. */
function mixed({ arrived, old }: Case, choices: readonly number[]): JobObject {
  let next = 0;
  const draw = (): number => choices[next++ % choices.length] ?? 0;
  const spec = mix(arrived.spec ?? {}, old.spec ?? {}, draw);
  const suspended = withField(isObject(spec) ? spec : {}, 'suspend', old.spec?.suspend ?? false);
  return { ...old, spec: suspended };
}

describe('applying a file again', function () {
  this.timeout(60_000);

  it('changes nothing when the file is sent as it was (replace)', () => {
    fc.assert(
      fc.property(cases, ({ arrived, old }) => {
        const next = {
          ...arrived,
          spec: withField(arrived.spec ?? {}, 'suspend', old.spec?.suspend ?? false),
        };
        const verdict = update(old, next, 'kubectl-replace');
        expectSame(admitted(verdict, next), old);
        expect(warningsOf(verdict)).to.deep.equal([]);
      }),
      RUNS,
    );
  });

  it('changes nothing when nothing differs, and needs no patch', () => {
    fc.assert(
      fc.property(cases, ({ old }) => {
        const verdict = update(old, old, 'kubectl-patch');
        expect(verdict).to.deep.equal({ kind: 'admit', job: undefined, warnings: [], registers: undefined });
      }),
      RUNS,
    );
  });

  it('changes nothing when some parts come as in the file and others as stored', () => {
    fc.assert(
      fc.property(cases, fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 40 }), (one, choices) => {
        const next = mixed(one, choices);
        expectSame(admitted(update(one.old, next, 'kubectl'), next), one.old);
      }),
      RUNS,
    );
  });

  it('changes nothing after it has been put back: deciding twice is deciding once', () => {
    fc.assert(
      fc.property(cases, fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 40 }), (one, choices) => {
        const next = mixed(one, choices);
        const put = admitted(update(one.old, next, 'kubectl'), next);
        expect(update(one.old, put, 'kubectl')).to.deep.include({ kind: 'admit', job: undefined });
      }),
      RUNS,
    );
  });
});

describe('making a Job anew from the stored one', function () {
  this.timeout(60_000);

  it('sends it as it arrived at first, without what jobflow and the API server put into it', () => {
    fc.assert(
      fc.property(cases, ({ arrived, old }) => {
        const { name = '', namespace = '' } = arrived.metadata;
        const { gate } = parseGatedRecord(old.metadata.annotations?.[OWN_ANNOTATIONS.gated]) ?? {};
        const anew = recreatedJob(gate === true ? released(old) : old);
        expect(anew.metadata).to.include({ name, namespace });
        expect(anew.metadata).to.not.have.any.keys('uid', 'creationTimestamp', 'finalizers');
        expectSame(withoutEmpty(anew), withoutEmpty(arrived));
      }),
      RUNS,
    );
  });
});

/** The elements of a list that have a name may come in another order, for a template's come first. */
function inOrderOfKeys(list: readonly Json[]): Json[] {
  const text = (element: Json): string => {
    const key = keyOf(element);
    return typeof key === 'string' ? key : '';
  };
  return [...list].sort((a, b) => text(a).localeCompare(text(b)));
}

/** Without what says nothing: `suspend: false`, and maps without entries. */
function withoutEmpty(job: JobObject): JobObject {
  const prune = (value: Json): Json => {
    if (Array.isArray(value)) return inOrderOfKeys(value.map(prune));
    if (!isObject(value)) return value;
    const entries = Object.entries(value).map(([key, field]) => [key, prune(field)] as const);
    return Object.fromEntries(
      entries.filter(([key, field]) => !(isObject(field) && sameJson(field, {}) && key !== 'emptyDir')),
    );
  };
  const spec = job.spec ?? {};
  const stated = fieldOf(spec, 'suspend') === false ? withField(spec, 'suspend', undefined) : spec;
  return { ...job, spec: objectOrEmpty(prune(stated)) };
}

interface Change {
  readonly what: string;
  readonly apply: (job: JobObject) => JobObject;
  readonly holds: (job: JobObject) => boolean;
}

function specChange(path: readonly [string, ...string[]], value: Json): Change {
  const at = (job: JobObject): Json | undefined => path.reduce<Json | undefined>(fieldOf, job.spec ?? {});
  return {
    what: path.join('.'),
    apply: (job) => withSpec(job, path, value),
    holds: (job) => sameJson(at(job), value),
  };
}

const CONTAINERS = ['template', 'spec', 'containers'] as const;

/** Values that no file, template or flow above holds. */
const changes: readonly Change[] = [
  specChange(['parallelism'], 77),
  specChange(['completions'], 77),
  specChange(['activeDeadlineSeconds'], 77),
  specChange(['ttlSecondsAfterFinished'], 77),
  specChange(['template', 'spec', 'terminationGracePeriodSeconds'], 77),
  specChange(['template', 'spec', 'restartPolicy'], 'Odd'),
  specChange(['template', 'spec', 'tolerations'], [{ key: 'mine' }]),
  specChange(['template', 'spec', 'nodeSelector', 'mine'], 'yes'),
  specChange(['template', 'metadata', 'labels', 'a'], 'mine'),
  {
    what: 'a container',
    apply: (job) => withSpec(job, CONTAINERS, [{ name: 'mine', image: 'x' }]),
    holds: (job) => {
      const found = valueAt(job.spec ?? {}, ...CONTAINERS);
      return Array.isArray(found) && found.some((one) => sameJson(one, { name: 'mine', image: 'x' }));
    },
  },
  {
    what: 'an annotation',
    apply: (job) => annotated(job, { note: 'mine' }),
    holds: ({ metadata }) => metadata.annotations?.note === 'mine',
  },
  {
    what: 'a label',
    apply: (job) => ({
      ...job,
      metadata: { ...job.metadata, labels: { ...job.metadata.labels, a: 'mine' } },
    }),
    holds: ({ metadata }) => metadata.labels?.a === 'mine',
  },
];

describe('a real edit', function () {
  this.timeout(60_000);

  it('is never swallowed, whatever was injected', () => {
    fc.assert(
      fc.property(cases, fc.constantFrom(...changes), fc.boolean(), ({ arrived, old }, change, isFile) => {
        const next = change.apply(isFile ? arrived : old);
        expect(change.holds(admitted(update(old, next), next)), change.what).to.equal(true);
      }),
      RUNS,
    );
  });

  it('that removes something the file stated and nobody injected is passed on', () => {
    fc.assert(
      fc.property(cases, ({ arrived, old }) => {
        const before = withSpec(old, ['activeDeadlineSeconds'], 5);
        const verdict = update(before, arrived, 'kubectl-replace');
        expect(admitted(verdict, arrived).spec).not.to.have.property('activeDeadlineSeconds');
      }),
      RUNS,
    );
  });
});

describe('the record', function () {
  this.timeout(60_000);

  it('holds nothing where nothing was injected but restartPolicy', () => {
    fc.assert(
      fc.property(arrivedSpecs, (spec) => {
        const job = arrivedJob({ run: 'r' }, spec);
        const created = admitted(create(job), job);
        const record = parseGatedRecord(created.metadata.annotations?.[OWN_ANNOTATIONS.gated]);
        expect(record?.injected.length).to.be.at.most(1);
      }),
      RUNS,
    );
  });
});
