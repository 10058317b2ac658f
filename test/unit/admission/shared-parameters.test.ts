import { expect } from 'chai';
import type { Json, JobObject, JsonObject } from '../../../src/api/job.ts';
import { valueAt } from '../../../src/core/admission/json-tree.ts';
import {
  problemOfVariableCount,
  withSharedParameters,
} from '../../../src/core/admission/shared-parameters.ts';
import { arrivedJob, arrivedSpec } from './job-builder.ts';

const TERMS = [
  'affinity',
  'nodeAffinity',
  'requiredDuringSchedulingIgnoredDuringExecution',
  'nodeSelectorTerms',
] as const;
const ON_NODE = { key: 'metadata.name', operator: 'In', values: ['n1'] };

function job(pod: JsonObject = {}, containers: Json = [{ name: 'main' }]): JobObject {
  return arrivedJob({ flow: 'f' }, arrivedSpec(containers, {}, pod));
}

function podOf({ spec }: JobObject): Json | undefined {
  return valueAt(spec ?? {}, 'template', 'spec');
}

function requiring(...nodeSelectorTerms: JsonObject[]): JsonObject {
  return {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  };
}

function termsWithNode(pod: JsonObject): Json | undefined {
  return valueAt(podOf(withSharedParameters(job(pod), { nodeName: 'n1' })), ...TERMS);
}

describe('withSharedParameters', () => {
  it('puts labels and annotations on Job and pod; what the Job states wins', () => {
    const own = job();
    own.metadata.labels = { team: 'mine' };
    const shared = withSharedParameters(own, {
      labels: { team: 'theirs', app: 'x' },
      annotations: { note: 'n' },
    });
    expect(shared.metadata.labels).to.deep.equal({ team: 'mine', app: 'x' });
    expect(shared.metadata.annotations).to.deep.include({ note: 'n' });
    expect(valueAt(shared.spec ?? {}, 'template', 'metadata')).to.deep.equal({
      labels: { team: 'theirs', app: 'x' },
      annotations: { note: 'n' },
    });
  });

  it("puts variables first into every container and init container; the Job's own win and are not repeated", () => {
    const env = [
      { name: 'A', value: 'own' },
      { name: 'C', value: '$(B)' },
    ];
    const pod = podOf(
      withSharedParameters(job({ initContainers: [{ name: 'init' }] }, [{ name: 'main', env }]), {
        env: [
          { name: 'A', value: 'a' },
          { name: 'B', value: 'b' },
        ],
      }),
    );
    const envOf = (list: string): Json | undefined => {
      const containers = valueAt(pod, list);
      return Array.isArray(containers) ? valueAt(containers[0], 'env') : undefined;
    };
    expect(envOf('containers')).to.deep.equal([{ name: 'B', value: 'b' }, ...env]);
    expect(envOf('initContainers')).to.have.length(2);
  });

  it('asks for the node by a required affinity', () => {
    expect(termsWithNode({})).to.deep.equal([{ matchFields: [ON_NODE] }]);
  });

  it('asks for the node in every term, because terms are alternatives', () => {
    const zone = { matchExpressions: [{ key: 'zone', operator: 'Exists' }] };
    const field = { matchFields: [{ key: 'other', operator: 'In', values: ['x'] }] };
    expect(termsWithNode(requiring(zone, field))).to.deep.equal([
      { ...zone, matchFields: [ON_NODE] },
      { matchFields: [...field.matchFields, ON_NODE] },
    ]);
  });

  it('leaves an empty term empty: it matches nothing', () => {
    expect(termsWithNode(requiring({}))).to.deep.equal([{}]);
  });

  it('leaves a Job alone that states its node itself', () => {
    expect(termsWithNode({ nodeName: 'mine' })).to.equal(undefined);
    const own = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['mine'] }] };
    expect(termsWithNode(requiring(own))).to.deep.equal([own]);
  });

  it('changes nothing with no parameters', () => {
    expect(withSharedParameters(job(), {})).to.deep.equal(job());
  });

  it('are too many variables for too many containers before they fill the memory', () => {
    const named = (count: number): JsonObject[] =>
      Array.from({ length: count }, (_, index) => ({ name: `n${index}` }));
    const params = { env: named(5_000) };
    expect(problemOfVariableCount(params, job({}, named(20)))).to.equal(undefined);
    expect(problemOfVariableCount(params, job({ initContainers: named(1) }, named(20)))).to.equal(
      "env has 5000 variables for each of the Job's 21 containers, more than 100000 in all",
    );
  });
});
