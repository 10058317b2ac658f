import { expect } from 'chai';
import fc from 'fast-check';
import type { NamespaceObjects } from '../../../../src/cli/cluster/read-objects.ts';
import { planRetry, type RetryPlan } from '../../../../src/cli/retry/plan-retry.ts';
import { viewNamespace } from '../../../../src/cli/view/namespace-view.ts';
import type { Outcome, Wanted } from '../../../../src/api/outcomes.ts';
import { opensOn } from '../../../../src/core/outcome.ts';
import { CREATED_MS, job, type JobBuilder } from '../../../support/job-builder.ts';

const NOW_MS = CREATED_MS + 60_000;

function plan(
  jobs: readonly JobBuilder[],
  named: readonly string[],
  rest: Partial<NamespaceObjects> = {},
): RetryPlan {
  const objects = { namespace: 'test', flows: [], daemons: [], unread: [], ...rest };
  const view = viewNamespace({ ...objects, jobs: jobs.map((each) => each.object()) }, NOW_MS);
  return planRetry(view, named, NOW_MS);
}

const idsIn = ({ steps }: RetryPlan): string[] => steps.map(({ unit }) => unit.id);

/** A Job that ended at its gate, without a pod. */
function unrun(name: string, list: string, outcome: 'Failed' | 'Skipped'): JobBuilder {
  const reason = outcome === 'Failed' ? 'DependencyFailed' : 'Skipped';
  const type = outcome === 'Failed' ? 'Failed' : 'Complete';
  return job(name).dependsOn(list).started().condition({ type, status: 'True', reason });
}

/** A Job that ran at its turn. */
const ran = (name: string, list: string, outcome: 'Complete' | 'Failed'): JobBuilder =>
  job(name)
    .dependsOn(list)
    .annotated('releasedAt', '2026-01-01T00:00:00Z')
    .spec({ suspend: false })
    .ended(outcome);

