import { expect } from 'chai';
import type { JobFlowSpec } from '../../../src/api/flow-spec.ts';
import type { FlowAction } from '../../../src/core/flow/flow-action.ts';
import { BEGIN_MS, FlowWorld, entry } from './flow-world.ts';

/** Carries out all that is decided on, until nothing is left; gates and ends of Jobs are the test's. */
function settle(world: FlowWorld): void {
  for (let round = 0; round < 20; round += 1) {
    const [write] = world.writes();
    if (write === undefined) return;
    world.write(write);
  }
  throw new Error('It does not settle.');
}

function begun(spec: JobFlowSpec): FlowWorld {
  const world = new FlowWorld(spec);
  settle(world);
  return world;
}

const kinds = (actions: readonly FlowAction[]): string[] => actions.map(({ kind }) => kind);
const condition = (world: FlowWorld, type: string): string | undefined =>
  world.status.conditions?.find((one) => one.type === type && one.status === 'True')?.reason;

describe('the plan of a JobFlow', () => {
  it('makes every Job at once, those that wait suspended', () => {
    const world = begun({ flows: [entry('a'), entry('b', ['a'])] });
    expect(world.job('f-a')?.spec?.suspend).to.not.equal(true);
    expect(world.job('f-b')?.spec?.suspend).to.equal(true);
    expect(world.status).to.include({ state: 'Running' });
    expect(world.status.jobStatusList).to.deep.equal({ 'f-a': 'Running', 'f-b': 'Waiting' });
  });

  for (const limit of [{ suspend: true }, { maxConcurrentJobs: 1 }]) {
    it(`makes also a Job that waits for nothing suspended under ${JSON.stringify(limit)}`, () => {
      const world = begun({ ...limit, flows: [entry('a')] });
      expect(world.job('f-a')?.spec?.suspend).to.equal(true);
      expect(world.status.jobStatusList).to.deep.equal({ 'f-a': 'Waiting' });
    });
  }

  it('makes a Job anew whose entry has been edited while it waits, and leaves one that runs', () => {
    const world = begun({ flows: [entry('a'), entry('b', ['a'])] });
    const edited = { jobTemplate: { backoffLimit: 1, template: { spec: { containers: [] } } } };
    world.edit({ flows: [entry('a', [], edited), entry('b', ['a'], edited)] });
    settle(world);
    expect(world.made.get('f-a')).to.equal(1);
    expect(world.made.get('f-b')).to.equal(2);
    expect(world.job('f-b')?.spec?.backoffLimit).to.equal(1);
  });

  it('takes away the Job of an entry that is gone, if it waits', () => {
    const world = begun({ flows: [entry('a'), entry('b', ['a']), entry('c')] });
    world.edit({ flows: [entry('a')] });
    settle(world);
    expect(world.jobNames).to.deep.equal(['f-a', 'f-c']);
    // What runs goes on, and counts.
    expect(world.status.jobStatusList).to.have.all.keys('f-a', 'f-c');
  });

  it('does nothing for an edit of what every Job already has', () => {
    const world = begun({ flows: [entry('a'), entry('b', ['a'])] });
    world.edit({ flows: [entry('a'), entry('b', ['a'])] });
    expect(kinds(world.writes())).to.deep.equal(['writeStatus']);
    settle(world);
    expect(world.status.observedGeneration).to.equal(2);
  });

  it('notes that the deadline has passed before it ends anything for it, and keeps that as the reason', () => {
    const world = begun({ activeDeadlineSeconds: 10, flows: [entry('a'), entry('b', ['a'])] });
    const recheck = world.plan().find(({ kind }) => kind === 'recheckAt');
    expect(recheck).to.deep.equal({ kind: 'recheckAt', timeMs: BEGIN_MS + 10_000 });
    world.nowMs += 10_000;
    expect(kinds(world.writes())).to.deep.equal(['writeStatus']);
    const [note] = world.writes();
    expect(note).to.include({ kind: 'writeStatus', urgent: true });
    if (note !== undefined) world.write(note);
    expect(condition(world, 'FailureTarget')).to.equal('DeadlineExceeded');
    expect(condition(world, 'Failed')).to.equal(undefined);
    expect(kinds(world.writes())).to.deep.equal(['endJob', 'endJob']);
    settle(world);
    expect(condition(world, 'Failed')).to.equal('DeadlineExceeded');
    expect(world.status).to.include({ state: 'Failed' });
  });

  it('the deadline stands still while the flow is suspended, and counts anew when it is resumed, as that of a Job', () => {
    const spec = { activeDeadlineSeconds: 10, flows: [entry('a')] };
    const world = begun(spec);
    world.nowMs += 9_000;
    world.edit({ ...spec, suspend: true });
    settle(world);
    world.nowMs += 60_000;
    expect(world.plan()).to.deep.equal([]);
    world.edit(spec);
    settle(world);
    const resumedMs = BEGIN_MS + 69_000;
    expect(Date.parse(world.status.startTime ?? '')).to.equal(resumedMs);
    expect(world.plan()).to.deep.equal([{ kind: 'recheckAt', timeMs: resumedMs + 10_000 }]);
    world.nowMs = resumedMs + 10_000;
    settle(world);
    expect(condition(world, 'FailureTarget')).to.equal('DeadlineExceeded');
  });

  it('a deadline that passes when all has ended says nothing', () => {
    const world = begun({ activeDeadlineSeconds: 10, flows: [entry('a')] });
    world.end('f-a', 'Complete');
    world.nowMs += 10_000;
    settle(world);
    expect(world.status).to.include({ state: 'Succeed' });
  });

  it('a deadline also ends a flow that cannot make its last Job', () => {
    const world = begun({
      activeDeadlineSeconds: 10,
      flows: [entry('a'), { name: 'b', jobTemplateRef: 'missing', dependencies: ['a'] }],
    });
    expect(condition(world, 'Stalled')).to.equal('TemplateMissing');
    world.end('f-a', 'Complete');
    world.nowMs += 10_000;
    settle(world);
    expect(world.status.jobStatusList).to.deep.equal({ 'f-a': 'Succeed', 'f-b': 'Skipped' });
    expect(condition(world, 'Failed')).to.equal('DeadlineExceeded');
  });

  it('FailFast ends what waits, lets go on what runs, and makes nothing more', () => {
    const world = begun({
      failurePolicy: 'FailFast',
      flows: [entry('bad'), entry('long'), entry('next', ['long'])],
    });
    world.end('f-bad', 'Failed');
    settle(world);
    expect(world.running()).to.deep.equal(['f-long']);
    expect(world.status.jobStatusList).to.deep.equal({
      'f-bad': 'Failed',
      'f-long': 'Running',
      'f-next': 'Failed',
    });
    world.end('f-long', 'Complete');
    settle(world);
    expect(condition(world, 'Failed')).to.equal('FailFast');
  });

  it('FailFast is not forgotten when the Job that failed goes away', () => {
    const world = begun({
      failurePolicy: 'FailFast',
      flows: [entry('bad'), entry('long'), entry('next', ['long'])],
    });
    world.end('f-bad', 'Failed');
    const [note] = world.writes();
    if (note !== undefined) world.write(note);
    world.remove('f-bad');
    settle(world);
    expect(world.job('f-next')?.status?.conditions?.[0]?.reason).to.equal('FailFast');
  });

  it('a flow without entries never ends, and is settled', () => {
    const world = begun({ globalParams: { env: [] } });
    expect(world.status).to.include({ state: 'Pending' });
    expect(condition(world, 'Reconciling')).to.equal(undefined);
    expect(world.plan()).to.deep.equal([]);
  });

  it('is deleted its TTL after its end, and not before', () => {
    const world = begun({ ttlSecondsAfterFinished: 60, flows: [entry('a')] });
    world.end('f-a', 'Complete');
    settle(world);
    expect(world.plan()).to.deep.equal([{ kind: 'recheckAt', timeMs: BEGIN_MS + 60_000 }]);
    world.nowMs += 60_000;
    expect(kinds(world.plan())).to.deep.equal(['deleteFlow']);
  });

  it('an entry that is added after the end runs, and the flow ends anew', () => {
    const world = begun({ flows: [entry('a')] });
    world.end('f-a', 'Complete');
    settle(world);
    world.edit({ flows: [entry('a'), entry('b', ['a'])] });
    settle(world);
    expect(world.status).to.include({ state: 'Running' });
    world.decideGate('f-b');
    world.end('f-b', 'Complete');
    settle(world);
    expect(world.status).to.include({ state: 'Succeed' });
    expect(world.made.get('f-a')).to.equal(1);
  });

  it('tells of a template that is missing once, and goes on when it is there', () => {
    const world = new FlowWorld({ flows: [{ name: 'a', jobTemplateRef: 'step' }] });
    const told = world.plan().filter((action) => action.kind === 'announce');
    expect(told.map(({ reason }) => reason)).to.deep.equal(['Pending', 'TemplateMissing']);
    settle(world);
    expect(world.plan()).to.deep.equal([]);
  });
});

