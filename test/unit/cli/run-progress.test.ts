import { expect } from 'chai';
import type { NamespaceObjects } from '../../../src/cli/cluster/read-objects.ts';
import { eventWords } from '../../../src/cli/follow/run-event.ts';
import { RunProgress, type FollowedNames, type RunSnapshot } from '../../../src/cli/follow/run-progress.ts';
import { viewNamespace } from '../../../src/cli/view/namespace-view.ts';
import type { JobObject } from '../../../src/api/job.ts';
import { API_GROUP } from '../../../src/api/names.ts';
import { emptyNamespace } from './follow-builder.ts';

const START = Date.parse('2026-01-01T00:00:00Z');

/** A Job of namespace `ns`, as the API server gives it. */
function job(
  name: string,
  fields: {
    dependsOn?: string;
    hold?: boolean;
    uid?: string;
    started?: number;
    ended?: { as: 'Complete' | 'Failed'; at: number; reason?: string; message?: string };
    failedPods?: number;
  } = {},
): JobObject {
  const { dependsOn, hold, uid = `uid-${name}`, started, ended, failedPods = 0 } = fields;
  const isGated = dependsOn !== undefined || hold === true;
  const time = (seconds: number): string => new Date(START + seconds * 1_000).toISOString();
  return {
    metadata: {
      namespace: 'ns',
      name,
      uid,
      resourceVersion: '1',
      creationTimestamp: time(0),
      annotations: {
        ...(dependsOn === undefined ? {} : { [`${API_GROUP}/depends-on`]: dependsOn }),
        ...(hold === true ? { [`${API_GROUP}/hold`]: 'true' } : {}),
        ...(isGated ? { [`${API_GROUP}/gated`]: '{}' } : {}),
      },
    },
    spec: { suspend: isGated && started === undefined },
    status: {
      ...(started === undefined ? {} : { startTime: time(started), active: ended === undefined ? 1 : 0 }),
      ...(failedPods === 0 ? {} : { failed: failedPods }),
      ...(ended === undefined
        ? {}
        : {
            conditions: [
              {
                type: ended.as,
                status: 'True',
                reason: ended.reason ?? '',
                message: ended.message ?? '',
                lastTransitionTime: time(ended.at),
              },
            ],
          }),
    },
  };
}

/** Follows Jobs from one list of them to the next. */
class Following {
  readonly #progress: RunProgress;

  constructor(names: Partial<FollowedNames>) {
    this.#progress = new RunProgress({ jobs: [], daemons: [], flows: [], endedBefore: new Set(), ...names });
  }

  see(seconds: number, jobs: readonly JobObject[], more: Partial<NamespaceObjects> = {}): RunSnapshot {
    const nowMs = START + seconds * 1_000;
    return this.#progress.update(viewNamespace({ ...emptyNamespace(), jobs, ...more }, nowMs), nowMs);
  }

  /** What is told of the next list. */
  lines(
    seconds: number,
    ...seen: Parameters<Following['see']> extends [number, ...infer R] ? R : never
  ): string[] {
    return this.see(seconds, ...seen).events.map(
      (event) => `${event.name} ${eventWords(event, (words) => `jobflow ${words}`)}`,
    );
  }
}

