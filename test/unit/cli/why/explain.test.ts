import { expect } from 'chai';
import { formatOutcomes } from '../../../../src/api/outcomes-record.ts';
import { CREATED_MS, job } from '../../../support/job-builder.ts';
import {
  causesOf,
  evidenceOf,
  events,
  explained,
  FORBIDDEN,
  installation,
  leaseHeldBy,
  NOW_MS,
  pods,
} from './evidence-builder.ts';
import { explain } from '../../../../src/cli/why/explain.ts';
import { drawChain } from '../../../../src/cli/why/draw-chain.ts';

const LEADS = { installation: installation() };

function flow(name: string, spec: object, status: object = { observedGeneration: 0 }) {
  return {
    metadata: {
      namespace: 'test',
      name,
      uid: `${name}-f`,
      creationTimestamp: new Date(CREATED_MS).toISOString(),
    },
    spec: { flows: [{ name: 'a', jobTemplate: {} }], ...spec },
    status,
  };
}

function stalled(reason: string, message: string): object {
  return { observedGeneration: 0, conditions: [{ type: 'Stalled', status: 'True', reason, message }] };
}

describe('why a Job has not started', () => {
  it('leads by way of others to those that really hold it, what needs somebody first', () => {
    const seen = explained('d', [
      job('a').started(),
      job('b').dependsOn('a').annotated('hold', 'true'),
      job('c').dependsOn('b'),
      job('d').dependsOn('a, c'),
    ]);
    expect(causesOf(seen)).to.deep.equal(['b: held', 'a: active']);
    expect(seen.roots[0]?.path).to.deep.equal(['d', 'c', 'b']);
    expect(seen.answer).to.equal(
      'Job "d" has not started: Job "b", for which it waits by way of Job "c", is held until somebody approves it; 1 more has still to end.',
    );
  });

  it('asks for no more than eight of a thousand upstreams', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => job(`up-${index}`).started());
    const list = many.map((_, index) => `up-${index}`).join(', ');
    const seen = explained('all', [...many, job('all').dependsOn(list)]);
    expect(seen.needs.filter(({ kind }) => kind === 'pods')).to.have.lengthOf(8);
    expect(seen.roots).to.have.lengthOf(1_000);
    expect(drawChain(seen, NOW_MS)).to.have.lengthOf(31);
    expect(drawChain(seen, NOW_MS).at(-1)).to.equal('… and 971 more');
  });

  it('goes down a chain of ten thousand', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) =>
      index === 0 ? job('j-0').started() : job(`j-${index}`).dependsOn(`j-${index - 1}`),
    );
    const seen = explained('j-9999', chain);
    expect(causesOf(seen)).to.deep.equal(['j-0: active']);
    expect(seen.answer).to.include('for which it waits by way of 9998 others, has been running');
  });

  it('tells once of what several wait for', () => {
    const seen = explained('d', [
      job('a').started(),
      job('b').dependsOn('a'),
      job('c').dependsOn('a'),
      job('d').dependsOn('b, c'),
    ]);
    expect(causesOf(seen)).to.deep.equal(['a: active']);
    expect(drawChain(seen, NOW_MS)).to.have.lengthOf(5);
    expect(drawChain(seen, NOW_MS).at(-1)).to.match(/└─ Job "a" +see above$/);
  });

  it('is a cycle, with its path, for those on it and those behind it', () => {
    const seen = explained('c', [job('a').dependsOn('b'), job('b').dependsOn('a'), job('c').dependsOn('a')]);
    expect(causesOf(seen)).to.deep.equal(['a: cycle']);
    expect(seen.answer).to.include('a → b → a');
  });

  it('is an annotation that cannot be read', () => {
    const seen = explained('a', [job('a').dependsOn('b c/d/e')]);
    expect(causesOf(seen)).to.deep.equal(['a: unreadable']);
  });

  it('is an upstream that completed where another end is awaited, under the policy Wait', () => {
    const waits = job('b').dependsOn('a=Failed').annotated('onUnmetDependency', 'Wait');
    expect(causesOf(explained('b', [job('a').ended('Complete'), waits]))).to.deep.equal(['b: unmet']);
  });

  it('is nothing but a moment, if the gate has only just opened', () => {
    const jobs = [job('a').ended('Complete'), job('b').dependsOn('a')];
    const seen = explained('b', jobs, { nowMs: CREATED_MS + 1_000, found: LEADS });
    expect(causesOf(seen)).to.deep.equal(['b: aboutToStart']);
    expect(seen.answer).to.equal('Nothing holds up Job "b", which is about to go on.');
  });

  it('is the controller, if the gate has long been open: silent, for other namespaces, or at a loss', () => {
    const jobs = [job('a').ended('Complete'), job('b').dependsOn('a')];
    const answer = (stated: Parameters<typeof installation>[0]) =>
      explained('b', jobs, { found: { installation: installation(stated) } }).answer;
    expect(answer({ lease: leaseHeldBy('one', false) })).to.include('"one" last renewed the Lease 90s ago');
    expect(answer({ lease: { kind: 'absent' } })).to.include('there is no Lease "jobflow-controller"');
    expect(answer({ follows: ['shop', 'bank'] })).to.include(
      'the controller is only for namespace "shop", namespace "bank"',
    );
    expect(answer({})).to.include('the controller "one", which leads, has not acted');
  });

  it('is guessed to be the controller, if that may not be seen, and what may not be seen is said', () => {
    const jobs = [job('a').ended('Complete'), job('b').dependsOn('a')];
    const seen = explained('b', jobs, { found: { installation: installation({ lease: FORBIDDEN }) } });
    expect(seen.answer).to.include('most likely no controller runs (which is not for you to see)');
    expect(seen.forbidden).to.deep.equal(['list them']);
  });

  it('is the JobFlow that it belongs to, if that may not be read, rather than the controller', () => {
    const owner = { apiVersion: 'api.practice.com/v1alpha1', kind: 'JobFlow' };
    const unread = [{ resource: 'jobflows', because: 'forbidden', sentence: 'no' } as const];
    const seen = explained('a', [job('a').gated().ownedBy(owner)], { unread });
    expect(causesOf(seen)).to.deep.equal(['a: unseen']);
  });

  it('is an upstream of a kind that may not be read, or that the cluster does not have', () => {
    const jobs = [job('a').dependsOn('jobflow/etl')];
    const because = (why: 'forbidden' | 'notInstalled') =>
      explained('a', jobs, { unread: [{ resource: 'jobflows', because: why, sentence: '' }] });
    expect(because('forbidden').answer).to.include('cannot be judged, since you may not list jobflows here');
    expect(because('notInstalled').answer).to.include('does not exist, since the cluster has no jobflows');
  });

  it('is told of one that is gone by its last Event, and of one that never was by near names', () => {
    const last = {
      reason: 'Completed',
      message: 'Job completed',
      lastTimestamp: new Date(CREATED_MS).toISOString(),
    };
    const jobs = [job('b').dependsOn('lost')];
    expect(explained('b', jobs, { found: { ...LEADS, 'events/Job/lost': events(last) } }).answer).to.include(
      'the last Event of it says Completed: Job completed, 60s ago',
    );
    const near = explained('b', [...jobs, job('last')], { found: { ...LEADS, 'events/Job/lost': events() } });
    expect(near.answer).to.include('does not exist (did you mean "last"?)');
  });

  it('also says that no controller runs, if something else holds it for now', () => {
    const found = { installation: installation({ lease: leaseHeldBy('') }) };
    const seen = explained('b', [job('a').started(), job('b').dependsOn('a')], { found });
    expect(causesOf(seen)).to.deep.equal(['a: active']);
    expect(seen.remarks.map(({ kind }) => kind)).to.deep.equal(['noController']);
  });
});

