import { expect } from 'chai';
import { parseQuantity } from '../../../../src/cli/import/quantity.ts';

describe('an amount of CPU or memory', () => {
  for (const [text, value] of [
    ['2', 2],
    ['+1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['500m', 0.5],
    ['2k', 2_000],
    ['1Ki', 1_024],
    ['2Gi', 2 ** 31],
    ['1e3', 1_000],
    ['12E-1', 1.2],
    ['3E', 3e18],
  ] as const) {
    it(`is read: ${text}`, () => {
      expect(parseQuantity(text)).to.equal(value);
    });
  }

  for (const text of ['', '1 Gi', '1GB', '-1', '1K', 'm', '1.2.3', '1e', '٣']) {
    it(`is refused: "${text}"`, () => {
      expect(parseQuantity(text)).to.equal(undefined);
    });
  }
});
