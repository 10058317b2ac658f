import { expect } from 'chai';
import type { WaitingOn } from '../../../src/core/gate.ts';
import { describeClosed, describeCycle, describeWaiting } from '../../../src/core/gate-messages.ts';

describe('what a Job waits for, in words', () => {
  const sentences: readonly (readonly [WaitingOn, string])[] = [
    [
      { kind: 'notCreated', name: 'a' },
      'Job "a" does not exist (not created yet, or gone with its outcome unknown)',
    ],
    [{ kind: 'running', name: 'a' }, 'Job "a" has not ended'],
    [{ kind: 'deleted', name: 'a' }, 'Job "a" is being deleted before it had an outcome'],
    [{ kind: 'otherRun', name: 'a', run: 'monday' }, 'Job "a" belongs to run "monday", not to this one'],
    [{ kind: 'otherRun', name: 'a', run: undefined }, 'Job "a" belongs to no run, not to this one'],
    [
      { kind: 'leftOver', name: 'a' },
      'Job "a" is left over from before this Job was created and is being deleted',
    ],
    [
      { kind: 'unmet', name: 'a', outcome: 'Failed' },
      'Job "a" ended as Failed; waiting for a new Job of that name',
    ],
    [{ kind: 'held' }, 'held until it is approved'],
    [{ kind: 'unreadable', problem: 'x: "y" is wrong; write "z".' }, 'x: "y" is wrong; write "z"'],
  ];
  for (const [on, sentence] of sentences) {
    it(`says: ${sentence}`, () => {
      expect(describeWaiting([on])).to.equal(sentence);
    });
  }

  it('names the first five and counts the rest', () => {
    const on = (count: number): WaitingOn[] =>
      Array.from({ length: count }, (_, index) => ({ kind: 'running', name: `j${index}` }));
    expect(describeWaiting(on(5))).to.match(/Job "j4" has not ended$/);
    expect(describeWaiting(on(1_000))).to.match(/Job "j4" has not ended; and 995 more$/);
  });
});

describe('why a gate can never open, in words', () => {
  it('names the edge and what became of the upstream', () => {
    const edge = { name: 'a', wants: 'Complete' } as const;
    expect(describeClosed({ edge, outcome: 'Failed' })).to.equal(
      'Job "a" failed, but this Job waits for "a=Complete"',
    );
    expect(describeClosed({ edge, outcome: 'Skipped' })).to.equal(
      'Job "a" was skipped, but this Job waits for "a=Complete"',
    );
    expect(describeClosed({ edge: { name: 'a', wants: 'Failed' }, outcome: 'Complete' })).to.equal(
      'Job "a" completed, but this Job waits for "a=Failed"',
    );
  });

  it('shows a cycle as a path', () => {
    expect(describeCycle(['a', 'b', 'a'])).to.equal('a → b → a');
  });
});
