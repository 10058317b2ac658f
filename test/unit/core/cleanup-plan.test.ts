import { expect } from 'chai';
import type { JobObject } from '../../../src/api/job.ts';
import { KEEP_OUTCOME_FINALIZER } from '../../../src/api/names.ts';
import { planJobCleanup, planResourceCleanup } from '../../../src/core/cleanup-plan.ts';

const KEEP = { jobs: 'keep', flows: 'keep' } as const;
const DELETE = { jobs: 'delete', flows: 'delete' } as const;
const waiting = (more: Partial<JobObject['metadata']> = {}): JobObject => ({
  metadata: { name: 'a', annotations: { 'api.practice.com/depends-on': 'b' }, ...more },
  spec: { suspend: true },
});

describe('what the clean-up does', () => {
  it('takes every finalizer of jobflow off a Job, also one that only another version knows, and no other', () => {
    const finalizers = ['example.com/mine', KEEP_OUTCOME_FINALIZER, 'api.practice.com/of-a-later-version'];
    const plan = planJobCleanup(waiting({ finalizers }), KEEP);
    expect(plan).to.deep.equal({ finalizers: ['example.com/mine'], deleted: false });
  });

  it('leaves a Job alone that has none', () => {
    const nothing = { finalizers: undefined, deleted: false };
    expect(planJobCleanup(waiting(), KEEP)).to.deep.equal(nothing);
    expect(planJobCleanup(waiting({ finalizers: ['example.com/mine'] }), KEEP)).to.deep.equal(nothing);
  });

  it('deletes Jobs that wait, and no other, when it is told to', () => {
    expect(planJobCleanup(waiting(), DELETE).deleted).to.equal(true);
    const others: JobObject[] = [
      { metadata: { name: 'not-annotated' }, spec: { suspend: true } },
      { ...waiting(), spec: { suspend: false } },
      { ...waiting(), status: { startTime: '2026-01-01T00:00:00Z' } },
      waiting({ deletionTimestamp: '2026-01-01T00:00:00Z' }),
      waiting({ annotations: { 'api.practice.com/depends-on': 'b', 'api.practice.com/released-at': 'x' } }),
    ];
    for (const job of others)
      expect(planJobCleanup(job, DELETE).deleted, JSON.stringify(job)).to.equal(false);
  });

  it('deletes flows when it is told to, once', () => {
    const flow = { metadata: { name: 'etl' } };
    expect(planResourceCleanup(flow, KEEP)).to.deep.equal({ finalizers: undefined, deleted: false });
    expect(planResourceCleanup(flow, DELETE).deleted).to.equal(true);
    const going = { metadata: { ...flow.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(planResourceCleanup(going, DELETE).deleted).to.equal(false);
  });
});