describe('what is told of a run', () => {
  it('is each wait, start and end, once', () => {
    const follow = new Following({ jobs: ['b', 'a'] });
    const b = job('b', { dependsOn: 'a' });
    expect(follow.lines(0, [job('a', { started: 0 }), b])).to.deep.equal(['a started', 'b waits for a']);
    expect(follow.lines(1, [job('a', { started: 0 }), b])).to.deep.equal([]);
    const a = job('a', { started: 0, ended: { as: 'Complete', at: 5 } });
    expect(follow.lines(5, [a, b])).to.deep.equal(['a complete after 5s']);
    const done = job('b', { dependsOn: 'a', started: 5, ended: { as: 'Complete', at: 70 } });
    expect(follow.lines(70, [a, done])).to.deep.equal([
      'b started, after a wait of 5s',
      'b complete after 65s',
    ]);
    expect(follow.see(71, [a, done])).to.include({ isOver: true, hasFailed: false });
  });

  it('misses nothing that happened between two views, and keeps its order', () => {
    const follow = new Following({ jobs: ['b', 'a'] });
    const jobs = [
      job('b', {
        dependsOn: 'a',
        started: 2,
        ended: { as: 'Failed', at: 2, reason: 'BackoffLimitExceeded', message: 'too many' },
      }),
      job('a', { started: 0, ended: { as: 'Complete', at: 2 } }),
    ];
    expect(follow.lines(9, jobs)).to.deep.equal([
      'a started',
      'a complete after 2s',
      'b started',
      'b failed after 0s: too many (BackoffLimitExceeded)',
    ]);
    expect(follow.see(9, jobs)).to.include({ isOver: true, hasFailed: true });
  });

  it('names what never comes by itself, once, with what helps', () => {
    const follow = new Following({ jobs: ['held', 'lost', 'x', 'y'] });
    const jobs = [
      job('held', { hold: true }),
      job('lost', { dependsOn: 'gone, other' }),
      job('other', { started: 0 }),
      job('x', { dependsOn: 'y' }),
      job('y', { dependsOn: 'x' }),
    ];
    expect(follow.lines(0, jobs)).to.have.members([
      'held is held until it is approved; jobflow approve held',
      'lost waits for gone (not there), other (not in these files)',
      'lost cannot start: Job "gone" does not exist (not created yet, or gone with its outcome unknown); jobflow why lost',
      'x is on a cycle, x → y → x, and never starts; remove an edge; jobflow why x',
      'y is on a cycle, y → x → y, and never starts; remove an edge; jobflow why y',
    ]);
    expect(follow.lines(60, jobs)).to.deep.equal([]);
  });

  it('says after ten seconds that the controller does not answer', () => {
    const follow = new Following({ jobs: ['b'] });
    const jobs = [job('a', { started: 0, ended: { as: 'Complete', at: 1 } }), job('b', { dependsOn: 'a' })];
    expect(follow.lines(2, jobs)).to.deep.equal([]);
    expect(follow.lines(11, jobs)).to.deep.equal([]);
    expect(follow.lines(12, jobs)).to.deep.equal([
      'b has nothing left to wait for, but is not started: jobflow’s controller does not answer; jobflow why b',
    ]);
  });

  it('tells pods that fail while the Job goes on', () => {
    const follow = new Following({ jobs: ['a'] });
    follow.see(0, [job('a', { started: 0 })]);
    expect(follow.lines(1, [job('a', { started: 0, failedPods: 1 })])).to.deep.equal(['a a pod has failed']);
    expect(follow.lines(2, [job('a', { started: 0, failedPods: 1 })])).to.deep.equal([]);
    expect(follow.lines(3, [job('a', { started: 0, failedPods: 3 })])).to.deep.equal([
      'a 3 pods have failed',
    ]);
  });

  it('waits for a Job that is applied and not seen yet, and counts one that is gone as failed', () => {
    const follow = new Following({ jobs: ['a'] });
    expect(follow.see(0, [])).to.deep.include({ isOver: false, events: [] });
    follow.see(1, [job('a', { started: 0 })]);
    expect(follow.lines(2, [])).to.deep.equal(['a is gone; how it ended is not known']);
    expect(follow.see(3, [])).to.include({ isOver: true, hasFailed: true });
    expect(follow.lines(4, [job('a', { uid: 'anew', started: 4 })])).to.deep.equal(['a started']);
    expect(follow.see(5, [job('a', { uid: 'anew', started: 4 })])).to.include({
      isOver: false,
      hasFailed: false,
    });
  });

  it('leaves out what had ended before, but counts it', () => {
    const follow = new Following({ jobs: ['a'], endedBefore: new Set(['uid-a']) });
    const jobs = [job('a', { started: 0, ended: { as: 'Failed', at: 1 } })];
    expect(follow.lines(61, jobs)).to.deep.equal([
      'a has ended before (Failed 60s ago), and is not run again; --replace makes it anew',
    ]);
    expect(follow.see(62, jobs)).to.include({ isOver: true, hasFailed: true });
  });

  it('follows a JobFlow to its own end, with the Jobs that it has yet to make', () => {
    const follow = new Following({ flows: ['f'] });
    const flow = (status: object) => ({
      metadata: { namespace: 'ns', name: 'f', uid: 'flow', resourceVersion: '1' },
      spec: { flows: [{ name: 'x' }, { name: 'y', dependencies: ['x'] }] },
      status,
    });
    const first = follow.see(0, [], { flows: [flow({})] });
    expect(first.parts.map(({ name, waitsFor }) => [name, waitsFor])).to.deep.equal([
      ['f-x', []],
      ['f-y', ['f-x']],
    ]);
    expect(first.isOver).to.equal(false);
    const conditions = [{ type: 'Failed', status: 'True' as const, reason: 'JobsFailed', message: '' }];
    const jobStatusList = { 'f-x': 'Failed' as const, 'f-y': 'Skipped' as const };
    const over = follow.see(9, [], {
      flows: [flow({ conditions, jobStatusList, message: '2 of 2 ended, 1 failed' })],
    });
    expect(over).to.include({ isOver: true, hasFailed: true });
    expect(over.events.map(({ name, kind }) => [name, kind])).to.deep.include(['jobflow/f', 'ended']);
  });
});
