import { expect } from 'chai';
import type { JobCondition } from '../../../src/api/job.ts';
import type { Outcome, Wanted } from '../../../src/api/outcomes.ts';
import { opensOn, outcomeOf } from '../../../src/core/outcome.ts';

const is = (type: string, reason?: string): JobCondition => ({
  type,
  status: 'True',
  ...(reason !== undefined && { reason }),
});

describe('the outcome of a Job', () => {
  const cases: readonly (readonly [
    what: string,
    conditions: readonly JobCondition[],
    Outcome | undefined,
  ])[] = [
    ['is none without conditions', [], undefined],
    ['is Complete by that condition', [is('Complete', 'CompletionsReached')], 'Complete'],
    ['is Complete without a reason too', [is('Complete')], 'Complete'],
    ['is Failed by that condition', [is('Failed', 'BackoffLimitExceeded')], 'Failed'],
    ['is Failed also with the reason Skipped', [is('Failed', 'Skipped')], 'Failed'],
    ['is Skipped for a completion with that reason', [is('Complete', 'Skipped')], 'Skipped'],
    ['is none while pods are being ended after success', [is('SuccessCriteriaMet', 'Skipped')], undefined],
    ['is none while pods are being ended after failure', [is('FailureTarget')], undefined],
    ['is none while the Job is suspended', [is('Suspended', 'JobSuspended')], undefined],
    ['comes from what is true, not from what is named', [{ type: 'Failed', status: 'False' }], undefined],
    [
      'is found behind other conditions',
      [{ type: 'Suspended', status: 'False' }, is('FailureTarget'), is('Failed')],
      'Failed',
    ],
  ];
  for (const [what, conditions, outcome] of cases) {
    it(what, () => {
      expect(outcomeOf(conditions)).to.equal(outcome);
    });
  }
});

describe('an edge', () => {
  const opens: Readonly<Record<Wanted, readonly Outcome[]>> = {
    Complete: ['Complete'],
    Failed: ['Failed'],
    NotFailed: ['Complete', 'Skipped'],
    Finished: ['Complete', 'Failed', 'Skipped'],
  };
  for (const wanted of Object.keys(opens) as Wanted[]) {
    it(`that waits for ${wanted} opens on ${opens[wanted].join(', ')} and on nothing else`, () => {
      const found = (['Complete', 'Failed', 'Skipped'] as const).filter((outcome) =>
        opensOn(wanted, outcome),
      );
      expect(found).to.deep.equal(opens[wanted]);
    });
  }
});
