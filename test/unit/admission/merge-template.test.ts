import { expect } from 'chai';
import type { Json, JsonObject } from '../../../src/api/job.ts';
import { valueAt, withField } from '../../../src/core/admission/json-tree.ts';
import { mergeTemplate } from '../../../src/core/admission/merge-template.ts';
import { arrivedContainer, arrivedSpec } from './job-builder.ts';

function template(spec: JsonObject, pod: JsonObject = {}): JsonObject {
  return { ...spec, template: { spec: pod } };
}

function containersOf(spec: JsonObject): Json | undefined {
  return valueAt(spec, 'template', 'spec', 'containers');
}

/** A template's container `main` under what a Job states about it. */
function mergedContainer(base: JsonObject, stated: JsonObject): Json | undefined {
  const merged = mergeTemplate(
    template({}, { containers: [{ name: 'main', image: 'i:1', ...base }] }),
    arrivedSpec([{ name: 'main', ...stated }]),
  );
  const containers = containersOf(merged);
  return Array.isArray(containers) ? containers[0] : undefined;
}

describe('mergeTemplate', () => {
  const full = template(
    { backoffLimit: 0, parallelism: 3 },
    {
      containers: [{ name: 'main', image: 'i:1' }],
      restartPolicy: 'OnFailure',
      terminationGracePeriodSeconds: 5,
    },
  );

  for (const [what, spec] of [
    ['without a spec', undefined],
    ['with an empty spec', {}],
    ['whose empty spec has been defaulted', arrivedSpec(null)],
  ] as const) {
    it(`gives a Job ${what} the template whole`, () => {
      const merged = mergeTemplate(full, spec);
      expect(merged).to.deep.include({ backoffLimit: 0, parallelism: 3 });
      expect(valueAt(merged, 'template', 'spec')).to.deep.include({
        containers: [{ name: 'main', image: 'i:1' }],
        restartPolicy: 'OnFailure',
        terminationGracePeriodSeconds: 5,
      });
    });
  }

  it('keeps a work queue a work queue: parallelism 3 and no completions', () => {
    expect(mergeTemplate(full, arrivedSpec(null))).not.to.have.property('completions');
  });

  it('lets what the Job states win', () => {
    const merged = mergeTemplate(full, arrivedSpec(null, { backoffLimit: 2, parallelism: 2 }));
    expect(merged).to.deep.include({ backoffLimit: 2, parallelism: 2 });
  });

  it('takes parallelism 1 for stated where completions are absent', () => {
    const spec = withField(arrivedSpec(null), 'completions', undefined);
    expect(mergeTemplate(full, spec).parallelism).to.equal(1);
  });

  it('takes completions 1 for stated beside another parallelism', () => {
    const merged = mergeTemplate(template({ completions: 9 }), arrivedSpec(null, { parallelism: 2 }));
    expect(merged).to.deep.include({ parallelism: 2, completions: 1 });
  });

  it('leaves defaults that follow from the template to the API server', () => {
    const merged = mergeTemplate(
      template({ backoffLimitPerIndex: 1, podFailurePolicy: { rules: [] } }),
      arrivedSpec(null),
    );
    expect(merged).not.to.have.any.keys('backoffLimit', 'podReplacementPolicy');
  });

  it('keeps what arrived where the template says nothing', () => {
    const arrived = arrivedSpec([{ name: 'main', image: 'i:1' }]);
    expect(mergeTemplate({}, arrived)).to.deep.equal(arrived);
  });

  it('merges a container of both field by field, and knows the default pull policy of its image', () => {
    const latest = { image: 'i', imagePullPolicy: 'Always', args: ['mine'] };
    expect(
      mergedContainer({ imagePullPolicy: 'Never', command: ['sh'], args: ['theirs'] }, latest),
    ).to.deep.equal(
      arrivedContainer({
        name: 'main',
        image: 'i',
        imagePullPolicy: 'Never',
        command: ['sh'],
        args: ['mine'],
      }),
    );
  });

  it('leaves the pull policy of an image from the template to the API server', () => {
    const stated = { imagePullPolicy: 'IfNotPresent' };
    expect(mergedContainer({ image: 'i' }, stated)).not.to.have.property('imagePullPolicy');
  });

  it("puts the template's containers and variables first, each in its order", () => {
    const base = template(
      {},
      { containers: [{ name: 'x' }, { name: 'main', env: [{ name: 'A' }, { name: 'B' }] }] },
    );
    const arrived = arrivedSpec([
      { name: 'mine' },
      {
        name: 'main',
        env: [
          { name: 'C', value: 'c' },
          { name: 'A', value: 'a' },
        ],
      },
    ]);
    const containers = containersOf(mergeTemplate(base, arrived));
    expect(Array.isArray(containers) && containers.map((one) => valueAt(one, 'name'))).to.deep.equal([
      'x',
      'main',
      'mine',
    ]);
    expect(Array.isArray(containers) && valueAt(containers[1], 'env')).to.deep.equal([
      { name: 'A', value: 'a' },
      { name: 'B' },
      { name: 'C', value: 'c' },
    ]);
  });

  it('never mixes two alternatives: probes, variables and volumes are one value each', () => {
    const base = {
      livenessProbe: { httpGet: { port: 1 } },
      env: [{ name: 'A', valueFrom: { fieldRef: {} } }],
    };
    const merged = mergedContainer(base, {
      livenessProbe: { exec: { command: ['x'] } },
      env: [{ name: 'A', value: 'a' }],
    });
    expect(merged).to.deep.include({
      livenessProbe: { exec: { command: ['x'] } },
      env: [{ name: 'A', value: 'a' }],
    });
    const volumes = (volume: JsonObject): JsonObject => ({ volumes: [{ name: 'v', ...volume }] });
    const mergeVolumes = (own: JsonObject): Json | undefined =>
      valueAt(
        mergeTemplate(template({}, volumes({ configMap: {} })), arrivedSpec(null, {}, volumes(own))),
        'template',
        'spec',
        'volumes',
      );
    expect(mergeVolumes({ hostPath: {} })).to.deep.equal([{ name: 'v', hostPath: {} }]);
    expect(mergeVolumes({ emptyDir: {} })).to.deep.equal([{ name: 'v', configMap: {} }]);
  });

  it('tells ports by number and protocol, with TCP as the default', () => {
    expect(
      mergedContainer(
        {
          ports: [
            { containerPort: 1, name: 'a' },
            { containerPort: 1, protocol: 'UDP' },
          ],
        },
        { ports: [{ containerPort: 1, protocol: 'TCP', hostPort: 2 }] },
      ),
    ).to.deep.include({
      ports: [
        { containerPort: 1, name: 'a', protocol: 'TCP', hostPort: 2 },
        { containerPort: 1, protocol: 'UDP' },
      ],
    });
  });

  it('takes a list with a repeated name, and one of the wrong type, as one value', () => {
    const twice = [{ name: 'A' }, { name: 'A' }];
    expect(mergedContainer({ env: [{ name: 'B' }] }, { env: twice })).to.deep.include({ env: twice });
    expect(containersOf(mergeTemplate(template({}, { containers: 'odd' }), arrivedSpec(null)))).to.equal(
      'odd',
    );
  });

  it('copies a field called __proto__ as data', () => {
    const label = JSON.parse('{"metadata":{"labels":{"__proto__":"x"}}}') as JsonObject;
    const merged = mergeTemplate({ template: label }, arrivedSpec(null));
    expect(Object.keys(valueAt(merged, 'template', 'metadata', 'labels') ?? {})).to.deep.equal(['__proto__']);
  });
});
