import { expect } from 'chai';
import fc from 'fast-check';
import { isJobName, isLabelValue, isResourceName } from '../../../src/api/kubernetes-names.ts';

describe('names that Kubernetes takes', () => {
  it('are names of Jobs up to 63 characters', () => {
    for (const name of ['a', '0', 'extract', 'extract-2', 'a.b', '2026.01.01', 'x'.repeat(63)]) {
      expect(isJobName(name), name).to.equal(true);
    }
    const invalid = [
      '',
      'A',
      'a_b',
      '-a',
      'a-',
      'a..b',
      '.a',
      'a.',
      'a.-b',
      'a b',
      'a\n',
      'ä',
      'x'.repeat(64),
    ];
    for (const name of invalid) expect(isJobName(name), JSON.stringify(name)).to.equal(false);
  });

  it('are names of other resources up to 253 characters', () => {
    expect(isResourceName('x'.repeat(253))).to.equal(true);
    expect(isResourceName('x'.repeat(254))).to.equal(false);
    expect(isResourceName('Spark')).to.equal(false);
  });

  it('are values of labels, empty ones too', () => {
    for (const value of ['', 'A', 'a_b.c-D', '1', 'x'.repeat(63)])
      expect(isLabelValue(value), value).to.equal(true);
    for (const value of ['-a', 'a.', 'a b', 'a/b', 'a\n', 'x'.repeat(64)]) {
      expect(isLabelValue(value), JSON.stringify(value)).to.equal(false);
    }
  });

  it('are values of labels wherever they are names of Jobs, since the Job controller copies them there', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '0', '-', '.', 'A', '_'), maxLength: 70 });
    fc.assert(
      fc.property(text, (name) => {
        if (isJobName(name)) expect(isLabelValue(name) && isResourceName(name)).to.equal(true);
      }),
    );
  });
});