describe('a Job of a JobFlow that is deleted by hand before the status tells how it ended', () => {
  it('is not run again, and its end is noted at once', () => {
    const world = begun({ flows: [entry('a'), entry('b')] });
    world.end('f-a', 'Complete');
    world.remove('f-a');
    const [first] = world.writes();
    expect(first).to.include({ kind: 'writeStatus', urgent: true });
    settle(world);
    expect(world.status.jobStatusList).to.deep.equal({ 'f-a': 'Succeed', 'f-b': 'Running' });
    // From here on the status tells.
    world.restart();
    expect(world.writes()).to.deep.equal([]);
    expect(world.made.get('f-a')).to.equal(1);
  });

  it('counts as before for a Job that is made anew after it', () => {
    const world = begun({ flows: [entry('a'), entry('b', ['a'])] });
    world.end('f-a', 'Complete');
    world.remove('f-a');
    world.edit({ flows: [entry('a'), entry('b', ['a'], { waitTimeout: '1h' })] });
    settle(world);
    expect(world.made.get('f-b')).to.equal(2);
    expect(world.decidable()).to.deep.equal(['f-b']);
  });

  it('fails the flow as if it were there', () => {
    const world = begun({
      failurePolicy: 'FailFast',
      flows: [entry('bad'), entry('long'), entry('next', ['long'])],
    });
    world.end('f-bad', 'Failed');
    world.remove('f-bad');
    settle(world);
    expect(condition(world, 'FailureTarget')).to.equal('FailFast');
    expect(world.made.get('f-bad')).to.equal(1);
  });

  it('is run again by a retry, once', () => {
    const flows = [entry('bad'), entry('good')];
    const world = begun({ flows });
    world.end('f-bad', 'Failed');
    world.end('f-good', 'Complete');
    world.remove('f-bad');
    world.remove('f-good');
    world.edit({ flows }, '1');
    settle(world);
    expect(world.made.get('f-bad')).to.equal(2);
    expect(world.made.get('f-good')).to.equal(1);
    expect(world.status.jobStatusList).to.deep.equal({ 'f-bad': 'Running', 'f-good': 'Succeed' });
  });

  it('is not run again after a crash either where a Job that waited for it tells how it ended', () => {
    const world = begun({ flows: [entry('a'), entry('b', ['a']), entry('c', ['a=Finished'])] });
    world.end('f-a', 'Complete');
    world.decideGate('f-b');
    world.remove('f-a', false);
    settle(world);
    expect(world.made.get('f-a')).to.equal(1);
    expect(world.status.jobStatusList).to.include({ 'f-a': 'Succeed' });
  });

  it('is run again after a crash where nothing tells how it ended', () => {
    const world = begun({ flows: [entry('a'), entry('b', ['a=Finished'])] });
    world.end('f-a', 'Failed');
    world.remove('f-a', false);
    settle(world);
    expect(world.made.get('f-a')).to.equal(2);
  });
});
