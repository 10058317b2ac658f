import { expect } from 'chai';
import type { Outcome } from '../../../src/api/outcomes.ts';
import { NO_OUTCOMES, type Outcomes } from '../../../src/api/outcomes-record.ts';
import { decideGate, type GateDecision } from '../../../src/core/gate.ts';
import type { JobRecord } from '../../../src/core/job-record.ts';
import { CREATED_MS, job, type JobBuilder } from '../../support/job-builder.ts';

interface Around {
  readonly upstreams?: readonly JobBuilder[];
  readonly outcomes?: Outcomes;
  readonly cycle?: readonly string[];
  readonly nowMs?: number;
}

function decide(dependent: JobBuilder, around: Around = {}): GateDecision {
  const record = dependent.record();
  if (record.terms === undefined) throw new Error('the Job of a gate test is annotated');
  const upstreams = new Map<string, JobRecord>(
    (around.upstreams ?? []).map((upstream) => [upstream.record().name, upstream.record()]),
  );
  return decideGate({
    job: record,
    terms: record.terms,
    upstream: (name) => upstreams.get(name),
    outcomes: around.outcomes ?? record.terms.outcomes,
    cycle: around.cycle,
    nowMs: around.nowMs ?? CREATED_MS + 1_000,
  });
}

const kindOf = (dependent: JobBuilder, around?: Around): string => decide(dependent, around).kind;

