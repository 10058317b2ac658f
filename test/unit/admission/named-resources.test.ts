import { expect } from 'chai';
import { coalesced } from '../../../webhook/named-resources.ts';

/** Reads that end when the test says so. */
function heldReads() {
  const open: { key: string; end: (value: string) => void; fail: (error: Error) => void }[] = [];
  const read = coalesced(
    (key: string) =>
      new Promise<string>((resolve, reject) => {
        open.push({ key, end: resolve, fail: reject });
      }),
  );
  return { open, read };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('coalesced reads', () => {
  it('answers nobody with a read that was on its way before he asked', async () => {
    const { open, read } = heldReads();
    const first = read('a');
    const second = read('a');
    const third = read('a');
    expect(open).to.have.length(1);
    open[0]?.end('old');
    expect(await first).to.equal('old');
    await settled();
    expect(open).to.have.length(2);
    open[1]?.end('new');
    expect(await Promise.all([second, third])).to.deep.equal(['new', 'new']);
  });

  it('sends a third read for those who ask while the second runs', async () => {
    const { open, read } = heldReads();
    void read('a');
    const second = read('a');
    open[0]?.end('1');
    await settled();
    const third = read('a');
    open[1]?.end('2');
    expect(await second).to.equal('2');
    await settled();
    open[2]?.end('3');
    expect(await third).to.equal('3');
  });

  it('reads again for those who wait after one that failed', async () => {
    const { open, read } = heldReads();
    const first = read('a').catch((error: unknown) => error);
    const second = read('a');
    open[0]?.fail(new Error('lost'));
    expect(await first).to.be.instanceOf(Error);
    await settled();
    open[1]?.end('found');
    expect(await second).to.equal('found');
  });

  it('does not let one name wait for another, and remembers nothing', async () => {
    const { open, read } = heldReads();
    const reads = [read('a'), read('b')];
    expect(open.map(({ key }) => key)).to.deep.equal(['a', 'b']);
    for (const one of open) one.end('x');
    await Promise.all(reads);
    void read('a');
    expect(open).to.have.length(3);
  });
});