describe('what a retry runs again', () => {
  it('is what failed, and all that failed or was skipped because of it', () => {
    const seen = plan(
      [
        job('extract').ended('Complete'),
        ran('load', 'extract', 'Failed'),
        unrun('report', 'load', 'Failed'),
        unrun('mail', 'report', 'Failed'),
        ran('alarm', 'load=Failed', 'Complete'),
        unrun('praise', 'alarm=Failed', 'Skipped'),
      ],
      ['load'],
    );
    expect(idsIn(seen)).to.deep.equal(['load', 'report', 'mail']);
    expect(seen.steps.map(({ because }) => because.kind)).to.deep.equal(['named', 'follows', 'follows']);
    expect(seen.steps.flatMap(({ warnings }) => warnings)).to.deep.equal([]);
  });

  it('is what made it fail too, for a Job that never ran', () => {
    const jobs = [
      job('load').ended('Failed'),
      unrun('check', 'load', 'Failed'),
      unrun('report', 'check', 'Failed'),
      unrun('other', 'load', 'Failed'),
    ];
    expect(idsIn(plan(jobs, ['report']))).to.deep.equal(['load', 'check', 'other', 'report']);
  });

  it('leaves out what would fail again at once, unless that is named as well', () => {
    const jobs = [job('a').ended('Failed'), job('b').ended('Failed'), unrun('both', 'a, b', 'Failed')];
    const alone = plan(jobs, ['a']);
    expect(idsIn(alone)).to.deep.equal(['a']);
    expect(alone.leftOut).to.deep.equal([
      'Job "both" stays as it is: Job "b" has failed too, and it would fail again at once; name both to run both again.',
    ]);
    expect(plan(jobs, ['a', 'b'])).to.deep.include({ leftOut: [] });
    expect(idsIn(plan(jobs, ['a', 'b']))).to.deep.equal(['a', 'b', 'both']);
  });

  it('keeps to the run of what is named', () => {
    const jobs = [
      job('load').ended('Failed').annotated('run', 'today'),
      unrun('new', 'load', 'Failed').annotated('run', 'today'),
      unrun('old', 'load', 'Failed').annotated('run', 'yesterday'),
    ];
    expect(idsIn(plan(jobs, ['load']))).to.deep.equal(['load', 'new']);
  });

  it('is never what runs, waits, or has completed', () => {
    const jobs = [
      job('busy').started(),
      job('waits').dependsOn('busy'),
      job('done').ended('Complete'),
      job('going').ended('Failed').deletedAt(NOW_MS),
    ];
    const seen = plan(jobs, ['busy', 'waits', 'done', 'going']);
    expect(seen.steps).to.deep.equal([]);
    expect(seen.problems).to.deep.equal([
      'Job "busy" is still running; only what failed or was skipped is run again.',
      'Job "waits" has not ended (Waiting); only what failed or was skipped is run again.',
      'Job "done" is complete, and what completed stays; name what failed.',
      'Job "going" is being deleted; nothing is done to it.',
    ]);
  });

  it('is the owner of a Job, not the Job', () => {
    const owned = (name: string, kind: string) =>
      job(name).ended('Failed').ownedBy({ apiVersion: 'x/v1', kind });
    const jobs = [
      owned('a', 'JobFlow'),
      owned('b', 'DaemonJob'),
      owned('c', 'CronJob'),
      owned('d', 'Workflow'),
    ];
    expect(plan(jobs, ['a', 'b', 'c', 'd']).problems).to.deep.equal([
      'Job "a" belongs to JobFlow "owner"; retry that: jobflow retry jobflow/owner',
      'Job "b" belongs to DaemonJob "owner"; retry that: jobflow retry daemonjob/owner',
      'Job "c" was made by CronJob "owner", which makes the next by itself; for one more now: kubectl create job --from=cronjob/owner NAME',
      'Job "d" belongs to Workflow "owner"; run that again in place of it.',
    ]);
  });

  it('warns of what will not run all the same', () => {
    const jobs = [
      job('check').ended('Complete'),
      unrun('quarantine', 'check=Failed', 'Skipped'),
      ran('late', 'gone', 'Failed'),
    ];
    const seen = plan(jobs, ['quarantine', 'late']);
    expect(seen.steps.flatMap(({ warnings }) => warnings)).to.deep.equal([
      'Job "late" will wait for Job "gone", which is not there: how it ended is not known any more.',
      'Job "quarantine" will be skipped again: Job "check" completed, and that is not what it waits for.',
    ]);
  });

  describe('with a JobFlow', () => {
    const flow = {
      metadata: { namespace: 'test', name: 'etl', uid: 'f-1', resourceVersion: '1' },
      spec: {
        flows: [
          { name: 'load', jobTemplate: {} },
          { name: 'report', dependencies: ['load'], jobTemplate: {} },
        ],
      },
      status: {
        conditions: [{ type: 'Failed', status: 'True', reason: 'JobFailed', message: '' }],
        jobStatusList: { 'etl-load': 'Succeed' as const, 'etl-report': 'Failed' as const },
      },
    };

    it('is its Jobs that failed, those that joined it, and what waited for the whole', () => {
      const jobs = [
        job('joined').annotated('flow', 'etl').ended('Failed'),
        unrun('mail', 'jobflow/etl', 'Failed'),
        unrun('print', 'mail', 'Failed'),
      ];
      const seen = plan(jobs, ['jobflow/etl'], { flows: [flow] });
      expect(idsIn(seen)).to.deep.equal(['jobflow/etl', 'joined', 'mail', 'print']);
      expect([...(seen.steps[0]?.unit.again ?? [])]).to.deep.equal(['jobflow/etl', 'etl-report']);
      expect(seen.steps[2]?.after).to.deep.equal(['jobflow/etl']);
    });

    it('is the whole that made a Job fail', () => {
      expect(
        idsIn(plan([unrun('mail', 'jobflow/etl', 'Failed')], ['mail'], { flows: [flow] })),
      ).to.deep.equal(['jobflow/etl', 'mail']);
    });

    it('is nothing of one without a failure', () => {
      const well = { ...flow, status: { jobStatusList: { 'etl-load': 'Succeed' as const } } };
      expect(plan([], ['jobflow/etl'], { flows: [well] })).to.deep.equal({
        steps: [],
        problems: ['Nothing of JobFlow "etl" has failed or was skipped.'],
        leftOut: [],
      });
    });
  });
});

/** One Job of a graph that has run to its end. */
interface Ended {
  readonly name: string;
  readonly edges: readonly { readonly name: string; readonly wants: Wanted }[];
  readonly outcome: Outcome;
  readonly isRun: boolean;
}

const wants = fc.constantFrom<Wanted>('Complete', 'Failed', 'NotFailed', 'Finished');

