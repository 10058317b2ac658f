import { expect } from 'chai';
import { WorkQueue } from '../../../controller/work-queue.ts';

/** Work that ends when the test says so, or at once. */
class Work {
  readonly begun: string[] = [];
  readonly failed: { key: string; retryInMs: number }[] = [];
  running = 0;
  mostAtOnce = 0;
  /** What the next turns do, by key; a turn without an entry succeeds at once. */
  readonly next = new Map<string, () => Promise<void>>();
  readonly queue: WorkQueue;

  constructor(concurrency = 4) {
    this.queue = new WorkQueue({
      process: (key) => this.#process(key),
      concurrency,
      onError: (key, _error, retryInMs) => this.failed.push({ key, retryInMs }),
      now: () => Date.now(),
      random: () => 0,
    });
    this.queue.open();
  }

  /** Makes the next turn of a key last until the function that comes back is called. */
  hold(key: string): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.next.set(key, async () => {
      await promise;
    });
    return () => {
      resolve(undefined);
    };
  }

  failNext(key: string, times: number): void {
    this.next.set(key, () => {
      if (times > 1) this.failNext(key, times - 1);
      return Promise.reject(new Error('as the test says'));
    });
  }

  async #process(key: string): Promise<void> {
    this.begun.push(key);
    this.running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    const turn = this.next.get(key);
    this.next.delete(key);
    try {
      await turn?.();
    } finally {
      this.running -= 1;
    }
  }
}

/** Gives the event loop its turns until a condition holds, for at most two seconds. */
async function until(condition: () => boolean): Promise<void> {
  const limitMs = performance.now() + 2_000;
  while (!condition()) {
    if (performance.now() > limitMs) throw new Error(`not within 2 s: ${condition.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('the work queue', () => {
  it('works on keys in the order in which they came', async () => {
    const work = new Work(1);
    for (const key of ['c', 'a', 'b']) work.queue.add(key);
    await until(() => work.begun.length === 3);
    expect(work.begun).to.deep.equal(['c', 'a', 'b']);
  });

  it('gives a key that is added often one turn, and none before the current batch is in', async () => {
    const work = new Work();
    for (let times = 0; times < 100; times += 1) work.queue.add('a');
    expect(work.begun).to.deep.equal([]);
    expect(work.queue.depth).to.equal(1);
    await until(() => work.begun.length > 0 && work.queue.depth === 0 && work.running === 0);
    expect(work.begun).to.deep.equal(['a']);
  });

  it('works on so many keys at once, and never on one key twice at once', async () => {
    const work = new Work(3);
    const releases = Array.from({ length: 10 }, (_, index) => work.hold(`k${index}`));
    for (let index = 0; index < 10; index += 1) work.queue.add(`k${index}`);
    await until(() => work.running === 3);
    work.queue.add('k0');
    for (const release of releases) release();
    await until(() => work.begun.length === 11 && work.running === 0);
    expect(work.mostAtOnce).to.equal(3);
  });

  it('gives a key that is added while it is worked on one more turn', async () => {
    const work = new Work();
    const release = work.hold('a');
    work.queue.add('a');
    await until(() => work.running === 1);
    work.queue.add('a');
    work.queue.add('a');
    expect(work.queue.depth).to.equal(0);
    release();
    await until(() => work.begun.length === 2 && work.running === 0);
    expect(work.begun).to.deep.equal(['a', 'a']);
  });

  it('puts a key back after a failure, each time later, until it succeeds', async () => {
    const work = new Work();
    work.failNext('a', 3);
    work.queue.add('a');
    await until(() => work.begun.length === 4);
    expect(work.failed).to.deep.equal([
      { key: 'a', retryInMs: 10 },
      { key: 'a', retryInMs: 20 },
      { key: 'a', retryInMs: 40 },
    ]);
    await until(() => work.running === 0);
    work.failNext('a', 1);
    work.queue.add('a');
    await until(() => work.failed.length === 4);
    expect(work.failed.at(-1), 'the backoff begins anew after a success').to.deep.equal({
      key: 'a',
      retryInMs: 10,
    });
    await work.queue.close();
  });

  it('does not keep other keys waiting behind one that fails', async () => {
    const work = new Work(1);
    work.failNext('a', 8);
    work.queue.add('a');
    work.queue.add('b');
    await until(() => work.begun.includes('b'));
    expect(work.failed.length).to.be.below(8);
    await work.queue.close();
  });

  it('gives a key a turn at a time, the earliest of those asked for', async () => {
    const work = new Work();
    const startMs = Date.now();
    work.queue.addAt('a', startMs + 3_600_000);
    work.queue.addAt('a', startMs + 30);
    work.queue.addAt('a', startMs + 7_200_000);
    await until(() => work.begun.length === 1);
    // Timers may fire within the same millisecond that they were set for, never before it.
    expect(Date.now() - startMs).to.be.at.least(29);
    await work.queue.close();
  });

  it('gives a key whose time has passed its turn soon', async () => {
    const work = new Work();
    work.queue.addAt('a', 0);
    await until(() => work.begun.length === 1);
  });

  it('takes a time beyond the longest timer of Node without giving the turn at once', async () => {
    const work = new Work();
    work.queue.addAt('a', Date.now() + 100 * 365 * 24 * 3_600_000);
    work.queue.addAt('b', Date.now() + 5);
    await until(() => work.begun.includes('b'));
    expect(work.begun).to.deep.equal(['b']);
    await work.queue.close();
  });

  it('takes nothing until it is opened', async () => {
    const work = new Work();
    await work.queue.close();
    work.queue.add('a');
    work.queue.addAt('a', 0);
    expect(work.queue.depth).to.equal(0);
    work.queue.open();
    work.queue.add('b');
    await until(() => work.begun.length === 1 && work.running === 0);
    expect(work.begun).to.deep.equal(['b']);
  });

  it('closes when the work under way has ended, and forgets what waits', async () => {
    const work = new Work(1);
    const release = work.hold('a');
    work.queue.add('a');
    work.queue.add('b');
    await until(() => work.running === 1);
    work.queue.add('a');
    work.queue.addAt('c', Date.now());
    let closed = false;
    const closing = work.queue.close().then(() => {
      closed = true;
    });
    expect(work.queue.depth).to.equal(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).to.equal(false);
    release();
    await closing;
    expect(work.begun).to.deep.equal(['a']);
    expect(work.running).to.equal(0);
  });

  it('does not put back what fails after it was closed', async () => {
    const work = new Work();
    const { promise, reject } = Promise.withResolvers<undefined>();
    work.next.set('a', async () => {
      await promise;
    });
    work.queue.add('a');
    await until(() => work.running === 1);
    const closing = work.queue.close();
    reject(new Error('as the test says'));
    await closing;
    work.queue.open();
    work.queue.addAt('b', Date.now() + 40);
    await until(() => work.begun.includes('b'));
    expect(work.begun).to.deep.equal(['a', 'b']);
    await work.queue.close();
  });

  it('tells for how long the key at its head has waited', async () => {
    const work = new Work(1);
    expect(work.queue.ageMs).to.equal(0);
    const release = work.hold('a');
    work.queue.add('a');
    work.queue.add('b');
    await until(() => work.running === 1);
    await until(() => work.queue.ageMs >= 5);
    release();
    await until(() => work.begun.length === 2);
    expect(work.queue.ageMs).to.equal(0);
  });
});
