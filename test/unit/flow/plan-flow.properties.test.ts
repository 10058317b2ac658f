import { expect } from 'chai';
import fc from 'fast-check';
import type { FlowEntry, JobState } from '../../../src/api/flow-spec.ts';
import { FlowWorld, entry } from './flow-world.ts';

/** A flow, which of its entries fail, and whether Jobs that have ended go away: by a TTL, or deleted by somebody. */
interface Plan {
  readonly entries: readonly FlowEntry[];
  readonly failing: ReadonlySet<string>;
  readonly fades: 'never' | 'byTtl' | 'byHand';
}

const WANTS = ['', '=Complete', '=Failed', '=NotFailed', '=Finished'];

/** Entries that depend on earlier ones alone, and so on no cycle. */
const plans: fc.Arbitrary<Plan> = fc
  .array(
    fc.record({
      upstreams: fc.uniqueArray(
        fc.record({ back: fc.integer({ min: 1, max: 4 }), wants: fc.constantFrom(...WANTS) }),
        {
          maxLength: 3,
          selector: ({ back }) => back,
        },
      ),
      fails: fc.boolean(),
      suspended: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .chain((shapes) =>
    fc.constantFrom('never' as const, 'byTtl' as const, 'byHand' as const).map((fades) => ({
      fades,
      failing: new Set(shapes.flatMap(({ fails }, index) => (fails ? [`f-e${index}`] : []))),
      entries: shapes.map(({ upstreams }, index) =>
        entry(
          `e${index}`,
          upstreams.filter(({ back }) => back <= index).map(({ back, wants }) => `e${index - back}${wants}`),
        ),
      ),
    })),
  );

/** Which of the possible events comes next, again and again. */
const orders = fc.infiniteStream(fc.nat());

/** More events than any life of six Jobs has. */
const MOST_EVENTS = 1_000;

/** Lets one event happen after another until none is possible. */
function runOut(world: FlowWorld, { failing, fades }: Plan, order: Iterator<number>): void {
  for (let event = 0; event < MOST_EVENTS; event += 1) {
    const possible = [
      // Only one of the writes that were decided on, and then everything is decided anew.
      ...world.writes().map((write) => () => {
        world.write(write);
      }),
      ...world.decidable().map((name) => () => {
        world.decideGate(name);
      }),
      ...world.running().map((name) => () => {
        world.end(name, failing.has(name) ? 'Failed' : 'Complete');
      }),
      ...(fades === 'byTtl' ? world.expirable() : []).map((name) => () => {
        world.remove(name);
      }),
      ...(fades === 'byHand' ? world.ended() : []).map((name) => () => {
        world.remove(name);
      }),
    ];
    const next = possible[Number(order.next().value) % possible.length];
    if (next === undefined) return;
    next();
  }
  throw new Error('It does not come to an end.');
}

function endOf(plan: Plan, order: Iterator<number>): FlowWorld {
  const world = new FlowWorld({ flows: plan.entries });
  runOut(world, plan, order);
  return world;
}

describe('the plan of a JobFlow, in any order of events and after a crash at any write', () => {
  it('comes to the same end, and makes and starts no Job twice', () => {
    fc.assert(
      fc.property(plans, orders, (plan, order) => {
        const world = endOf(plan, order);
        const expected = statesOf(plan.entries, plan.failing, {});
        expect(world.status.jobStatusList).to.deep.equal(expected);
        const anyFailed = Object.values(expected).includes('Failed');
        expect(world.status.state).to.equal(anyFailed ? 'Failed' : 'Succeed');
        for (const { name } of plan.entries) {
          expect(world.made.get(`f-${name}`)).to.equal(1);
          expect(world.started.get(`f-${name}`) ?? 0).to.be.at.most(1);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('says nothing more once it has come to its end, whatever the time', () => {
    fc.assert(
      fc.property(plans, orders, fc.nat({ max: 1e9 }), (plan, order, laterMs) => {
        const world = endOf(plan, order);
        world.nowMs += laterMs;
        expect(world.plan()).to.deep.equal([]);
      }),
    );
  });

  it('a retry after a fix runs again what failed or was skipped and what follows, and nothing else', () => {
    fc.assert(
      fc.property(plans, orders, orders, (plan, first, second) => {
        const world = endOf(plan, first);
        const before = { ...world.status.jobStatusList };
        const again = expectedAgain(plan.entries, before);
        world.edit({ flows: plan.entries }, 'now');
        runOut(world, { ...plan, failing: new Set<string>() }, second);
        expect(world.status.observedRetry).to.equal('now');
        const kept = Object.fromEntries(Object.entries(before).filter(([name]) => !again.has(name)));
        expect(world.status.jobStatusList).to.deep.equal(statesOf(plan.entries, new Set(), kept));
        for (const { name } of plan.entries) {
          expect(world.made.get(`f-${name}`), name).to.equal(again.has(`f-${name}`) ? 2 : 1);
        }
      }),
      { numRuns: 100 },
    );
  });
});

/** The Jobs that a retry is to run again. */
function expectedAgain(
  entries: readonly FlowEntry[],
  states: Readonly<Record<string, JobState>>,
): ReadonlySet<string> {
  const again = new Set<string>();
  // Entries come after those that they depend on.
  for (const { name, dependencies } of entries) {
    const state = states[`f-${name}`];
    const follows = (dependencies ?? []).some((text) => again.has(`f-${text.split('=')[0] ?? ''}`));
    if (state === 'Failed' || state === 'Skipped' || follows) again.add(`f-${name}`);
  }
  return again;
}

/** How each Job is to end, told entry by entry and without any of the code that decides it. */
function statesOf(
  entries: readonly FlowEntry[],
  failing: ReadonlySet<string>,
  kept: Readonly<Record<string, JobState>>,
): Record<string, JobState> {
  const states: Record<string, JobState> = {};
  for (const { name, dependencies } of entries) {
    const closedBy = (dependencies ?? []).flatMap((text) => {
      const [upstream = '', wants = 'Complete'] = text.split('=');
      const state = states[`f-${upstream}`] ?? 'Waiting';
      return OPENED_BY[wants]?.includes(state) ? [] : [state];
    });
    const own = failing.has(`f-${name}`) ? 'Failed' : 'Succeed';
    const unmet = closedBy.includes('Failed') ? 'Failed' : 'Skipped';
    states[`f-${name}`] = kept[`f-${name}`] ?? (closedBy.length === 0 ? own : unmet);
  }
  return states;
}

const OPENED_BY: Readonly<Record<string, readonly JobState[]>> = {
  Complete: ['Succeed'],
  Failed: ['Failed'],
  NotFailed: ['Succeed', 'Skipped'],
  Finished: ['Succeed', 'Failed', 'Skipped'],
};