describe('why a JobFlow or one of its Jobs has not started', () => {
  it('is its entry that is yet to be made: the flow is stalled, has ended, or nobody has looked at it', () => {
    const causes = (status?: object) =>
      causesOf(explained('etl-a', [], { flows: [flow('etl', {}, status)], found: LEADS }));
    expect(causes(stalled('TemplateMissing', 'JobTemplate "x" does not exist'))).to.deep.equal([
      'etl-a: stalled',
    ]);
    expect(causes({ conditions: [{ type: 'Failed', status: 'True' }] })).to.deep.equal(['etl-a: flowEnded']);
    expect(causes({})).to.deep.equal(['etl-a: notObserved']);
  });

  it('is a flow as a whole: suspended, without entries, failed by its deadline, or not there', () => {
    const causes = (name: string, flows: ReturnType<typeof flow>[]) =>
      causesOf(explained(`jobflow/${name}`, [], { flows, found: LEADS }));
    expect(causes('etl', [flow('etl', { suspend: true })])).to.deep.equal(['jobflow/etl: flowSuspended']);
    expect(causes('etl', [flow('etl', { flows: [] })])).to.deep.equal(['jobflow/etl: noEntries']);
    const failed = { type: 'Failed', status: 'True', reason: 'DeadlineExceeded', message: 'too long' };
    expect(causes('etl', [flow('etl', {}, { conditions: [failed] })])).to.deep.equal(['jobflow/etl: failed']);
    expect(causes('elt', [flow('etl', {})])).to.deep.equal(['jobflow/elt: missing']);
  });

  it('is a DaemonJob that runs on as many nodes as it may, is suspended, or has not been looked at', () => {
    const daemon = (spec: object, status: object) => ({
      metadata: {
        namespace: 'test',
        name: 'tidy',
        uid: 'o',
        creationTimestamp: new Date(CREATED_MS).toISOString(),
      },
      spec: { template: {}, ...spec },
      status,
    });
    const begun = { startTime: new Date(CREATED_MS).toISOString(), observedGeneration: 0 };
    const nodes = { nodes: { kind: 'nodes', nodes: { kind: 'read', value: [] } } } as const;
    const owner = { apiVersion: 'api.practice.com/v1alpha1', kind: 'DaemonJob' };
    const causes = (spec: object, status: object, jobs = [job('tidy-1').started().ownedBy(owner)]) =>
      causesOf(
        explained('daemonjob/tidy', jobs, { daemons: [daemon(spec, status)], found: { ...LEADS, ...nodes } }),
      );
    const waiting = {
      ...begun,
      counts: { total: 2, waiting: 2, held: 0, running: 0, succeeded: 0, failed: 0, skipped: 0 },
    };
    expect(causes({ maxConcurrentNodes: 1 }, waiting)).to.deep.equal([
      'daemonjob/tidy: daemonFull',
      'tidy-1: active',
    ]);
    expect(causes({ suspend: true }, begun, [])).to.deep.equal(['daemonjob/tidy: daemonSuspended']);
    expect(causes({}, { startTime: begun.startTime }, [])).to.deep.equal(['daemonjob/tidy: notObserved']);
  });
});

