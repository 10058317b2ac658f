import { expect } from 'chai';
import { FlowActor } from '../../../controller/flows/flow-actor.ts';
import { PartWriter } from '../../../controller/parts/part-writer.ts';
import { projectFlow } from '../../../src/core/flow/flow-projection.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { EventRecorder } from '../../../src/kube/events.ts';

const flow = projectFlow({ metadata: { namespace: 'test', name: 'f', uid: 'f-1', resourceVersion: '1' } });
const status = { kind: 'writeStatus', flow, status: { message: 'goes on' }, urgent: false } as const;

/** An actor at a moment that stands still, and the paths that it has written. */
function actorAtOneMoment(): { actor: FlowActor; written: string[]; rechecks: number[] } {
  const written: string[] = [];
  const rechecks: number[] = [];
  const silent = (): void => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const connection: Connection = {
    server: '',
    namespace: undefined,
    request: ({ path }) => {
      written.push(path);
      return Promise.resolve({});
    },
    stream: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('no watch')) }) }),
    serverTimeMs: () => 0,
    close: () => Promise.resolve(),
  };
  const now = (): number => 0;
  const events = new EventRecorder({ connection, log });
  events.stop();
  const parts = new PartWriter({ connection, log, mayWrite: () => true, now });
  const recheckAt = (_key: string, atMs: number): void => {
    rechecks.push(atMs);
  };
  return { actor: new FlowActor({ connection, events, parts, recheckAt, now }), written, rechecks };
}

describe('the status of a JobFlow', () => {
  it('is put off when it was written a moment ago, and the flow gets another turn', async () => {
    const { actor, written, rechecks } = actorAtOneMoment();
    await actor.act(flow, [status]);
    await actor.act(flow, [status]);
    expect(written).to.have.length(1);
    expect(rechecks).to.deep.equal([500]);
  });

  it('leaves nothing behind when the flow is gone', async () => {
    const { actor, written, rechecks } = actorAtOneMoment();
    await actor.act(flow, [status]);
    actor.forget(flow);
    await actor.act(flow, [status]);
    expect(written).to.have.length(2);
    expect(rechecks).to.deep.equal([]);
  });
});
