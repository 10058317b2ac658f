import { expect } from 'chai';
import { NO_OUTCOMES, type Outcomes, type RecordedOutcome } from '../../../src/api/outcomes-record.ts';
import { mergeOutcomes, planJob, type JobAction } from '../../../src/core/job-plan.ts';
import type { JobRecord } from '../../../src/core/job-record.ts';
import { CREATED_MS, job, type JobBuilder } from '../../support/job-builder.ts';

interface Around {
  readonly upstreams?: readonly JobBuilder[];
  readonly dependents?: readonly JobBuilder[];
  readonly vanished?: Outcomes;
  readonly cycle?: readonly string[];
  readonly nowMs?: number;
}

const LATER_MS = CREATED_MS + 10_000;

function plan(builder: JobBuilder, around: Around = {}): JobAction[] {
  const upstreams = new Map<string, JobRecord>(
    (around.upstreams ?? []).map((upstream) => [upstream.record().name, upstream.record()]),
  );
  const dependents = (around.dependents ?? []).map((dependent) => dependent.record());
  return planJob(
    {
      job: builder.record(),
      upstream: (name) => upstreams.get(name),
      dependents: () => dependents.values(),
      vanished: around.vanished ?? NO_OUTCOMES,
      cycle: around.cycle,
    },
    around.nowMs ?? LATER_MS,
  );
}

/** The plan without the records, which only carry preconditions. */
function told(builder: JobBuilder, around?: Around): object[] {
  return plan(builder, around).map((action) =>
    Object.fromEntries(Object.entries(action).filter(([key]) => key !== 'job')),
  );
}

function outcomes(entries: Readonly<Record<string, RecordedOutcome>>): Outcomes {
  return new Map(Object.entries(entries));
}

const RECORDED = '{"a":["a-1","Complete"]}';

