import { expect } from 'chai';
import { humanDuration } from '../../../../src/cli/view/human-duration.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

describe('a duration as kubectl writes it', () => {
  for (const [seconds, text] of [
    [-2, '<invalid>'],
    [-1.5, '0s'],
    [0, '0s'],
    [119.9, '119s'],
    [120, '2m'],
    [192, '3m12s'],
    [600, '10m'],
    [3 * HOUR - 1, '179m'],
    [3 * HOUR, '3h'],
    [5 * HOUR + 61, '5h1m'],
    [8 * HOUR + 61, '8h'],
    [2 * DAY, '2d'],
    [3 * DAY + 5 * HOUR, '3d5h'],
    [8 * DAY + 5 * HOUR, '8d'],
    [2 * YEAR, '2y'],
    [2 * YEAR + DAY, '2y1d'],
    [9 * YEAR + DAY, '9y'],
  ] as const) {
    it(`is ${text} for ${seconds} s`, () => {
      expect(humanDuration(seconds * 1_000)).to.equal(text);
    });
  }
});
