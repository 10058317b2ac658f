import { expect } from 'chai';
import { OWN_ANNOTATIONS, USER_ANNOTATIONS } from '../../../src/api/names.ts';
import { projectDaemonJob } from '../../../src/core/daemon/daemon-record.ts';
import { gateEndOf } from '../../../src/core/daemon/gate-end.ts';
import { daemonObject, type DaemonFields } from './builders.ts';

const annotations = { [USER_ANNOTATIONS.dependsOn]: 'a', [OWN_ANNOTATIONS.gated]: '{"gate":true}' };
const startTime = '2026-01-01T00:00:00Z';

describe('the end of the waiting of a DaemonJob', () => {
  const endOf = (fields: DaemonFields, status: DaemonFields['status'] = {}) =>
    gateEndOf(projectDaemonJob(daemonObject({ annotations, ...fields })), status);

  it('is told by the first status that has a start, or an end without one', () => {
    expect(endOf({}, { state: 'Running', startTime })).to.equal('release');
    expect(endOf({}, { state: 'Succeed', startTime })).to.equal('release');
    expect(endOf({}, { state: 'Failed' })).to.equal('fail');
    expect(endOf({}, { state: 'Succeed' })).to.equal('skip');
  });

  it('is not told by a status that goes on waiting, nor by that of a deletion', () => {
    expect(endOf({}, { state: 'Pending' })).to.equal(undefined);
    expect(endOf({ deletedMs: 0 }, { state: 'Terminating', startTime })).to.equal(undefined);
  });

  it('is told once, and only where there is a gate', () => {
    const running = { state: 'Running', startTime } as const;
    expect(endOf({ status: running }, { ...running, state: 'Succeed' })).to.equal(undefined);
    const failed = { state: 'Failed', conditions: [{ type: 'Failed', status: 'True' }] } as const;
    expect(endOf({ status: failed }, { ...failed, observedGeneration: 2 })).to.equal(undefined);
    expect(endOf({ annotations: {} }, running)).to.equal(undefined);
  });
});
