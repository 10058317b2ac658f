import { expect } from 'chai';
import type { Json, JsonObject } from '../../../src/api/job.ts';
import { readDaemonSpec } from '../../../src/core/daemon/daemon-spec.ts';
import { eligibleNodes, excludedNodes, nodeJudge } from '../../../src/core/daemon/node-eligibility.ts';
import type { NodeRecord, Taint } from '../../../src/core/daemon/node-record.ts';
import { jobSpec, node } from './builders.ts';

const N1 = node('n1', { labels: { disk: 'ssd', cores: '8', zone: 'a' } });
const N2 = node('n2', { labels: { disk: 'hdd', cores: '16', zone: '' } });
const N3 = node('n3', { labels: { cores: 'many' } });

function names(spec: JsonObject, nodes: readonly NodeRecord[] = [N3, N1, N2]): string[] {
  return eligibleNodes(readDaemonSpec(spec), nodes).map(({ name }) => name);
}

function required(...nodeSelectorTerms: Json[]): JsonObject {
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
  return jobSpec({}, { affinity: { nodeAffinity } });
}

function expression(operator: string, key: string, ...values: string[]): JsonObject {
  return { matchExpressions: [{ key, operator, ...(values.length > 0 && { values }) }] };
}

function field(operator: string, ...values: string[]): JsonObject {
  return { matchFields: [{ key: 'metadata.name', operator, values }] };
}

