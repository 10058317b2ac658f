import { expect } from 'chai';
import fc from 'fast-check';
import { projectTemplate, type TemplateRecord } from '../../../src/core/flow/flow-projection.ts';
import { planTemplate } from '../../../src/core/flow/plan-template.ts';

const record = (fields: Partial<TemplateRecord> = {}): TemplateRecord => ({
  ...projectTemplate({
    metadata: { namespace: 'test', name: 'step', uid: 't', resourceVersion: '1', generation: 1 },
  }),
  ...fields,
});

describe('the plan of a JobTemplate', () => {
  it('names what uses it, in order', () => {
    const [write, ...others] = planTemplate(record(), ['JobFlow/z', 'Job/a']);
    expect(others).to.deep.equal([]);
    expect(write).to.have.nested.include({ 'status.state': 'InUse', 'status.count': 2 });
    expect(write).to.have.deep.nested.property('status.dependencyList', ['Job/a', 'JobFlow/z']);
  });

  it('says so when nothing uses it', () => {
    const [write] = planTemplate(record(), []);
    expect(write).to.have.nested.include({ 'status.state': 'Unused', 'status.message': 'nothing uses it' });
  });

  it('decides nothing more on what it has led to', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), (users) => {
        const template = record();
        const [write] = planTemplate(template, users);
        if (write?.kind !== 'writeStatus') throw new Error('Nothing is written.');
        expect(planTemplate({ ...template, status: write.status }, users.toReversed())).to.deep.equal([]);
      }),
    );
  });

  it('tells those that use it of a change, once', () => {
    const template = record({ generation: 2, status: { observedGeneration: 1, count: 1 } });
    const actions = planTemplate(template, ['JobFlow/etl']);
    expect(actions.map(({ kind }) => kind)).to.deep.equal(['writeStatus', 'announce']);
    expect(actions[1]).to.have.property('message').that.contains('JobFlow/etl');
    expect(planTemplate(template, [])).to.have.length(1);
  });

  it('names some and counts all where the list has no room', () => {
    const users = Array.from({ length: 2_000 }, (_, index) => `Job/part-${index}`);
    const [write] = planTemplate(record(), users);
    expect(write).to.have.nested.include({ 'status.count': 2_000 });
    expect(write).to.have.nested.property('status.dependencyList').with.length(500);
    expect(write).to.have.nested.property('status.message').that.contains('and 1997 more');
  });

  it('leaves a template alone that is being deleted', () => {
    expect(planTemplate(record({ deletedMs: 1 }), ['JobFlow/etl'])).to.deep.equal([]);
  });
});
