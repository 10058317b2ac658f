import { expect } from 'chai';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseAnnotations } from '../../../../src/api/annotations.ts';
import { validateJobFlow, validateJobTemplate } from '../../../../src/api/flow-resources.ts';
import type { JobFlow } from '../../../../src/api/flow-resources.ts';
import type { JobObject } from '../../../../src/api/job.ts';
import { graph, importText, problemsOf, succeeded } from './pipeline-builder.ts';

const RUNS = { numRuns: 100 };

/** A pipeline as a person would have written it. */
interface Written {
  readonly settings: Readonly<Record<string, unknown>>;
  /** In the order of the file; each with what it waits for. */
  readonly edges: readonly (readonly [string, readonly string[]])[];
  readonly work: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const jobName = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?(\.[a-z0-9]{1,4})?$/);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const settings = fc.record({
  runmode: maybe(fc.constantFrom('in-cluster', 'out-cluster')),
  cleanuptime: maybe(fc.nat(10_000)),
  namespace: maybe(fc.constantFrom('etl', 'default')),
  image: fc.constant('busybox:1.36'),
  completions: maybe(fc.integer({ min: 1, max: 50 })),
  parallelism: maybe(fc.integer({ min: 1, max: 50 })),
  activeDeadlineSeconds: maybe(fc.integer({ min: 1, max: 1e6 })),
  restartPolicy: maybe(fc.constantFrom('Never', 'OnFailure')),
  completionMode: maybe(fc.constant('NonIndexed')),
  imagePullSecrets: maybe(fc.constant([{ name: 'registry' }])),
  dnsConfig: maybe(fc.constant({ options: [{ name: 'ndots', value: '2' }] })),
});

const oneWork = fc.record({
  command: maybe(fc.array(fc.string(), { maxLength: 3 })),
  image: maybe(fc.constant('postgres:17')),
  resources: maybe(fc.constant({ requests: { cpu: '100m' }, limits: { cpu: 2, memory: '1Gi' } })),
  volumes: maybe(fc.constant([{ name: 'data', persistentVolumeClaim: { claimName: 'files' } }])),
});

/** Pipelines without cycles, their Jobs in any order in the file. */
const written: fc.Arbitrary<Written> = fc
  .uniqueArray(jobName, { minLength: 1, maxLength: 12 })
  .chain((names) =>
    fc.record({
      settings,
      edges: fc
        .tuple(...names.map((name, index) => fc.tuple(fc.constant(name), fc.subarray(names.slice(0, index)))))
        .chain((edges) => fc.shuffledSubarray(edges, { minLength: edges.length })),
      work: fc
        .tuple(...names.map((name) => fc.tuple(fc.constant(name), oneWork)))
        .map((all) => Object.fromEntries(all)),
    }),
  );

/** Its file; what is undefined is left out. */
function textOf({ settings: top, edges, work }: Written, options: { reversed?: boolean } = {}): string {
  const jobs = Object.fromEntries(edges.map(([name, upstreams]) => [name, { depends_on: upstreams }]));
  const data = [
    ['jobs.yaml', stringify({ ...top, jobs })] as const,
    ...Object.entries(work).map(([name, one]) => [`${name}.yaml`, stringify(one)] as const),
  ];
  const ordered = options.reversed === true ? data.reverse() : data;
  return stringify({ kind: 'ConfigMap', metadata: { name: 'nightly' }, data: new Map(ordered) });
}

/** Who waits for whom, without the order of the Jobs. */
function graphOf(
  edges: readonly (readonly [string, readonly string[]])[],
): Record<string, readonly string[]> {
  return Object.fromEntries(edges);
}

/** The path of a cycle in a sentence. */
function pathIn(sentence: string): readonly string[] {
  return / form a cycle, (.*); remove/.exec(sentence)?.[1]?.split(' → ') ?? [];
}

