import { expect } from 'chai';
import fc from 'fast-check';
import { LogLines } from '../../../../src/cli/logs/log-lines.ts';
import { LogPosition } from '../../../../src/cli/logs/log-position.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');

/** A text of any bytes but line feeds. */
const bytes = fc
  .uint8Array({ maxLength: 20 })
  .map((drawn) => Buffer.from(drawn.map((byte) => (byte === 10 ? 11 : byte))));

describe('the lines of a log', () => {
  it('hold every byte, however they are cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(bytes), fc.array(fc.nat({ max: 40 })), (texts, cuts) => {
        const whole = Buffer.concat(
          texts.flatMap((text, index) => (index === 0 ? [text] : [Buffer.from('\n'), text])),
        );
        const lines = new LogLines();
        const found = piecesOf(whole, cuts).flatMap((piece) => lines.push(piece));
        const rest = lines.rest();
        const all = [...found, ...(rest === undefined ? [] : [rest])];
        expect(
          Buffer.concat(all.flatMap((line) => [line.bytes, Buffer.from(line.isWhole ? '\n' : '')])).equals(
            whole,
          ),
        ).to.equal(true);
        expect(found.every(({ isWhole }) => isWhole)).to.equal(true);
      }),
    );
  });

  it('are cut where they would fill the memory', () => {
    const lines = new LogLines(10);
    expect(lines.push(Buffer.from('12345')).length).to.equal(0);
    expect(lines.push(Buffer.from('67890ab')).map(({ bytes: text }) => text.toString())).to.deep.equal([
      '1234567890ab',
    ]);
    expect(lines.push(Buffer.from('c\nd')).map(({ bytes: text }) => text.toString())).to.deep.equal(['c']);
  });
});

describe('a log that is taken up again', () => {
  it('loses no line and repeats none, wherever it broke', () => {
    const entry = fc.record({
      stepMs: fc.constantFrom(0, 0, 1, 300, 1_000, 5_000),
      lateMs: fc.constantFrom(0, 0, 400),
      text: bytes,
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), fc.array(fc.nat({ max: 200 })), (entries, breaks) => {
        let nowMs = START_MS;
        const log = entries.map(({ stepMs, lateMs, text }) => {
          nowMs += stepMs;
          const ms = nowMs - lateMs;
          return { ms, line: Buffer.concat([Buffer.from(`${timeOf(ms)} `), text, Buffer.from('\n')]), text };
        });
        const position = new LogPosition();
        const taken: Buffer[] = [];
        for (const length of [...breaks, Infinity]) {
          const { sinceMs = -Infinity } = position.begin({});
          // As the API server and the kubelet give it: from a whole second on, each line judged by itself.
          const from = Math.floor(sinceMs / 1_000) * 1_000;
          const sent = Buffer.concat(log.filter(({ ms }) => ms >= from).map(({ line }) => line));
          const lines = new LogLines();
          for (const line of lines.push(sent.subarray(0, length))) {
            const fresh = position.take(line);
            if (fresh !== undefined) taken.push(Buffer.from(fresh.bytes));
          }
        }
        expect(taken.map((text) => text.toString('hex'))).to.deep.equal(
          log.map(({ text }) => text.toString('hex')),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('is asked for in its whole range until a line has come', () => {
    const position = new LogPosition();
    expect(position.begin({ tailLines: 3 })).to.deep.equal({ tailLines: 3 });
    expect(position.begin({ tailLines: 3 })).to.deep.equal({ tailLines: 3 });
    position.take({ bytes: Buffer.from(`${timeOf(START_MS)} a`), isWhole: true });
    expect(position.begin({ tailLines: 3 })).to.deep.equal({
      tailLines: undefined,
      sinceMs: START_MS - 1_000,
    });
  });

  it('passes on what the kubelet says itself, without a time', () => {
    const position = new LogPosition();
    const said = position.take({ bytes: Buffer.from('unable to retrieve container logs'), isWhole: true });
    expect(said).to.deep.include({ time: undefined, isWhole: true });
  });
});

function piecesOf(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const cut of cuts) pieces.push(whole.subarray(at, (at += cut)));
  return [...pieces, whole.subarray(at)];
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000001Z');
}