describe('the gate', () => {
  const table: Record<string, Record<Outcome, string>> = {
    a: { Complete: 'release', Failed: 'fail', Skipped: 'skip' },
    'a=Complete': { Complete: 'release', Failed: 'fail', Skipped: 'skip' },
    'a=Failed': { Complete: 'skip', Failed: 'release', Skipped: 'skip' },
    'a=NotFailed': { Complete: 'release', Failed: 'fail', Skipped: 'release' },
    'a=Finished': { Complete: 'release', Failed: 'release', Skipped: 'release' },
  };
  for (const [edge, decisions] of Object.entries(table)) {
    for (const [outcome, decision] of Object.entries(decisions)) {
      it(`decides ${decision} for "${edge}" after ${outcome}`, () => {
        const upstream = job('a').ended(outcome as Outcome);
        expect(kindOf(job('b').dependsOn(edge), { upstreams: [upstream] })).to.equal(decision);
      });
    }
  }

  it('waits for an upstream that does not exist yet', () => {
    expect(decide(job('b').dependsOn('a'))).to.deep.equal({
      kind: 'wait',
      on: [{ kind: 'notCreated', name: 'a' }],
    });
  });

  it('waits while an upstream runs, also when its end has already been decided', () => {
    const ending = job('a').started().condition({ type: 'SuccessCriteriaMet', status: 'True' });
    expect(decide(job('b').dependsOn('a'), { upstreams: [ending] })).to.deep.equal({
      kind: 'wait',
      on: [{ kind: 'running', name: 'a' }],
    });
  });

  it('releases a gated Job whose depends-on has been removed', () => {
    expect(kindOf(job('b').gated())).to.equal('release');
  });

  it('fails at once, without waiting for the other upstreams', () => {
    const upstreams = [job('a').ended('Failed'), job('c').started()];
    expect(kindOf(job('b').dependsOn('a, c'), { upstreams })).to.equal('fail');
  });

  it('skips only once every upstream has ended, and a failure among them outranks it', () => {
    const dependent = job('b').dependsOn('a=Failed, c');
    expect(kindOf(dependent, { upstreams: [job('a').ended('Complete'), job('c').started()] })).to.equal(
      'wait',
    );
    expect(
      kindOf(dependent, { upstreams: [job('a').ended('Complete'), job('c').ended('Complete')] }),
    ).to.equal('skip');
    expect(kindOf(dependent, { upstreams: [job('a').ended('Complete'), job('c').ended('Failed')] })).to.equal(
      'fail',
    );
  });

  it('waits for a new Job of that name under the policy Wait', () => {
    const dependent = job('b').dependsOn('a').annotated('onUnmetDependency', 'Wait');
    expect(decide(dependent, { upstreams: [job('a').ended('Failed')] })).to.deep.equal({
      kind: 'wait',
      on: [{ kind: 'unmet', name: 'a', outcome: 'Failed' }],
    });
    expect(kindOf(dependent, { upstreams: [job('a').uid('a-2').ended('Complete')] })).to.equal('release');
  });

  it('stays shut while it is held, and opens once approved', () => {
    const held = job('b').dependsOn('a').annotated('hold', 'true');
    const upstreams = [job('a').ended('Complete')];
    expect(decide(held, { upstreams })).to.deep.equal({ kind: 'wait', on: [{ kind: 'held' }] });
    expect(kindOf(held.annotated('approved', ''), { upstreams })).to.equal('release');
  });

  it('fails a held Job all the same when an upstream has failed', () => {
    const held = job('b').dependsOn('a').annotated('hold', 'true');
    expect(kindOf(held, { upstreams: [job('a').ended('Failed')] })).to.equal('fail');
  });

  describe('with a wait-timeout', () => {
    const dependent = (): JobBuilder => job('b').dependsOn('a').annotated('waitTimeout', '90s');

    it('waits until so long after the creation, and then fails', () => {
      expect(kindOf(dependent(), { nowMs: CREATED_MS + 89_999 })).to.equal('wait');
      expect(kindOf(dependent(), { nowMs: CREATED_MS + 90_000 })).to.equal('timeout');
    });

    it('releases a Job whose gate is open by then', () => {
      const upstreams = [job('a').ended('Complete')];
      expect(kindOf(dependent(), { upstreams, nowMs: CREATED_MS + 1e9 })).to.equal('release');
    });

    it('counts holds', () => {
      const held = dependent().annotated('hold', 'true');
      expect(kindOf(held, { upstreams: [job('a').ended('Complete')], nowMs: CREATED_MS + 90_000 })).to.equal(
        'timeout',
      );
    });
  });

  describe('with a run', () => {
    const dependent = (): JobBuilder => job('b').dependsOn('a').annotated('run', 'today');

    it("is not opened by yesterday's Job of the same name", () => {
      const yesterday = job('a').annotated('run', 'yesterday').ended('Complete');
      expect(decide(dependent(), { upstreams: [yesterday] })).to.deep.equal({
        kind: 'wait',
        on: [{ kind: 'otherRun', name: 'a', run: 'yesterday' }],
      });
    });

    it('is opened by a Job of the same run', () => {
      expect(
        kindOf(dependent(), { upstreams: [job('a').annotated('run', 'today').ended('Complete')] }),
      ).to.equal('release');
    });
  });

  describe('with an upstream that was being deleted when the Job was created', () => {
    it('does not count it, by what the webhook recorded', () => {
      const leaving = job('a').ended('Complete').deletedAt(CREATED_MS);
      const dependent = job('b').dependsOn('a').gated(['a-1']);
      expect(decide(dependent, { upstreams: [leaving] })).to.deep.equal({
        kind: 'wait',
        on: [{ kind: 'leftOver', name: 'a' }],
      });
    });

    it('does not count it, by the timestamps', () => {
      const leaving = job('a')
        .ended('Complete')
        .deletedAt(CREATED_MS - 1_000);
      expect(kindOf(job('b').dependsOn('a'), { upstreams: [leaving] })).to.equal('wait');
    });

    it('counts one whose deletion began afterwards', () => {
      const leaving = job('a')
        .ended('Complete')
        .deletedAt(CREATED_MS + 1_000);
      expect(kindOf(job('b').dependsOn('a'), { upstreams: [leaving] })).to.equal('release');
    });
  });

  describe('with recorded outcomes', () => {
    const recorded = (outcome: Outcome): Outcomes => new Map([['a', { uid: 'a-1', outcome }]]);

    it('keeps an outcome that opened the edge, whatever became of its Job', () => {
      const newer = job('a').uid('a-2').ended('Failed');
      expect(kindOf(job('b').dependsOn('a'), { outcomes: recorded('Complete') })).to.equal('release');
      expect(
        kindOf(job('b').dependsOn('a'), { outcomes: recorded('Complete'), upstreams: [newer] }),
      ).to.equal('release');
    });

    it('lets any other outcome give way to a newer Job of the same name', () => {
      const newer = job('a').uid('a-2');
      expect(kindOf(job('b').dependsOn('a'), { outcomes: recorded('Failed') })).to.equal('fail');
      expect(kindOf(job('b').dependsOn('a'), { outcomes: recorded('Failed'), upstreams: [newer] })).to.equal(
        'wait',
      );
      expect(
        kindOf(job('b').dependsOn('a'), {
          outcomes: recorded('Failed'),
          upstreams: [newer.ended('Complete')],
        }),
      ).to.equal('release');
    });

    it('says of a Job that is gone without a record that it does not exist', () => {
      expect(decide(job('b').dependsOn('a'), { outcomes: NO_OUTCOMES })).to.deep.equal({
        kind: 'wait',
        on: [{ kind: 'notCreated', name: 'a' }],
      });
    });
  });

  it('says that a Job is on a cycle instead of what it waits for', () => {
    const path = ['b', 'a', 'b'];
    expect(decide(job('b').dependsOn('a'), { cycle: path })).to.deep.equal({ kind: 'cycle', path });
  });

  it('waits with a sentence when annotations that cannot be read got past the webhook', () => {
    const decision = decide(job('b').dependsOn('a=Done'));
    expect(decision.kind).to.equal('wait');
    expect(JSON.stringify(decision)).to.contain('Done');
  });
});
