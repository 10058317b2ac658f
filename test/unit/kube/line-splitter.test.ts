import { expect } from 'chai';
import fc from 'fast-check';
import { LineSplitter } from '../../../src/kube/line-splitter.ts';

function split(chunks: readonly Buffer[]): string[] {
  const splitter = new LineSplitter();
  // As text at once: lines are views that later chunks may invalidate.
  const lines = chunks.flatMap((chunk) => splitter.push(chunk).map(String));
  const rest = splitter.rest();
  return rest === undefined ? lines : [...lines, rest.toString()];
}

describe('line splitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll('\n', ' ')),
          { maxLength: 20 },
        ),
        fc.array(fc.nat(), { maxLength: 20 }),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.join('\n'));
          const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
          const chunks = [0, ...places].map((start, index) =>
            bytes.subarray(start, places[index] ?? bytes.length),
          );
          expect(split(chunks)).to.deep.equal(lines.filter((line) => line !== ''));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('joins a line of 8 MiB in chunks of 1 KiB within linear time', () => {
    const chunk = Buffer.alloc(1_024, 'x');
    const splitter = new LineSplitter();
    for (let sent = 0; sent < 8_192; sent += 1) expect(splitter.push(chunk)).to.deep.equal([]);
    const [line] = splitter.push(Buffer.from('\n'));
    expect(line?.length).to.equal(8 * 1_024 * 1_024);
  }).timeout(2_000);

  it('refuses a line over the limit, so that no answer can fill the memory', () => {
    const splitter = new LineSplitter(10);
    splitter.push(Buffer.from('12345'));
    expect(() => splitter.push(Buffer.from('678901'))).to.throw(RangeError, '10 bytes');
  });
});
