import { expect } from 'chai';
import { JobActor } from '../../../controller/jobs/job-actor.ts';
import { WaitAnnouncements } from '../../../controller/jobs/wait-announcements.ts';
import type { JobRecord } from '../../../src/core/job-record.ts';
import { ApiError } from '../../../src/kube/api-error.ts';
import { EventRecorder } from '../../../src/kube/events.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { job } from '../../support/job-builder.ts';

const decidedOn = job('b').dependsOn('a').record();
const released: JobRecord = { ...decidedOn, suspended: false, resourceVersion: '2' };

/** An actor whose writes are answered by the test. */
function actor(answer: () => Promise<unknown>): JobActor {
  const silent = (): void => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const connection: Connection = {
    server: '',
    namespace: undefined,
    request: answer,
    stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('no watch')) }) }),
    serverTimeMs: () => 0,
    close: () => Promise.resolve(),
  };
  const events = new EventRecorder({ connection, log });
  events.stop();
  return new JobActor({
    connection,
    events,
    announcements: new WaitAnnouncements(),
    log,
    mayWrite: () => true,
    releases: { releasing: () => undefined, notReleased: () => undefined },
    recheckAt: silent,
    now: () => 0,
  });
}

const stored = (resourceVersion: string) => () => Promise.resolve({ metadata: { resourceVersion } });

describe('a Job that has been written', () => {
  it('is left alone until the watch has brought the write', async () => {
    const writer = actor(stored('2'));
    await writer.act([{ kind: 'release', job: decidedOn }]);
    expect(writer.awaitsOwnWrite(decidedOn)).to.equal(true);
    expect(writer.awaitsOwnWrite(released)).to.equal(false);
  });

  it('leaves nothing behind once the watch shows that it no longer waits', async () => {
    const writer = actor(stored('2'));
    await writer.act([{ kind: 'release', job: decidedOn }]);
    writer.forget(released);
    expect(writer.awaitsOwnWrite(decidedOn)).to.equal(false);
  });

  it('leaves nothing behind where the watch is faster than the answer', async () => {
    const writer: JobActor = actor(() => {
      writer.forget(released);
      return stored('2')();
    });
    await writer.act([{ kind: 'release', job: decidedOn }]);
    expect(writer.awaitsOwnWrite(decidedOn)).to.equal(false);
  });

  it('is decided on again where the write changed nothing or failed', async () => {
    const unchanged = actor(stored(decidedOn.resourceVersion));
    await unchanged.act([{ kind: 'addFinalizer', job: decidedOn }]);
    expect(unchanged.awaitsOwnWrite(decidedOn)).to.equal(false);
    const conflict = new ApiError({ kind: 'conflict', message: 'changed', status: 409 });
    const failing = actor(() => Promise.reject(conflict));
    const error: unknown = await failing.act([{ kind: 'release', job: decidedOn }]).catch((e: unknown) => e);
    expect(error).to.equal(conflict);
    expect(failing.awaitsOwnWrite(decidedOn)).to.equal(false);
  });
});
