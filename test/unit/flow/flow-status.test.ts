import { expect } from 'chai';
import fc from 'fast-check';
import type { JobState } from '../../../src/api/flow-spec.ts';
import { flowStatus, type StatusInput } from '../../../src/core/flow/flow-status.ts';
import { BEGIN_MS } from './flow-world.ts';

const STATES: readonly JobState[] = ['Waiting', 'Held', 'Running', 'Succeed', 'Failed', 'Skipped'];
const EVERY_CONDITION = ['Complete', 'Failed', 'FailureTarget', 'Suspended', 'Reconciling', 'Stalled'];

function input(states: readonly JobState[], fields: Partial<StatusInput> = {}): StatusInput {
  return {
    previous: {},
    generation: 1,
    isDeleting: false,
    suspended: false,
    states: new Map(states.map((state, index) => [`f-${index}`, state])),
    mayEnd: true,
    isOpenEnded: false,
    stalled: undefined,
    failure: undefined,
    observedRetry: undefined,
    nowMs: BEGIN_MS,
    ...fields,
  };
}

const holding = (given: StatusInput): string[] =>
  (flowStatus(given).conditions ?? []).filter(({ status }) => status === 'True').map(({ type }) => type);

const inputs = fc
  .record({
    states: fc.array(fc.constantFrom(...STATES), { minLength: 1, maxLength: 6 }),
    suspended: fc.boolean(),
    isDeleting: fc.boolean(),
    stalled: fc.option(fc.constant({ reason: 'TemplateMissing', message: 'm' }), { nil: undefined }),
    failure: fc.option(fc.constant({ reason: 'DeadlineExceeded', message: 'late' }), { nil: undefined }),
  })
  .map(({ states, ...fields }) => input(states, fields));

describe('the status of a JobFlow', () => {
  it('stays as it is when nothing changes but the time', () => {
    fc.assert(
      fc.property(inputs, fc.nat({ max: 1e9 }), (given, laterMs) => {
        const first = flowStatus(given);
        expect(flowStatus({ ...given, previous: first, nowMs: given.nowMs + laterMs })).to.deep.equal(first);
      }),
    );
  });

  it('says of every condition whether it holds, and of its end one thing only', () => {
    fc.assert(
      fc.property(inputs, (given) => {
        const { state, conditions = [] } = flowStatus(given);
        expect(conditions.map(({ type }) => type)).to.have.members(EVERY_CONDITION);
        const holds = holding(given);
        expect(holds.includes('Complete')).to.equal(state === 'Succeed');
        expect(holds.includes('Failed')).to.equal(state === 'Failed');
        // As kstatus has it: what is complete is neither on its way nor stuck.
        if (state === 'Succeed') expect(holds).to.deep.equal(['Complete']);
        if (state === 'Failed') expect(holds).to.include('Stalled').and.not.include('Reconciling');
      }),
    );
  });

  it('counts every Job once', () => {
    const { counts } = flowStatus(input(STATES));
    expect(counts).to.deep.equal({
      total: 6,
      waiting: 1,
      held: 1,
      running: 1,
      succeeded: 1,
      failed: 1,
      skipped: 1,
    });
  });

  it('is Pending until a Job starts, Running until all have ended', () => {
    expect(flowStatus(input(['Waiting', 'Held']))).to.include({ state: 'Pending' });
    expect(flowStatus(input(['Waiting', 'Running'])).state).to.equal('Running');
    expect(flowStatus(input(['Succeed', 'Waiting'])).state).to.equal('Running');
    expect(flowStatus(input(['Succeed', 'Skipped'])).state).to.equal('Succeed');
    expect(flowStatus(input(['Succeed', 'Failed'])).state).to.equal('Failed');
  });

  it('has a start from its first Job on, and an end', () => {
    expect(flowStatus(input(['Waiting']))).to.not.have.any.keys('startTime', 'completionTime');
    const running = flowStatus(input(['Running']));
    expect(running.startTime).to.equal('2026-01-01T00:00:00Z');
    const ended = flowStatus(input(['Succeed'], { previous: running, nowMs: BEGIN_MS + 5_000 }));
    expect(ended).to.include({ startTime: '2026-01-01T00:00:00Z', completionTime: '2026-01-01T00:00:05Z' });
  });

  it('keeps the time of a condition that has not changed', () => {
    const before = flowStatus(input(['Running']));
    const { conditions = [] } = flowStatus(input(['Succeed'], { previous: before, nowMs: BEGIN_MS + 5_000 }));
    const times = Object.fromEntries(
      conditions.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
    );
    expect(times.Complete).to.equal('2026-01-01T00:00:05Z');
    expect(times.Failed).to.equal('2026-01-01T00:00:00Z');
  });

  it('is Terminating as soon as it is being deleted', () => {
    expect(flowStatus(input(['Succeed'], { isDeleting: true })).state).to.equal('Terminating');
  });
});
