import { expect } from 'chai';
import { USER_ANNOTATIONS, RETRY_ANNOTATION } from '../../../src/api/names.ts';
import {
  daemonAsJob,
  daemonStateOf,
  isRetrying,
  needsNodeOutcome,
  projectDaemonJob,
} from '../../../src/core/daemon/daemon-record.ts';
import { changesEligibility, projectNode } from '../../../src/core/daemon/node-record.ts';
import { isWaiting } from '../../../src/core/job-projection.ts';
import { job } from '../../support/job-builder.ts';
import { daemonObject, node, nodeObject, type DaemonFields } from './builders.ts';

const record = (fields: DaemonFields = {}) => projectDaemonJob(daemonObject(fields));

describe('the record of a DaemonJob', () => {
  it('is seen by those that wait for it under its reference, with its run', () => {
    const annotations = { [USER_ANNOTATIONS.run]: 'r1' };
    const conditions = [{ type: 'Failed', status: 'True' }];
    const seen = daemonAsJob(record({ annotations, status: { conditions } }));
    expect(seen).to.include({ name: 'daemonjob/d', uid: 'd-uid', outcome: 'Failed' });
    expect(seen.terms?.run).to.equal('r1');
  });

  it('waits at its gate like a Job until a Job of it has been made', () => {
    const annotations = { [USER_ANNOTATIONS.dependsOn]: 'a, b=Failed' };
    const waiting = daemonAsJob(record({ annotations }));
    expect(waiting.name).to.equal('daemonjob/d');
    expect(waiting.terms?.edges.map(({ name }) => name)).to.deep.equal(['a', 'b']);
    expect(isWaiting(waiting)).to.equal(true);
    const started = record({ annotations, status: { startTime: '2026-01-01T00:00:00Z' } });
    expect(isWaiting(daemonAsJob(started))).to.equal(false);
    expect(isWaiting(daemonAsJob(record()))).to.equal(false);
  });

  it('says where it stands in the words of a flow', () => {
    const ended = (type: string, reason = 'x') =>
      daemonStateOf(record({ status: { conditions: [{ type, status: 'True', reason }] } }));
    expect(ended('Complete')).to.equal('Succeed');
    expect(ended('Complete', 'Skipped')).to.equal('Skipped');
    expect(ended('Failed')).to.equal('Failed');
    expect(daemonStateOf(record())).to.equal('Waiting');
    expect(daemonStateOf(record({ status: { startTime: 'x' } }))).to.equal('Running');
    const counts = { total: 1, waiting: 0, held: 1, running: 0, succeeded: 0, failed: 0, skipped: 0 };
    expect(daemonStateOf(record({ status: { counts } }))).to.equal('Held');
  });

  it('needs the outcome of a Job until the status has it', () => {
    const ended = job('d-n1').ttl().ended('Failed').record();
    const jobStatusList = { 'd-n1': 'Running' } as const;
    expect(needsNodeOutcome(record({ status: { jobStatusList } }), ended)).to.equal(true);
    expect(needsNodeOutcome(record({ status: { jobStatusList: { 'd-n1': 'Failed' } } }), ended)).to.equal(
      false,
    );
    expect(needsNodeOutcome(record({ status: {} }), ended)).to.equal(false);
    expect(needsNodeOutcome(record({ status: { jobStatusList }, deletedMs: 1 }), ended)).to.equal(false);
    expect(needsNodeOutcome(record({ status: { jobStatusList } }), job('d-n1').record())).to.equal(false);
    const annotations = { [RETRY_ANNOTATION]: '2' };
    const retried = record({ annotations, status: { jobStatusList, observedRetry: '1' } });
    expect(isRetrying(retried)).to.equal(true);
    expect(needsNodeOutcome(retried, ended)).to.equal(false);
  });
});

describe('the record of a node', () => {
  it('holds what counts for where Jobs may run', () => {
    const { metadata } = nodeObject('n1', { labels: { a: 'b' } });
    expect(
      projectNode({
        metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
        spec: { unschedulable: true },
      }),
    ).to.deep.equal({
      namespace: '',
      name: 'n1',
      uid: 'n1-uid',
      resourceVersion: '1',
      labels: { a: 'b' },
      taints: [],
      unschedulable: true,
      deletedMs: Date.parse('2026-01-01T00:00:00Z'),
    });
  });

  it('does not matter when only its status has changed', () => {
    const taints = [{ key: 'a', effect: 'NoSchedule' }] as const;
    const before = node('n1', { labels: { a: 'b' }, taints });
    const after = { ...node('n1', { labels: { a: 'b' }, taints: [...taints] }), resourceVersion: '2' };
    expect(changesEligibility(before, after)).to.equal(false);
    expect(changesEligibility(before, { ...after, unschedulable: true })).to.equal(false);
  });

  it('matters when it comes, goes, or changes its labels, taints or identity', () => {
    const before = node('n1', { labels: { a: 'b' } });
    expect(changesEligibility(undefined, before)).to.equal(true);
    expect(changesEligibility(before, undefined)).to.equal(true);
    expect(changesEligibility(before, node('n1', { labels: { a: 'c' } }))).to.equal(true);
    expect(changesEligibility(before, { ...before, taints: [{ key: 'a', effect: 'NoExecute' }] })).to.equal(
      true,
    );
    expect(changesEligibility(before, { ...before, uid: 'other' })).to.equal(true);
    expect(changesEligibility(before, { ...before, deletedMs: 1 })).to.equal(true);
  });
});
