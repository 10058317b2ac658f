import { expect } from 'chai';
import fc from 'fast-check';
import { annotationField, refusal, REFUSALS } from '../../../src/api/errors.ts';

const FIELD = annotationField('api.practice.com/depends-on');

describe('a refusal', () => {
  it('is its sentence with every placeholder filled in', () => {
    expect(refusal('DependencyDuplicate', { field: FIELD, name: 'extract' })).to.deep.equal({
      code: 'DependencyDuplicate',
      message:
        'metadata.annotations["api.practice.com/depends-on"]: "extract" is listed twice; keep one of the two entries.',
    });
  });

  it('shows a path of Jobs with arrows', () => {
    const { message } = refusal('DependencyCycle', { field: FIELD, path: ['a', 'b', 'c', 'a'] });
    expect(message).to.include('form a cycle, a → b → c → a; remove one of these edges.');
  });

  it('shows a cycle of 50 Jobs whole, and leaves out the middle of a much longer one', () => {
    const names = Array.from({ length: 1_001 }, (_, index) => `job-${index}`);
    const shortPath = refusal('DependencyCycle', { field: FIELD, path: [...names.slice(0, 50), 'job-0'] });
    expect(shortPath.message.split(' → ')).to.have.length(51);
    const { message } = refusal('DependencyCycle', { field: FIELD, path: names });
    expect(message).to.include('job-31 → (937 more) → job-969').and.include('job-1000; remove');
  });

  it('cuts a long value', () => {
    const { message } = refusal('NameInvalid', {
      field: FIELD,
      value: 'x'.repeat(100_000),
      what: 'label value',
      mend: 'shorten it',
    });
    expect(message).to.include(`"${'x'.repeat(200)}…" is not a valid label value; shorten it.`);
  });

  it('takes a value as it is, with braces and dollar signs in it', () => {
    const value = '{name} $& $1 {field}';
    const { message } = refusal('DurationInvalid', { field: 'spec.x', value });
    expect(message).to.include(`spec.x: "${value}" is not a duration`);
  });

  it('stays on one line, whatever the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const { message } = refusal('ContentTypeUnsupported', { value });
        expect(message).to.not.match(/[\p{Cc}\u2028\u2029]/u);
      }),
    );
  });

  for (const [code, sentence] of Object.entries(REFUSALS)) {
    it(`${code} is one sentence that says what is wrong and how to mend it`, () => {
      expect(sentence).to.match(/\.$/);
      expect(sentence).to.match(/[;:.)] ?|,/);
      expect(sentence).to.not.match(/\n|\s{2}/);
      expect(code).to.match(/^(?:[A-Z][a-z]+)+$/);
    });
  }
});
