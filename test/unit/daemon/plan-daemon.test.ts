import { expect } from 'chai';
import { USER_ANNOTATIONS } from '../../../src/api/names.ts';
import { job } from '../../support/job-builder.ts';
import { jobSpec } from './builders.ts';
import { DaemonWorld } from './daemon-world.ts';

const GATED = { [USER_ANNOTATIONS.dependsOn]: 'a' };
const EDGE = { name: 'a', wants: 'Complete' } as const;

describe('a DaemonJob', () => {
  it('runs a Job on every eligible node and is complete when all have ended', () => {
    const world = new DaemonWorld({ spec: { ...jobSpec(), excludeNodeList: 'n3' } }, ['n2', 'n1', 'n3']);
    world.act();
    expect(world.created).to.deep.equal(['d-n1', 'd-n2']);
    expect(world.record.status.state).to.equal('Pending');
    world.settle();
    expect(world.record.status).to.include({ state: 'Running', observedGeneration: 1 });
    world.end('d-n1');
    world.settle();
    expect(world.states).to.deep.equal({ 'd-n1': 'Succeed', 'd-n2': 'Running' });
    world.end('d-n2');
    world.settle();
    expect(world.record).to.include({ outcome: 'Complete' });
    expect(world.record.status).to.include({ state: 'Succeed', message: '2 of 2 ended' });
    expect(world.record.status.counts).to.include({ total: 2, succeeded: 2, failed: 0 });
    expect(world.told).to.deep.equal(['Running', 'Succeed']);
  });

  it('fails when the Job of a node has failed, after the others have ended', () => {
    const world = new DaemonWorld({}, ['n1', 'n2']);
    world.settle();
    world.end('d-n1', 'Failed');
    world.settle();
    expect(world.record.outcome).to.equal(undefined);
    world.end('d-n2');
    world.settle();
    expect(world.record.outcome).to.equal('Failed');
    expect(world.record.status).to.include({ state: 'Failed', message: '2 of 2 ended, 1 failed' });
  });

  it('runs on so many nodes at a time as it may, in the order of their names', () => {
    const world = new DaemonWorld({ spec: { ...jobSpec(), maxConcurrentNodes: 2 } }, [
      'n3',
      'n1',
      'n2',
      'n4',
    ]);
    world.settle();
    expect(world.created).to.deep.equal(['d-n1', 'd-n2']);
    expect(world.states).to.include({ 'd-n3': 'Waiting' });
    world.end('d-n2');
    world.settle();
    expect(world.created).to.deep.equal(['d-n1', 'd-n2', 'd-n3']);
    world.edit({ maxConcurrentNodes: 9 });
    world.settle();
    expect(world.created).to.include('d-n4');
  });

  it('is complete at once where no node is eligible, and says so', () => {
    const world = new DaemonWorld();
    world.settle();
    expect(world.record.outcome).to.equal('Complete');
    expect(world.record.status.message).to.equal('no eligible node');
  });

  it('decides nothing before all nodes are known', () => {
    const world = new DaemonWorld({}, ['n1']);
    world.nodesAreKnown = false;
    expect(world.plan()).to.deep.equal([]);
    world.nodesAreKnown = true;
    world.settle();
    expect(world.created).to.deep.equal(['d-n1']);
  });

  it('starts nothing more while it is suspended, and what runs goes on', () => {
    const world = new DaemonWorld({ spec: { ...jobSpec(), maxConcurrentNodes: 1 } }, ['n1', 'n2']);
    world.settle();
    world.edit({ suspend: true });
    world.settle();
    expect(world.running).to.deep.equal(['d-n1']);
    world.end('d-n1');
    world.settle();
    expect(world.created).to.deep.equal(['d-n1']);
    expect(world.record.status.message).to.equal('suspended; 1 of 2 ended');
    world.edit({ suspend: false });
    world.settle();
    expect(world.running).to.deep.equal(['d-n2']);
  });

  it('does not end while it is suspended and no node is there yet', () => {
    const world = new DaemonWorld({ spec: { ...jobSpec(), suspend: true } });
    world.settle();
    expect(world.record.outcome).to.equal(undefined);
    world.edit({ suspend: false });
    world.settle();
    expect(world.record.outcome).to.equal('Complete');
  });

  describe('while nodes come and go', () => {
    it('runs on a node that joins before the end, and on none that joins later', () => {
      const world = new DaemonWorld({}, ['n1']);
      world.settle();
      world.join('n2');
      world.settle();
      expect(world.created).to.deep.equal(['d-n1', 'd-n2']);
      world.end('d-n1');
      world.end('d-n2');
      world.settle();
      world.join('n3');
      world.leave('n1');
      expect(world.plan()).to.deep.equal([]);
    });

    it('deletes the Job of a node that has left, and its end does not wait for it', () => {
      const world = new DaemonWorld({}, ['n1', 'n2']);
      world.settle();
      world.start('d-n2');
      world.end('d-n1');
      world.leave('n2');
      world.settle();
      expect(world.deleted).to.deep.equal([['d-n2', 'nodeGone']]);
      expect(world.record.outcome).to.equal('Complete');
      expect(world.record.status.counts).to.include({ total: 1 });
    });

    it('leaves the Job of a node alone that is excluded: its pod may be there before its status tells', () => {
      const world = new DaemonWorld({}, ['n1', 'n2']);
      world.settle();
      world.edit({ excludeNodeList: 'n2' });
      world.settle();
      expect(world.deleted).to.deep.equal([]);
      expect(world.states).to.deep.equal({ 'd-n1': 'Running' });
      world.end('d-n1');
      world.settle();
      expect(world.record.outcome).to.equal('Complete');
      expect(world.running).to.deep.equal(['d-n2']);
    });

    it('waits for what runs on a node that has become not ready', () => {
      const world = new DaemonWorld({}, ['n1', 'n2']);
      world.settle();
      world.start('d-n2');
      world.end('d-n1');
      world.taint('n2', { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' });
      world.settle();
      expect(world.states).to.deep.equal({ 'd-n1': 'Succeed', 'd-n2': 'Running' });
      world.end('d-n2', 'Failed');
      world.settle();
      expect(world.record.outcome).to.equal('Failed');
    });

    it('waits no longer for a node that evicts what runs there', () => {
      const world = new DaemonWorld({}, ['n1', 'n2']);
      world.settle();
      world.start('d-n2');
      world.end('d-n1');
      world.taint('n2', { key: 'out', effect: 'NoExecute' });
      world.settle();
      expect(world.record.outcome).to.equal('Complete');
    });
  });

  describe('at its gate', () => {
    it('makes no Job before it opens, and does not close again', () => {
      const world = new DaemonWorld({ annotations: GATED }, ['n1', 'n2']);
      world.gate = { kind: 'wait', on: [{ kind: 'running', name: 'a' }] };
      world.settle();
      expect(world.created).to.deep.equal([]);
      expect(world.record.status).to.include({ state: 'Pending', message: 'Job "a" has not ended' });
      expect(world.told).to.deep.equal(['Waiting']);
      world.gate = { kind: 'release' };
      world.act();
      world.gate = { kind: 'wait', on: [{ kind: 'notCreated', name: 'a' }] };
      world.settle();
      world.end('d-n1');
      world.end('d-n2');
      world.settle();
      expect(world.record.outcome).to.equal('Complete');
    });

    it('is held until it is approved', () => {
      const world = new DaemonWorld({ annotations: { [USER_ANNOTATIONS.hold]: 'true' } }, ['n1']);
      world.gate = { kind: 'wait', on: [{ kind: 'held' }] };
      world.settle();
      expect(world.states).to.deep.equal({ 'd-n1': 'Held' });
      expect(world.told).to.deep.equal(['Held']);
    });

    it('fails without Jobs when what it waits for has failed, and a retry judges the gate anew', () => {
      const world = new DaemonWorld({ annotations: GATED }, ['n1']);
      world.gate = { kind: 'fail', because: { edge: EDGE, outcome: 'Failed' } };
      world.settle();
      expect(world.record).to.include({ outcome: 'Failed', started: false });
      expect(world.record.status.conditions?.find(({ type }) => type === 'Failed')?.reason).to.equal(
        'DependencyFailed',
      );
      world.retry('1');
      world.settle();
      expect(world.record.outcome).to.equal('Failed');
      world.gate = { kind: 'release' };
      world.retry('2');
      world.settle();
      expect(world.created).to.deep.equal(['d-n1']);
    });

    it('is complete as skipped when another branch was taken', () => {
      const world = new DaemonWorld({ annotations: GATED }, ['n1']);
      world.gate = { kind: 'skip', because: { edge: EDGE, outcome: 'Skipped' } };
      world.settle();
      expect(world.record.outcome).to.equal('Skipped');
      expect(world.states).to.deep.equal({ 'd-n1': 'Skipped' });
    });

    it('says that it stands on a cycle', () => {
      const world = new DaemonWorld({ annotations: GATED }, ['n1']);
      world.gate = { kind: 'cycle', path: ['daemonjob/d', 'a', 'daemonjob/d'] };
      world.settle();
      const stalled = world.record.status.conditions?.find(({ type }) => type === 'Stalled');
      expect(stalled).to.include({ status: 'True', reason: 'DependencyCycle' });
      expect(world.told).to.deep.equal(['DependencyCycle']);
    });

    it('is looked at again when its time is up', () => {
      const annotations = { ...GATED, [USER_ANNOTATIONS.waitTimeout]: '90s' };
      const world = new DaemonWorld({ annotations }, ['n1']);
      world.gate = { kind: 'wait', on: [{ kind: 'running', name: 'a' }] };
      const { createdMs } = world.record;
      expect(world.plan()).to.deep.include({ kind: 'recheckAt', timeMs: createdMs + 90_000 });
      world.gate = { kind: 'timeout', on: [{ kind: 'running', name: 'a' }], afterMs: 90_000 };
      world.settle();
      expect(world.record.outcome).to.equal('Failed');
    });
  });

  describe('when it is edited', () => {
    it('makes the Jobs to come from the new spec, and leaves alone what is there, started or not', () => {
      const world = new DaemonWorld({ spec: { ...jobSpec(), maxConcurrentNodes: 2 } }, ['n1', 'n2', 'n3']);
      world.settle();
      world.start('d-n1');
      world.edit({ backoffLimit: 3 });
      world.settle();
      expect(world.deleted).to.deep.equal([]);
      for (const name of ['d-n1', 'd-n2']) {
        expect(world.jobs.get(name)?.spec?.backoffLimit, name).to.equal(undefined);
      }
      world.end('d-n1');
      world.settle();
      expect(world.jobs.get('d-n3')?.spec?.backoffLimit).to.equal(3);
    });

    it('makes nothing anew for an edit of what only says where and when', () => {
      const world = new DaemonWorld({}, ['n1', 'n2']);
      world.settle();
      world.edit({ excludeNodeList: 'n7', maxConcurrentNodes: 7, globalParams: { nodeName: 'n1' } });
      world.settle();
      expect(world.deleted).to.deep.equal([]);
    });

    it('only notes it after the end', () => {
      const world = new DaemonWorld({}, ['n1']);
      world.settle();
      world.end('d-n1');
      world.settle();
      world.edit({ backoffLimit: 3 });
      expect(world.plan()).to.have.length(1);
      world.settle();
      expect(world.record.status).to.include({ state: 'Succeed', observedGeneration: 2 });
    });
  });

  describe('whose Jobs have a TTL', () => {
    const ttl = { spec: jobSpec({ ttlSecondsAfterFinished: 0 }) };

    it('remembers how they ended, and does not run them again', () => {
      const world = new DaemonWorld({ spec: { ...ttl.spec, maxConcurrentNodes: 1 } }, ['n1', 'n2']);
      world.settle();
      world.end('d-n1', 'Failed');
      world.expire();
      expect(world.jobs.has('d-n1')).to.equal(true);
      world.settle();
      world.expire();
      expect(world.jobs.has('d-n1')).to.equal(false);
      world.settle();
      world.end('d-n2');
      world.settle();
      expect(world.created).to.deep.equal(['d-n1', 'd-n2']);
      expect(world.record.outcome).to.equal('Failed');
    });

    it('makes the Job of a node only when the node is in the status', () => {
      const world = new DaemonWorld(ttl, ['n1']);
      world.act();
      expect(world.created).to.deep.equal([]);
      world.act();
      expect(world.created).to.deep.equal(['d-n1']);
      world.join('n2');
      const [action] = world.plan();
      expect(action).to.include({ kind: 'writeStatus', urgent: true });
    });

    it('runs the failed ones again on a retry though they are gone', () => {
      const world = new DaemonWorld(ttl, ['n1', 'n2']);
      world.settle();
      world.end('d-n1', 'Failed');
      world.end('d-n2');
      world.settle();
      world.expire();
      world.retry('1');
      world.settle();
      expect(world.created).to.deep.equal(['d-n1', 'd-n2', 'd-n1']);
    });
  });

  it('does not run again what somebody deletes before the status tells how it ended, but for a retry', () => {
    const world = new DaemonWorld({}, ['n1', 'n2', 'n3']);
    world.settle();
    world.end('d-n1');
    world.end('d-n2', 'Failed');
    world.remove('d-n1');
    world.remove('d-n2');
    expect(world.plan()[0]).to.include({ kind: 'writeStatus', urgent: true });
    world.settle();
    expect(world.states).to.deep.equal({ 'd-n1': 'Succeed', 'd-n2': 'Failed', 'd-n3': 'Running' });
    // Of a node that is gone, too, nothing is ever told: that makes no write urgent.
    world.end('d-n3');
    world.remove('d-n3');
    world.leave('n3');
    world.join('n4');
    world.join('n5');
    world.settle();
    world.end('d-n4');
    const writes = world.plan().filter(({ kind }) => kind === 'writeStatus');
    expect(writes).to.have.length(1);
    expect(writes[0]).to.include({ urgent: false });
    world.join('n3');
    world.retry('1');
    world.settle();
    expect(world.created).to.deep.equal(['d-n1', 'd-n2', 'd-n3', 'd-n4', 'd-n5', 'd-n2']);
  });

  it('runs again on a retry what failed, and only that', () => {
    const world = new DaemonWorld({}, ['n1', 'n2']);
    world.settle();
    world.end('d-n1', 'Failed');
    world.end('d-n2');
    world.settle();
    world.retry('1');
    world.act();
    expect(world.deleted).to.deep.equal([['d-n1', 'retry']]);
    expect(world.record.status.observedRetry).to.equal(undefined);
    world.act();
    expect(world.created).to.have.length(2);
    expect(world.record.status.observedRetry).to.equal('1');
    expect(world.record.outcome).to.equal(undefined);
    world.settle();
    expect(world.created).to.deep.equal(['d-n1', 'd-n2', 'd-n1']);
    world.end('d-n1');
    world.settle();
    expect(world.record.outcome).to.equal('Complete');
    expect(world.told).to.include('Retrying');
  });

  it('says that the name of a Job is taken, and goes on with the other nodes', () => {
    const world = new DaemonWorld({}, ['n1', 'n2']);
    world.jobs.set('d-n1', job('d-n1').started().object());
    world.settle();
    expect(world.created).to.deep.equal(['d-n2']);
    expect(world.told).to.include('JobNameTaken');
    world.end('d-n2');
    world.settle();
    expect(world.record.outcome).to.equal(undefined);
    world.jobs.delete('d-n1');
    world.settle();
    expect(world.created).to.deep.equal(['d-n2', 'd-n1']);
  });

  it('makes no Job with parameters that only jobflow may write', () => {
    const globalParams = { annotations: { [USER_ANNOTATIONS.hold]: 'true' } };
    const world = new DaemonWorld({ spec: { ...jobSpec(), globalParams } }, ['n1']);
    world.settle();
    expect(world.created).to.deep.equal([]);
    expect(world.told).to.deep.equal(['GlobalParamsUnusable']);
  });

  it('only says that it is terminating once it is deleted', () => {
    const world = new DaemonWorld({ deletedMs: 1 }, ['n1']);
    world.settle();
    expect(world.created).to.deep.equal([]);
    expect(world.record.status.state).to.equal('Terminating');
  });
});