describe('why a Job failed or was skipped', () => {
  it('is the first failure of the chain, also if its pods are gone', () => {
    const gate = { type: 'Failed', status: 'True', reason: 'DependencyFailed', message: 'no' };
    const seen = explained('c', [
      job('a')
        .started()
        .condition({ type: 'Failed', status: 'True', reason: 'DeadlineExceeded', message: 'too long' }),
      job('b').dependsOn('a').condition(gate),
      job('c').dependsOn('b').condition(gate),
    ]);
    expect(causesOf(seen)).to.deep.equal(['a: failed']);
    expect(seen.answer).to.equal(
      'Job "c" failed before it could start: Job "a", for which it waited by way of Job "b", failed (DeadlineExceeded): too long.',
    );
  });

  it('is the outcome that was written down, if the upstream is gone', () => {
    const outcomes = formatOutcomes(new Map([['a', { uid: 'a-1', outcome: 'Failed' }]]));
    const gate = { type: 'Failed', status: 'True', reason: 'DependencyFailed', message: 'Job "a" failed' };
    const b = job('b').dependsOn('a').condition(gate);
    expect(causesOf(explained('b', [b]))).to.deep.equal(['b: endedAtGate']);
    const seen = explained('b', [b.annotated('outcomes', outcomes)]);
    expect(causesOf(seen)).to.deep.equal(['b: closed']);
    expect(seen.answer).to.equal(
      'Job "b" failed before it could start: Job "a" failed, but it asks for "a=Complete".',
    );
  });
});

describe('an explanation', () => {
  it('needs nothing more once everything has been read, whatever may not be read', () => {
    const jobs = [job('a').started(), job('b').dependsOn('a')];
    const first = explain(evidenceOf(jobs), 'b');
    expect(first.needs.map(({ kind }) => kind)).to.deep.equal(['pods', 'installation']);
    const forbidden = { kind: 'pods', pods: FORBIDDEN } as const;
    const seen = explained('b', jobs, { found: { 'pods/a': forbidden, ...LEADS } });
    expect(seen.needs).to.deep.equal([]);
    expect(seen.forbidden).to.deep.equal(['list them']);
    expect(causesOf(seen)).to.deep.equal(['a: active']);
    expect(explained('b', jobs, { found: { 'pods/a': pods(), ...LEADS } }).forbidden).to.deep.equal([]);
  });
});
