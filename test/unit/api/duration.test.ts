import { expect } from 'chai';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../../src/api/duration.ts';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

describe('a duration', () => {
  const valid: Readonly<Record<string, number>> = {
    '90s': 90_000,
    '2h': 7_200_000,
    '1h30m': 5_400_000,
    '1.5h': 5_400_000,
    '.5s': 500,
    '1.s': 1_000,
    '250ms': 250,
    '1000us': 1,
    '1000µs': 1,
    '1000μs': 1,
    '1000000ns': 1,
    '1m1m': 120_000,
  };
  for (const [text, ms] of Object.entries(valid)) {
    it(`reads "${text}" as ${ms} ms`, () => {
      expect(parseDuration(text)).to.equal(ms);
    });
  }

  const invalid = [
    '',
    ' ',
    'soon',
    '90',
    '0',
    '0s',
    '-5m',
    '+5m',
    '5 m',
    ' 5m',
    '5m ',
    '1d',
    '1.2.3s',
    '.s',
    's',
    '1e3s',
    '1H',
    '1us',
    '٣s',
    '1h\n',
    '900000h',
    `${'1'.repeat(80)}s`,
    '1s'.repeat(40),
  ];
  for (const text of invalid) {
    it(`does not take ${JSON.stringify(text.slice(0, 20))}`, () => {
      expect(parseDuration(text)).to.equal(undefined);
    });
  }

  it('is the sum of its parts', () => {
    const part = fc.tuple(fc.nat(1_000), fc.constantFrom('ms', 's', 'm', 'h'));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const text = parts.map(([count, unit]) => `${count}${unit}`).join('');
        const sum = parts.reduce((total, [count, unit]) => total + count * UNITS[unit], 0);
        expect(parseDuration(text)).to.equal(sum === 0 ? undefined : sum);
      }),
    );
  });

  it('is never zero, negative or not a number', () => {
    const text = fc.string({ unit: fc.constantFrom('0', '1', '9', '.', 'm', 's', 'h', 'n', 'u', '-') });
    fc.assert(
      fc.property(text, (some) => {
        expect(parseDuration(some) ?? 1).to.be.at.least(1);
      }),
    );
  });

  for (const [ms, text] of [
    [0, '0s'],
    [250, '250ms'],
    [90_000, '1m30s'],
    [86_400_000, '24h'],
    [3_600_001, '1h1ms'],
  ] as const) {
    it(`writes ${ms} ms as ${text}, and reads it again`, () => {
      expect(formatDuration(ms)).to.equal(text);
      if (ms > 0) expect(parseDuration(text)).to.equal(ms);
    });
  }
});