describe('the plan for a Job that waits', () => {
  it('is a release once every dependency is met', () => {
    expect(told(job('b').dependsOn('a'), { upstreams: [job('a').ended('Complete')] })).to.deep.equal([
      { kind: 'release' },
    ]);
  });

  it('is to fail it natively, with a sentence, once an upstream failed', () => {
    expect(told(job('b').dependsOn('a'), { upstreams: [job('a').ended('Failed')] })).to.deep.equal([
      {
        kind: 'fail',
        reason: 'DependencyFailed',
        message: 'Job "a" failed, but this Job waits for "a=Complete".',
      },
    ]);
  });

  it('is to skip it natively once the other branch was taken', () => {
    expect(told(job('b').dependsOn('a=Failed'), { upstreams: [job('a').ended('Complete')] })).to.deep.equal([
      { kind: 'skip', message: 'Job "a" completed, but this Job waits for "a=Failed".' },
    ]);
  });

  it('is to fail it when it has waited too long, and to say for what', () => {
    const builder = job('b').dependsOn('a').annotated('waitTimeout', '10s');
    expect(told(builder)).to.deep.equal([
      {
        kind: 'fail',
        reason: 'DependencyTimeout',
        message:
          'The gate has not opened within 10 s of the Job\'s creation: Job "a" does not exist (not created yet, or gone with its outcome unknown).',
      },
    ]);
  });

  it('is to tell what it waits for, and to look again at its timeout', () => {
    const builder = job('b').dependsOn('a').annotated('waitTimeout', '1m');
    expect(told(builder, { upstreams: [job('a').started()] })).to.deep.equal([
      { kind: 'announceWait', reason: 'Waiting', needsSomebody: false, message: 'Job "a" has not ended.' },
      { kind: 'recheckAt', timeMs: CREATED_MS + 60_000 },
    ]);
  });

  it('is to say Held only where nothing but the hold is in the way', () => {
    const held = job('b').dependsOn('a').annotated('hold', 'true');
    expect(told(held, { upstreams: [job('a').ended('Complete')] })).to.deep.equal([
      {
        kind: 'announceWait',
        reason: 'Held',
        needsSomebody: true,
        message: 'Every dependency is met; the Job is held until it is approved.',
      },
    ]);
    expect(told(held)[0]).to.include({ kind: 'announceWait', reason: 'Waiting' });
  });

  it('is to tell of a cycle and never to resolve it by force', () => {
    expect(told(job('b').dependsOn('a'), { cycle: ['b', 'a', 'b'] })).to.deep.equal([
      {
        kind: 'announceWait',
        reason: 'DependencyCycle',
        needsSomebody: true,
        message: 'The dependencies form a cycle, b → a → b; edit or delete one of these Jobs.',
      },
    ]);
  });

  it('is to say why annotations cannot be read, in one sentence', () => {
    const [action] = told(job('b').dependsOn('a=Done'));
    expect(action).to.include({ kind: 'announceWait', reason: 'Waiting' });
    expect(action)
      .to.have.property('message')
      .that.matches(/^metadata\.annotations\[.*"Done".*[^.]\.$/);
  });

  it('is nothing for a Job that does not wait', () => {
    expect(plan(job('b'))).to.deep.equal([]);
    expect(plan(job('b').dependsOn('a').started())).to.deep.equal([]);
    expect(plan(job('b').dependsOn('a').deletedAt(LATER_MS))).to.deep.equal([]);
  });
});

describe('outcomes that must outlive their Job', () => {
  it('are written while the upstream is being deleted and others still run', () => {
    const upstreams = [job('a').ended('Complete').kept().deletedAt(LATER_MS), job('c').started()];
    const [first, second] = told(job('b').dependsOn('a, c'), { upstreams });
    expect(first).to.deep.equal({
      kind: 'recordOutcomes',
      outcomes: outcomes({ a: { uid: 'a-1', outcome: 'Complete' } }),
    });
    expect(second).to.include({ kind: 'announceWait' });
  });

  it('of several upstreams are written together', () => {
    const upstreams = ['a', 'c', 'd'].map((name) => job(name).ended('Complete').kept().deletedAt(LATER_MS));
    const [first] = plan(job('b').dependsOn('a, c, d, e'), { upstreams });
    expect(first).to.have.property('outcomes').that.has.all.keys('a', 'c', 'd');
  });

  it('are written when they were only seen as their Job went away', () => {
    const vanished = outcomes({ a: { uid: 'a-1', outcome: 'Complete' } });
    expect(told(job('b').dependsOn('a, c'), { vanished })[0]).to.deep.equal({
      kind: 'recordOutcomes',
      outcomes: vanished,
    });
  });

  it('open the gate without being written first, if nothing else is in the way', () => {
    const vanished = outcomes({ a: { uid: 'a-1', outcome: 'Complete' } });
    expect(told(job('b').dependsOn('a'), { vanished })).to.deep.equal([{ kind: 'release' }]);
  });

  it('are not written again', () => {
    const builder = job('b').dependsOn('a, c').annotated('outcomes', RECORDED);
    const upstreams = [job('a').ended('Complete').kept().deletedAt(LATER_MS)];
    expect(plan(builder, { upstreams }).map(({ kind }) => kind)).to.deep.equal(['announceWait']);
  });

  it('of an upstream that stays are not written', () => {
    expect(told(job('b').dependsOn('a, c'), { upstreams: [job('a').ended('Complete')] })[0]).to.include({
      kind: 'announceWait',
    });
  });

  it('of an upstream that went without one are not invented', () => {
    const upstreams = [job('a').started().deletedAt(LATER_MS)];
    expect(told(job('b').dependsOn('a'), { upstreams })).to.deep.equal([
      {
        kind: 'announceWait',
        reason: 'Waiting',
        needsSomebody: true,
        message: 'Job "a" is being deleted before it had an outcome.',
      },
    ]);
  });

  it('give way to a newer one unless they opened their edge', () => {
    const newer = outcomes({ a: { uid: 'a-2', outcome: 'Failed' }, x: { uid: 'x-1', outcome: 'Failed' } });
    const merged = (list: string): Outcomes => {
      const { terms } = job('b').dependsOn(list).annotated('outcomes', RECORDED).record();
      if (terms === undefined) throw new Error('the Job is annotated');
      return mergeOutcomes(terms, newer);
    };
    expect(merged('a').get('a')?.uid).to.equal('a-1');
    expect(merged('a=Failed').get('a')?.uid).to.equal('a-2');
    expect([...merged('a').keys()], 'only upstreams of the Job').to.deep.equal(['a']);
  });
});

describe('the finalizer', () => {
  const upstream = (): JobBuilder => job('a').ttl();
  const dependent = (): JobBuilder => job('b').dependsOn('a');
  const kinds = (builder: JobBuilder, around?: Around): string[] =>
    plan(builder, around).map(({ kind }) => kind);

  it('is added to a Job with a TTL once somebody waits for it, also after its end', () => {
    expect(kinds(upstream(), { dependents: [dependent()] })).to.deep.equal(['addFinalizer']);
    expect(kinds(upstream().ended('Complete'), { dependents: [dependent()] })).to.deep.equal([
      'addFinalizer',
    ]);
  });

  it('is never added to a Job without a TTL, for which nobody waits, which is going, or which is left alone', () => {
    const dependents = [dependent()];
    expect(kinds(job('a'), { dependents })).to.deep.equal([]);
    expect(kinds(upstream())).to.deep.equal([]);
    expect(kinds(upstream().deletedAt(LATER_MS), { dependents })).to.deep.equal([]);
    expect(kinds(upstream().spec({ managedBy: 'example.com/x' }), { dependents })).to.deep.equal([]);
  });

  it('stays until the end, whether somebody waits or not', () => {
    expect(kinds(upstream().kept().started())).to.deep.equal([]);
  });

  it('stays after the end while an outcome is not in writing on somebody who waits', () => {
    const ended = upstream().kept().ended('Complete');
    expect(kinds(ended, { dependents: [dependent()] })).to.deep.equal([]);
    const written = dependent().annotated('outcomes', RECORDED);
    expect(kinds(ended, { dependents: [written] })).to.deep.equal(['removeFinalizer']);
    expect(kinds(ended, { dependents: [written, dependent()] })).to.deep.equal([]);
  });

  it('goes once the Job has ended and nobody waits', () => {
    expect(kinds(upstream().kept().ended('Failed'))).to.deep.equal(['removeFinalizer']);
  });

  it('goes at once from a Job that is deleted without an outcome', () => {
    const leaving = upstream().kept().started().deletedAt(LATER_MS);
    expect(kinds(leaving, { dependents: [dependent()] })).to.deep.equal(['removeFinalizer']);
  });

  it('does not stay for a dependent of another run, nor for one that was created after the deletion', () => {
    const leaving = upstream()
      .kept()
      .ended('Complete')
      .deletedAt(CREATED_MS + 1_000);
    const ofRun = dependent().annotated('run', 'monday');
    expect(kinds(leaving, { dependents: [ofRun] })).to.deep.equal(['removeFinalizer']);
    const after = dependent().createdAt(CREATED_MS + 2_000);
    expect(kinds(leaving, { dependents: [after] })).to.deep.equal(['removeFinalizer']);
    const during = dependent().gated(['a-1']);
    expect(kinds(leaving, { dependents: [during] })).to.deep.equal(['removeFinalizer']);
  });

  it('does not stay for an edge that an earlier Job of that name has opened', () => {
    const ended = upstream().uid('a-2').kept().ended('Failed');
    expect(kinds(ended, { dependents: [dependent().annotated('outcomes', RECORDED)] })).to.deep.equal([
      'removeFinalizer',
    ]);
  });
});

describe('the ownership of suspend', () => {
  it('is given up after the release of a Job whose file states it, and not while it is going', () => {
    const record = '{"gate":true,"suspend":true,"manager":"kubectl"}';
    const released = (): JobRecord => {
      const { terms, ...rest } = job('a').annotated('gated', record).annotated('releasedAt', 'now').record();
      if (terms === undefined) throw new Error('the Job is annotated');
      return { ...rest, terms: { ...terms, ownsSuspend: true } };
    };
    const around = {
      upstream: () => undefined,
      dependents: () => [].values(),
      vanished: NO_OUTCOMES,
      cycle: undefined,
    };
    const kinds = (record: JobRecord): string[] =>
      planJob({ job: record, ...around }, LATER_MS).map(({ kind }) => kind);
    expect(kinds(released())).to.deep.equal(['relinquishSuspend']);
    expect(kinds({ ...released(), deletedMs: LATER_MS })).to.deep.equal([]);
  });
});
