import { expect } from 'chai';
import fc from 'fast-check';
import { capMessage, EventQueue } from '../../../src/kube/event-queue.ts';
import type { Announcement, EventWrite } from '../../../src/kube/event-queue.ts';

const LIMITS = { windowMs: 1_000, queued: 10, remembered: 5 };

function about(name: string, message = 'a sentence'): Announcement {
  const object = { apiVersion: 'batch/v1', kind: 'Job', namespace: 'default', name, uid: `uid-of-${name}` };
  return { object, type: 'Normal', reason: 'Waiting', message };
}

function queue(limits = LIMITS): EventQueue {
  let calls = 0;
  return new EventQueue(limits, () => (calls += 1) / 1_000);
}

function at(ms: number): { timeMs: number; monotonicMs: number } {
  return { timeMs: 1_000_000 + ms, monotonicMs: ms };
}

function take(from: EventQueue, ms: number): EventWrite {
  const write = from.take(ms);
  if (write === undefined) throw new Error('nothing is due');
  return write;
}

describe('queue of Events', () => {
  it('writes a first announcement at once, under a name that begins with the object’s', () => {
    const events = queue();
    events.add(about('a'), at(0));
    expect(events.waitMs(0)).to.equal(0);
    const write = take(events, 0);
    expect(write).to.include({ kind: 'create', count: 1, firstMs: 1_000_000 });
    expect(write.name).to.match(/^a\.[0-9a-f]{16}$/);
    expect(events.waitMs(0)).to.equal(undefined);
  });

  it('a burst before the first write is one Event with a count', () => {
    const events = queue();
    for (let ms = 0; ms < 5; ms += 1) events.add(about('a'), at(ms));
    expect(take(events, 5)).to.include({ kind: 'create', count: 5, firstMs: 1_000_000, lastMs: 1_000_004 });
    expect(events.size).to.equal(0);
  });

  it('gives up what waits in a namespace, and keeps the rest', () => {
    const events = queue();
    const elsewhere = { ...about('b'), object: { ...about('b').object, namespace: 'elsewhere' } };
    events.add(about('repeated'), at(0));
    events.retry(take(events, 0));
    events.add(about('repeated'), at(1));
    events.add(about('a'), at(1));
    events.add(elsewhere, at(1));
    expect(events.forgetNamespace('default')).to.equal(3);
    expect(events.size).to.equal(1);
    expect(take(events, 2).announcement).to.equal(elsewhere);
    expect(events.forgetNamespace('default')).to.equal(0);
  });

  it('repeats are gathered for the window and counted on the same Event', () => {
    const events = queue();
    events.add(about('a'), at(0));
    const first = take(events, 0);
    events.add(about('a'), at(100));
    events.add(about('a'), at(200));
    expect(events.waitMs(200)).to.equal(900);
    expect(events.take(1_099)).to.equal(undefined);
    expect(take(events, 1_100)).to.include({
      kind: 'repeat',
      name: first.name,
      count: 3,
      added: 2,
      lastMs: 1_000_200,
    });
  });

  it('a first announcement does not wait behind repeats', () => {
    const events = queue();
    events.add(about('a'), at(0));
    take(events, 0);
    events.add(about('a'), at(1));
    events.add(about('b'), at(2));
    expect(take(events, 2)).to.include({ kind: 'create', key: 'uid-of-b|Normal|Waiting|a sentence' });
  });

  it('another object, type, reason or message is another Event', () => {
    const events = queue();
    const one = about('a');
    const others: Announcement[] = [
      one,
      about('b'),
      about('a', 'another sentence'),
      { ...one, type: 'Warning' },
      { ...one, reason: 'Held' },
    ];
    for (const other of others) events.add(other, at(0));
    const names = new Set(others.map(() => take(events, 0).name));
    expect(names.size).to.equal(others.length);
  });

  it('a repeat whose Event is gone becomes a new Event that counts what has not been written', () => {
    const events = queue();
    events.add(about('a'), at(0));
    const first = take(events, 0);
    events.add(about('a'), at(10));
    events.recreate(take(events, Infinity));
    const again = take(events, 10);
    expect(again).to.include({ kind: 'create', count: 1, firstMs: 1_000_010 });
    expect(again.name).not.to.equal(first.name);
  });

  it('a write that failed comes again as it was, with its failures counted', () => {
    const events = queue();
    events.add(about('a'), at(0));
    const write = take(events, 0);
    events.retry(write);
    expect(take(events, 0)).to.deep.equal({ ...write, failures: 1 });
  });

  it('a forgotten Event is created anew', () => {
    const events = queue();
    events.add(about('a'), at(0));
    events.forget(take(events, 0));
    events.add(about('a'), at(1));
    expect(take(events, 1).kind).to.equal('create');
  });

  it('never holds or remembers more than its limits, and counts what it drops', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.boolean()), { maxLength: 200 }), (steps) => {
        const events = queue();
        let announced = 0;
        let written = 0;
        steps.forEach(([who, write], ms) => {
          events.add(about(`job-${who}`), at(ms));
          announced += 1;
          if (write) written += events.take(ms)?.added ?? 0;
          expect(events.size).to.be.at.most(LIMITS.queued);
        });
        for (let rest = events.take(Infinity); rest !== undefined; rest = events.take(Infinity))
          written += rest.added;
        if (events.dropped === 0) expect(written).to.equal(announced);
        else expect(written).to.be.lessThan(announced);
      }),
    );
  });

  it('cuts a message to 1,024 bytes between two characters', () => {
    expect(capMessage('short')).to.equal('short');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 300, maxLength: 1_500 }), (message) => {
        const capped = capMessage(message);
        expect(Buffer.byteLength(capped)).to.be.at.most(1_024);
        expect(capped === message || message.startsWith(capped.slice(0, -1))).to.equal(true);
      }),
    );
  });

  it('keeps the name of an Event within the limit of names', () => {
    const events = queue();
    events.add(about('a'.repeat(253)), at(0));
    expect(take(events, 0).name).to.have.length(253);
  });
});
