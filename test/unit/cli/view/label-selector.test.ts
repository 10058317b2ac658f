import { expect } from 'chai';
import { parseLabelSelector } from '../../../../src/cli/view/label-selector.ts';

const LABELS = { app: 'etl', tier: 'test', 'api.practice.com/flow': 'nightly', empty: '' };

describe('a selector of labels', () => {
  for (const text of [
    '',
    'app',
    '!missing',
    'app=etl',
    'app==etl, tier=test',
    'app != other',
    'missing!=etl',
    'app in (a, etl)',
    'missing notin (etl)',
    'api.practice.com/flow=nightly',
    'empty=',
    'app in (a,etl),tier notin (prod,live),!missing',
  ]) {
    it(`selects by "${text}"`, () => {
      expect(parseLabelSelector(text)?.(LABELS)).to.equal(true);
    });
  }

  for (const text of [
    'missing',
    '!app',
    'app=',
    'app!=etl',
    'app in (a,b)',
    'app notin (etl)',
    'app=etl,tier=prod',
  ]) {
    it(`does not select by "${text}"`, () => {
      expect(parseLabelSelector(text)?.(LABELS)).to.equal(false);
    });
  }

  for (const text of ['a b', 'app=etl,', 'app in etl', '=etl', 'app=(a,b)', 'app in (a', '!!app']) {
    it(`refuses "${text}"`, () => {
      expect(parseLabelSelector(text)).to.equal(undefined);
    });
  }
});
