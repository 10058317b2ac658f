import { expect } from 'chai';
import fc from 'fast-check';
import {
  isAnnotated,
  parseAnnotations,
  unknownKeys,
  type Annotations,
  type UserAnnotations,
} from '../../../src/api/annotations.ts';
import type { Refusal } from '../../../src/api/errors.ts';

const PREFIX = 'api.practice.com/';

function prefixed(short: Annotations): Annotations {
  return Object.fromEntries(Object.entries(short).map(([key, value]) => [`${PREFIX}${key}`, value]));
}

function read(short: Annotations): UserAnnotations {
  const parsed = parseAnnotations(prefixed(short));
  if (!parsed.ok) throw new Error(`refused: ${parsed.refusals[0].message}`);
  return parsed.annotations;
}

function refusals(short: Annotations): readonly Refusal[] {
  const parsed = parseAnnotations(prefixed(short));
  if (parsed.ok) throw new Error('nothing was refused');
  return parsed.refusals;
}

describe("a user's annotations", () => {
  it('say nothing where there are none', () => {
    expect(read({})).to.deep.equal({
      edges: [],
      run: undefined,
      flow: undefined,
      template: undefined,
      onUnmet: 'Fail',
      waitTimeoutMs: undefined,
      hold: false,
      approved: false,
    });
  });

  it('are all read', () => {
    expect(
      read({
        'depends-on': 'a, b=Failed',
        run: '2026-01-01',
        flow: 'nightly',
        template: 'spark',
        'on-unmet-dependency': 'Wait',
        'wait-timeout': '1h30m',
        hold: 'true',
        approved: 'by Ada',
      }),
    ).to.deep.equal({
      edges: [
        { name: 'a', wants: 'Complete' },
        { name: 'b', wants: 'Failed' },
      ],
      run: '2026-01-01',
      flow: 'nightly',
      template: 'spark',
      onUnmet: 'Wait',
      waitTimeoutMs: 5_400_000,
      hold: true,
      approved: true,
    });
  });

  it('pass over keys of others and names that every object has', () => {
    expect(parseAnnotations({ 'example.com/hold': 'yes', toString: 'x' }).ok).to.equal(true);
  });

  it('approve with any value, an empty one too', () => {
    expect(read({ approved: '' }).approved).to.equal(true);
  });

  it('hold with "true" and not with "false"', () => {
    expect(read({ hold: 'false' }).hold).to.equal(false);
  });

  const refused: readonly (readonly [key: string, value: string, code: string, mend: string])[] = [
    ['on-unmet-dependency', 'Maybe', 'AnnotationUnknownValue', 'write "Fail" or "Wait"'],
    ['on-unmet-dependency', 'fail', 'AnnotationUnknownValue', 'write "Fail" or "Wait"'],
    ['hold', 'yes', 'AnnotationUnknownValue', 'write "true", or remove the annotation'],
    ['hold', '', 'AnnotationUnknownValue', 'write "true", or remove the annotation'],
    ['wait-timeout', 'soon', 'DurationInvalid', 'such as "90s", "30m" or "2h"'],
    ['wait-timeout', '90', 'DurationInvalid', 'a positive number with a unit'],
    ['wait-timeout', '-5m', 'DurationInvalid', 'a positive number with a unit'],
    ['wait-timeout', '0s', 'DurationInvalid', 'a positive number with a unit'],
    ['run', '', 'NameInvalid', 'use 1 to 63 letters'],
    ['run', 'last night', 'NameInvalid', 'use 1 to 63 letters'],
    ['run', 'r'.repeat(64), 'NameInvalid', 'use 1 to 63 letters'],
    ['flow', 'Nightly', 'NameInvalid', 'use the name of a JobFlow'],
    ['flow', 'f'.repeat(64), 'NameInvalid', 'at most 63 characters'],
    ['template', 'spark/etl', 'NameInvalid', 'use the name of a JobTemplate'],
    ['template', 't'.repeat(254), 'NameInvalid', 'use the name of a JobTemplate'],
    ['depends-on', 'a=Done', 'DependencyOutcomeUnknown', 'write Complete, Failed, NotFailed or Finished'],
  ];
  for (const [key, value, code, mend] of refused) {
    it(`are refused with ${key}: ${JSON.stringify(value.slice(0, 30))}`, () => {
      const [first, ...others] = refusals({ [key]: value });
      expect(others).to.deep.equal([]);
      expect(first?.code).to.equal(code);
      expect(first?.message).to.include(`metadata.annotations["${PREFIX}${key}"]`).and.include(mend);
    });
  }

  it('are refused with everything that is wrong at once, in a fixed order', () => {
    const all = refusals({ hold: 'yes', 'wait-timeout': 'soon', 'depends-on': 'a,,b' });
    expect(all.map(({ code }) => code)).to.deep.equal([
      'DependencyEmpty',
      'DurationInvalid',
      'AnnotationUnknownValue',
    ]);
  });

  it('never make the reader throw, whatever they hold', () => {
    const keys = ['depends-on', 'run', 'flow', 'template', 'on-unmet-dependency', 'wait-timeout', 'hold'];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), fc.string()), (short) => {
        expect(parseAnnotations(prefixed(short)).ok).to.be.a('boolean');
      }),
    );
  });
});

describe('the annotations of a Job', () => {
  it('are ours from the first key with our prefix on', () => {
    expect(isAnnotated({})).to.equal(false);
    expect(isAnnotated({ 'api.practice.company/x': '', 'example.com/api.practice.com/run': '' })).to.equal(
      false,
    );
    expect(isAnnotated({ [`${PREFIX}anything`]: '' })).to.equal(true);
  });

  it('tell unknown keys, which are most likely typing errors, from ours and from those of others', () => {
    const known = prefixed({ run: 'x', approved: '', gated: '{}', outcomes: '{}', 'released-at': '' });
    const foreign = { 'example.com/depend-on': 'a' };
    expect(unknownKeys({ ...known, ...foreign })).to.deep.equal([]);
    expect(unknownKeys({ ...known, [`${PREFIX}depend-on`]: 'a' })).to.deep.equal([`${PREFIX}depend-on`]);
  });
});