describe('properties of the import', () => {
  it('the annotations of the Jobs state the same graph, for complete dependencies only', () => {
    fc.assert(
      fc.property(written, (pipeline) => {
        const jobs = succeeded(importText(textOf(pipeline))).objects as JobObject[];
        const edges = jobs.map((job) => {
          const parsed = parseAnnotations(job.metadata.annotations ?? {});
          if (!parsed.ok) throw new Error(parsed.refusals[0].message);
          expect(parsed.annotations.edges.every(({ wants }) => wants === 'Complete')).to.equal(true);
          return [job.metadata.name ?? '', parsed.annotations.edges.map(({ name }) => name)] as const;
        });
        expect(graphOf(edges)).to.deep.equal(graphOf(pipeline.edges));
      }),
      RUNS,
    );
  });

  it('the entries of the JobFlow state the same graph', () => {
    fc.assert(
      fc.property(written, (pipeline) => {
        const [flow] = succeeded(importText(textOf(pipeline), { as: 'flow' })).objects as unknown as [
          JobFlow,
        ];
        const edges = (flow.spec.flows ?? []).map(
          ({ name, dependencies }) => [name, dependencies ?? []] as const,
        );
        expect(graphOf(edges)).to.deep.equal(graphOf(pipeline.edges));
      }),
      RUNS,
    );
  });

  it('what is made is of the types that Kubernetes and jobflow give its fields', () => {
    fc.assert(
      fc.property(written, (pipeline) => {
        const text = textOf(pipeline);
        const jobs = succeeded(importText(text)).objects as JobObject[];
        for (const { spec } of jobs) {
          const template = {
            apiVersion: 'api.practice.com/v1alpha1',
            kind: 'JobTemplate',
            metadata: { name: 't' },
            spec: { jobTemplate: spec ?? null },
          };
          expect(validateJobTemplate(template)).to.include({ ok: true });
        }
        const [flow] = succeeded(importText(text, { as: 'flow' })).objects;
        expect(validateJobFlow(flow)).to.include({ ok: true });
      }),
      RUNS,
    );
  });

  it('each Job stands after those that it waits for', () => {
    fc.assert(
      fc.property(written, (pipeline) => {
        const { order } = succeeded(importText(textOf(pipeline)));
        expect(order).to.have.members(pipeline.edges.map(([name]) => name));
        for (const [name, upstreams] of pipeline.edges) {
          for (const upstream of upstreams) expect(order.indexOf(upstream)).to.be.below(order.indexOf(name));
        }
      }),
      RUNS,
    );
  });

  it('the order of the keys of the ConfigMap changes nothing', () => {
    fc.assert(
      fc.property(written, (pipeline) => {
        const { yaml } = succeeded(importText(textOf(pipeline)));
        expect(succeeded(importText(textOf(pipeline, { reversed: true }))).yaml).to.equal(yaml);
      }),
      RUNS,
    );
  });

  it('a cycle is refused with a path of its edges', () => {
    const cyclic = fc.integer({ min: 2, max: 10 }).chain((size) =>
      fc.record({
        length: fc.integer({ min: 2, max: size }),
        others: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 12 }),
        size: fc.constant(size),
      }),
    );
    fc.assert(
      fc.property(cyclic, ({ length, others, size }) => {
        const edges = Array.from(
          { length: size },
          (_, from) => new Set(from < length ? [(from + 1) % length] : []),
        );
        for (const [from, to] of others) if (from !== to) edges[from]?.add(to);
        const names = (all: Iterable<number>) => [...all].map((index) => `j${index}`);
        const stated = Object.fromEntries(edges.map((to, from) => [`j${from}`, names(to).join(' ')]));
        const [path = []] = problemsOf(importText(graph(stated))).map(pathIn);
        expect(path).to.have.length.of.at.least(3);
        expect(path[0]).to.equal(path.at(-1));
        for (const [index, name] of path.slice(0, -1).entries()) {
          expect(stated[name]?.split(' ')).to.include(path[index + 1]);
        }
      }),
      RUNS,
    );
  });

  it('an unknown dependency is refused with its path, wherever it is', () => {
    fc.assert(
      fc.property(written, fc.nat(), (pipeline, at) => {
        const [name] = pipeline.edges[at % pipeline.edges.length] ?? [''];
        const edges = pipeline.edges.map(([job, upstreams]): readonly [string, readonly string[]] =>
          job === name ? [job, [...upstreams, 'missing-job']] : [job, upstreams],
        );
        const problems = problemsOf(importText(textOf({ ...pipeline, edges })));
        expect(problems).to.have.length(1);
        expect(problems[0]).to.match(
          /^jobpipline\.yaml:\d+:\d+: error: data\["jobs\.yaml"\]\.jobs.*\.depends_on\[\d+\]: "missing-job" /,
        );
        expect(problems[0]).to.include(name);
      }),
      RUNS,
    );
  });

  it('a damaged file is refused or imported, and nothing is ever thrown', () => {
    const damage = fc.record({ at: fc.nat(), cut: fc.nat(5), put: fc.string({ maxLength: 3 }) });
    fc.assert(
      fc.property(written, fc.array(damage, { minLength: 1, maxLength: 3 }), (pipeline, places) => {
        const text = places.reduce((whole, { at, cut, put }) => {
          const start = at % whole.length;
          return `${whole.slice(0, start)}${put}${whole.slice(start + cut)}x`;
        }, textOf(pipeline));
        const result = importText(text);
        if (!result.ok) expect(result.problems).not.to.be.empty;
        for (const line of problemsOf(result))
          expect(line).to.match(/^jobpipline\.yaml(:\d+:\d+)?: error: [^\n]+[;.]/);
      }),
      RUNS,
    );
  });
});