/** Graphs without cycles, each with how its Jobs ended: as they fail by themselves, and as gates fail and skip. */
const graphs: fc.Arbitrary<Ended[]> = fc
  .array(
    fc.record({
      links: fc.uniqueArray(fc.tuple(fc.nat(), wants), { selector: ([to]) => to, maxLength: 4 }),
      fails: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((drawn) => {
    const ended: Ended[] = [];
    for (const [index, { links, fails }] of drawn.entries()) {
      const targets = new Map(links.map(([to, wanted]) => [`j${to % Math.max(index, 1)}`, wanted]));
      const edges = index === 0 ? [] : [...targets].map(([name, wanted]) => ({ name, wants: wanted }));
      const closed = edges
        .map((edge) => ({ edge, outcome: outcomeOf(ended, edge.name) }))
        .filter(({ edge, outcome }) => !opensOn(edge.wants, outcome));
      const isRun = closed.length === 0;
      const atGate = closed.some(({ outcome }) => outcome === 'Failed') ? 'Failed' : 'Skipped';
      ended.push({
        name: `j${index}`,
        edges,
        isRun,
        outcome: isRun ? (fails ? 'Failed' : 'Complete') : atGate,
      });
    }
    return ended;
  });

function outcomeOf(ended: readonly Ended[], name: string): Outcome {
  return ended.find((one) => one.name === name)?.outcome ?? 'Complete';
}

function objectOf({ name, edges, outcome, isRun }: Ended): JobBuilder {
  const list = edges.map((edge) => `${edge.name}=${edge.wants}`).join(', ');
  if (!isRun && outcome !== 'Complete') return unrun(name, list, outcome);
  if (list === '') return job(name).ended(outcome);
  return ran(name, list, outcome === 'Failed' ? 'Failed' : 'Complete');
}

/** The same said in another way: slowly, until nothing changes. */
function closure(ended: readonly Ended[], named: readonly string[]): Set<string> {
  const failed = ended.filter(({ outcome }) => outcome !== 'Complete');
  const again = new Set(failed.map(({ name }) => name).filter((name) => named.includes(name)));
  const closedBy = ({ edges, isRun }: Ended): { name: string; outcome: Outcome }[] =>
    isRun
      ? []
      : edges
          .map((edge) => ({ ...edge, outcome: outcomeOf(ended, edge.name) }))
          .filter((edge) => !opensOn(edge.wants, edge.outcome));
  const untilStable = (step: () => void): void => {
    for (let before = -1; before !== again.size;) {
      before = again.size;
      step();
    }
  };
  untilStable(() => {
    for (const one of failed.filter(({ name }) => again.has(name)))
      for (const { name, outcome } of closedBy(one)) if (outcome === 'Failed') again.add(name);
  });
  untilStable(() => {
    for (const one of failed) {
      const closed = closedBy(one);
      const isHit = closed.some(({ name }) => again.has(name));
      const isStuck = closed.some(({ name, outcome }) => outcome === 'Failed' && !again.has(name));
      if (isHit && !isStuck) again.add(one.name);
    }
  });
  return again;
}

describe('a retry, whatever the graph and the outcomes', () => {
  const cases = graphs.chain((ended) =>
    fc.record({
      ended: fc.shuffledSubarray(ended, { minLength: ended.length }),
      named: fc.subarray(ended.map(({ name }) => name)),
    }),
  );

  it('makes anew exactly what failed or was skipped and belongs to what is named', () => {
    fc.assert(
      fc.property(cases, ({ ended, named }) => {
        const { steps } = plan(ended.map(objectOf), named);
        expect(steps.map(({ unit }) => unit.id).sort()).to.deep.equal([...closure(ended, named)].sort());
      }),
      { numRuns: 1_000 },
    );
  });

  it('makes each anew after all that it waits for, and none that would fail at once', () => {
    fc.assert(
      fc.property(cases, ({ ended, named }) => {
        const order = idsIn(plan(ended.map(objectOf), named));
        for (const { name, edges, isRun } of ended.filter((one) => order.includes(one.name))) {
          for (const edge of edges.filter((one) => order.includes(one.name)))
            expect(order.indexOf(edge.name)).to.be.lessThan(order.indexOf(name));
          const stuck = edges.filter(
            (edge) =>
              !isRun &&
              !order.includes(edge.name) &&
              outcomeOf(ended, edge.name) === 'Failed' &&
              !opensOn(edge.wants, 'Failed'),
          );
          expect(stuck).to.deep.equal([]);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not depend on the order in which Jobs are listed', () => {
    fc.assert(
      fc.property(cases, ({ ended, named }) => {
        const sorted = [...ended].sort((a, b) => a.name.localeCompare(b.name));
        expect(idsIn(plan(ended.map(objectOf), named))).to.deep.equal(
          idsIn(plan(sorted.map(objectOf), [...named].reverse())),
        );
      }),
    );
  });
});
