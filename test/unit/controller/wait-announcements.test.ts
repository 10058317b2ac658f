import { expect } from 'chai';
import { WaitAnnouncements } from '../../../controller/jobs/wait-announcements.ts';
import { job } from '../../support/job-builder.ts';

const record = job('b').dependsOn('a').record();
const MINUTE_MS = 60_000;

const wait = (
  reason: 'Waiting' | 'Held' | 'DependencyCycle',
  needsSomebody = false,
): Parameters<WaitAnnouncements['decide']>[0] => ({
  kind: 'announceWait',
  job: record,
  reason,
  needsSomebody,
  message: '',
});

describe('announcements of waiting', () => {
  it('leave out a wait that is over within two seconds', () => {
    const announcements = new WaitAnnouncements();
    expect(announcements.decide(wait('Waiting'), 0)).to.deep.equal({ tell: false, nextAtMs: 2_000 });
    expect(announcements.decide(wait('Waiting'), 1_999)).to.deep.equal({ tell: false, nextAtMs: 2_000 });
    expect(announcements.decide(wait('Waiting'), 2_000).tell).to.equal(true);
  });

  it('tell of a hold and of a cycle at once', () => {
    expect(new WaitAnnouncements().decide(wait('Held'), 0).tell).to.equal(true);
    expect(new WaitAnnouncements().decide(wait('DependencyCycle'), 0).tell).to.equal(true);
  });

  it('tell once more when somebody has to end the wait', () => {
    const announcements = new WaitAnnouncements();
    announcements.decide(wait('Waiting'), 0);
    expect(announcements.decide(wait('Waiting'), 3_000).tell).to.equal(true);
    announcements.decide(wait('Waiting', true), 10_000);
    expect(announcements.decide(wait('Waiting', true), 12_000).tell).to.equal(true);
    expect(announcements.decide(wait('Waiting', true), 13_000).tell).to.equal(false);
  });

  it('are repeated every 30 minutes while the wait lasts, however often it is decided', () => {
    const announcements = new WaitAnnouncements();
    let told = 0;
    for (let minute = 0; minute < 120; minute += 1) {
      if (announcements.decide(wait('DependencyCycle'), minute * MINUTE_MS).tell) told += 1;
    }
    expect(told).to.equal(4);
  });

  it('say when to look again, so that a repeat needs no other reason', () => {
    const announcements = new WaitAnnouncements();
    let nowMs = 0;
    const times: number[] = [];
    while (times.length < 4) {
      const { tell, nextAtMs } = announcements.decide(wait('Waiting'), nowMs);
      if (tell) times.push(nowMs);
      expect(nextAtMs).to.be.greaterThan(nowMs);
      nowMs = nextAtMs;
    }
    expect(times).to.deep.equal([2_000, 1_802_000, 3_602_000, 5_402_000]);
  });

  it('begin anew when the Job waits for another reason', () => {
    const announcements = new WaitAnnouncements();
    announcements.decide(wait('Waiting'), 0);
    expect(announcements.decide(wait('Waiting'), 5_000).tell).to.equal(true);
    expect(announcements.decide(wait('Held'), 6_000).tell).to.equal(true);
    expect(announcements.decide(wait('Held'), 7_000).tell).to.equal(false);
  });

  it('begin anew for a Job that had been forgotten, and know Jobs of one name by their UID', () => {
    const announcements = new WaitAnnouncements();
    expect(announcements.decide(wait('Held'), 0).tell).to.equal(true);
    const again = { ...wait('Held'), job: { ...record, uid: 'b-2' } };
    expect(announcements.decide(again, 1).tell).to.equal(true);
    announcements.forget('b-1');
    expect(announcements.decide(wait('Held'), 2).tell).to.equal(true);
  });
});