describe('the nodes of a DaemonJob', () => {
  it('are all of them, in the order of their names, when nothing is asked for', () => {
    expect(names(jobSpec())).to.deep.equal(['n1', 'n2', 'n3']);
    expect(names({})).to.deep.equal(['n1', 'n2', 'n3']);
  });

  it('are without those that are excluded, however the list is written', () => {
    expect(names({ ...jobSpec(), excludeNodeList: 'n1, n2' })).to.deep.equal(['n3']);
    expect(names({ ...jobSpec(), excludeNodeList: '\n n3,,n3\tn1 ,gone' })).to.deep.equal(['n2']);
    expect(excludedNodes(' , ')).to.deep.equal([]);
  });

  it('are the one that globalParams or the pod names', () => {
    expect(names({ ...jobSpec(), globalParams: { nodeName: 'n2' } })).to.deep.equal(['n2']);
    expect(names(jobSpec({}, { nodeName: 'n3' }))).to.deep.equal(['n3']);
    expect(names({ ...jobSpec({}, { nodeName: 'n3' }), globalParams: { nodeName: 'n2' } })).to.deep.equal([]);
    expect(names({ ...jobSpec(), globalParams: { nodeName: '' } })).to.have.length(3);
  });

  it('have every label of the nodeSelector', () => {
    expect(names(jobSpec({}, { nodeSelector: { disk: 'ssd', zone: 'a' } }))).to.deep.equal(['n1']);
    expect(names(jobSpec({}, { nodeSelector: { disk: 'ssd', zone: 'b' } }))).to.deep.equal([]);
    expect(names(jobSpec({}, { nodeSelector: { constructor: 'x' } }))).to.deep.equal([]);
  });

  const affinities: readonly (readonly [string, readonly Json[], readonly string[]])[] = [
    ['In', [expression('In', 'disk', 'ssd', 'nvme')], ['n1']],
    ['NotIn, which a node without the label matches too', [expression('NotIn', 'disk', 'ssd')], ['n2', 'n3']],
    ['Exists', [expression('Exists', 'zone')], ['n1', 'n2']],
    ['DoesNotExist', [expression('DoesNotExist', 'zone')], ['n3']],
    ['Gt, by number', [expression('Gt', 'cores', '9')], ['n2']],
    ['Lt, by number', [expression('Lt', 'cores', '16')], ['n1']],
    ['Gt of what is no number', [expression('Gt', 'cores', 'few')], []],
    ['a name', [field('In', 'n2')], ['n2']],
    ['another name', [field('NotIn', 'n2')], ['n1', 'n3']],
    ['two names, which cannot be read', [field('In', 'n1', 'n2')], []],
    ['terms as alternatives', [field('In', 'n3'), expression('In', 'disk', 'ssd')], ['n1', 'n3']],
    ['all requirements of a term', [{ ...expression('Exists', 'disk'), ...field('NotIn', 'n1') }], ['n2']],
    ['an empty term, which matches nothing', [{}, field('In', 'n1')], ['n1']],
    ['no term at all', [], []],
    ['an operator that does not exist', [expression('Near', 'disk', 'ssd')], []],
  ];
  for (const [what, terms, expected] of affinities) {
    it(`match the required node affinity: ${what}`, () => {
      expect(names(required(...terms))).to.deep.equal(expected);
    });
  }

  it('need not match a preferred affinity', () => {
    const preferred = [{ weight: 1, preference: expression('In', 'disk', 'nvme') }];
    const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } };
    expect(names(jobSpec({}, { affinity }))).to.have.length(3);
  });

  it('are those whose taints the pod tolerates', () => {
    const tainted = [node('t', { taints: [{ key: 'team', value: 'red', effect: 'NoSchedule' }] })];
    const with_ = (...tolerations: Json[]): string[] => names(jobSpec({}, { tolerations }), tainted);
    expect(with_()).to.deep.equal([]);
    expect(with_({ key: 'team', value: 'red', effect: 'NoSchedule' })).to.deep.equal(['t']);
    expect(with_({ key: 'team', operator: 'Equal', value: 'red' })).to.deep.equal(['t']);
    expect(with_({ key: 'team', operator: 'Exists' })).to.deep.equal(['t']);
    expect(with_({ operator: 'Exists' })).to.deep.equal(['t']);
    expect(with_({ key: 'team', value: 'blue' })).to.deep.equal([]);
    expect(with_({ key: 'team', value: 'red', effect: 'NoExecute' })).to.deep.equal([]);
    expect(with_({ key: 'other', operator: 'Exists' })).to.deep.equal([]);
    expect(with_({ key: 'team', operator: 'Gt', value: '0' })).to.deep.equal([]);
  });

  it('may be cordoned, out of touch or short of something, as those of a DaemonSet', () => {
    const taint = (condition: string, effect: Taint['effect'] = 'NoSchedule'): NodeRecord =>
      node(condition, { taints: [{ key: `node.kubernetes.io/${condition}`, effect }] });
    const nodes = [
      taint('disk-pressure'),
      taint('memory-pressure'),
      taint('not-ready', 'NoExecute'),
      taint('pid-pressure'),
      taint('unreachable', 'NoExecute'),
      taint('unschedulable'),
    ];
    expect(names(jobSpec(), nodes)).to.deep.equal(nodes.map(({ name }) => name));
    const offline = [taint('network-unavailable')];
    expect(names(jobSpec(), offline)).to.deep.equal([]);
    expect(names(jobSpec({}, { hostNetwork: true }), offline)).to.deep.equal(['network-unavailable']);
    // The node controller sets this one beside the NoExecute one; a DaemonSet does not tolerate it by itself either.
    expect(names(jobSpec(), [taint('not-ready', 'NoSchedule')])).to.deep.equal([]);
  });

  it('may have a taint that is only a wish', () => {
    expect(
      names(jobSpec(), [node('n', { taints: [{ key: 'a', effect: 'PreferNoSchedule' }] })]),
    ).to.deep.equal(['n']);
  });

  it('are told apart by a reason', () => {
    const judge = nodeJudge(
      readDaemonSpec({ ...jobSpec({}, { nodeSelector: { a: 'b' } }), excludeNodeList: 'x' }),
    );
    const shut: Taint = { key: 'shut', effect: 'NoSchedule' };
    const taints: Taint[] = [shut, { key: 'team', value: 'red', effect: 'NoExecute' }];
    expect(judge(node('x'))).to.deep.equal({ kind: 'excluded' });
    expect(judge(node('y'))).to.deep.equal({ kind: 'nodeSelector' });
    expect(judge(node('z', { labels: { a: 'b' }, taints }))).to.deep.equal({
      kind: 'taint',
      taint: 'team=red:NoExecute',
      evicts: true,
    });
    expect(judge(node('s', { labels: { a: 'b' }, taints: [shut] }))).to.deep.equal({
      kind: 'taint',
      taint: 'shut:NoSchedule',
      evicts: false,
    });
    expect(judge({ ...node('l', { labels: { a: 'b' } }), deletedMs: 1 })).to.deep.equal({ kind: 'deleting' });
    expect(judge(node('m', { labels: { a: 'b' } }))).to.equal(undefined);
  });
});
