import { expect } from 'chai';
import fc from 'fast-check';
import {
  formatDependencies,
  parseDependencies,
  type DependencyEdge,
} from '../../../src/api/dependency-list.ts';
import type { Refusal } from '../../../src/api/errors.ts';
import { isJobName } from '../../../src/api/kubernetes-names.ts';

const FIELD = 'metadata.annotations["api.practice.com/depends-on"]';

function edgesOf(text: string): readonly DependencyEdge[] {
  const parsed = parseDependencies(text, FIELD);
  if (!parsed.ok) throw new Error(`refused: ${parsed.refusal.message}`);
  return parsed.edges;
}

function refusalOf(text: string): Refusal {
  const parsed = parseDependencies(text, FIELD);
  if (parsed.ok) throw new Error(`read as ${formatDependencies(parsed.edges)}`);
  return parsed.refusal;
}

const jobName = fc.stringMatching(/^[a-z0-9](?:[-a-z0-9]{0,20}[a-z0-9])?$/);
const edge = fc.record({
  name: jobName,
  wants: fc.constantFrom('Complete', 'Failed', 'NotFailed', 'Finished'),
});
const edges = fc.uniqueArray(edge, { selector: ({ name }) => name, minLength: 1, maxLength: 30 });

describe('a dependency list', () => {
  it('waits for Complete where no outcome is stated', () => {
    expect(edgesOf('a, b=Failed, c=Finished, d=NotFailed, e=Complete')).to.deep.equal([
      { name: 'a', wants: 'Complete' },
      { name: 'b', wants: 'Failed' },
      { name: 'c', wants: 'Finished' },
      { name: 'd', wants: 'NotFailed' },
      { name: 'e', wants: 'Complete' },
    ]);
  });

  it('takes commas, newlines and both, with any blanks around names and outcomes', () => {
    for (const text of [
      'a,b=Failed',
      ' a ,\tb = Failed ',
      'a\nb=Failed',
      'a,\nb=Failed\n',
      '\r\na\r\n\r\n b=Failed',
    ]) {
      expect(formatDependencies(edgesOf(text)), JSON.stringify(text)).to.equal('a, b=Failed');
    }
  });

  it('reads back what it has written, whatever the edges', () => {
    fc.assert(
      fc.property(edges, (some) => {
        expect(edgesOf(formatDependencies(some))).to.deep.equal(some);
      }),
    );
  });

  it('means the same on one line and on many', () => {
    fc.assert(
      fc.property(edges, fc.constantFrom(',', ', ', '\n', ',\n', ' ,\r\n'), (some, separator) => {
        const text = formatDependencies(some).replaceAll(', ', separator);
        expect(edgesOf(text)).to.deep.equal(some);
      }),
    );
  });

  it('takes any text as edges with valid names or refuses it in one sentence, and never throws', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', '=', ',', '\n', ' ', '/', 'A', '-', '.') }),
        (text) => {
          const parsed = parseDependencies(text, FIELD);
          if (parsed.ok) for (const { name } of parsed.edges) expect(isJobName(name), name).to.equal(true);
          else expect(parsed.refusal.message).to.match(/\.$/).and.not.include('\n');
        },
      ),
    );
  });
});

describe('a dependency list is refused', () => {
  const refused: readonly (readonly [what: string, text: string, code: string, message: string])[] = [
    ['when it is empty', '', 'DependencyEmpty', 'entry 1 is empty'],
    ['when it is blank', ' \n\t', 'DependencyEmpty', 'entry 1 is empty'],
    ['with an empty entry in the middle', 'a,,b', 'DependencyEmpty', 'entry 2 is empty'],
    ['with a comma at its beginning', ',a', 'DependencyEmpty', 'entry 1 is empty'],
    ['with a comma at its end', 'a,', 'DependencyEmpty', 'entry 2 is empty'],
    ['with a comma at the beginning of a line', 'a\n,b', 'DependencyEmpty', 'entry 2 is empty'],
    ['with a line of one comma', 'a\n,,\nb', 'DependencyEmpty', 'entry 2 is empty'],
    [
      'with an outcome that does not exist',
      'a=Done',
      'DependencyOutcomeUnknown',
      '"a=Done" asks for the outcome "Done"',
    ],
    ['with an outcome in small letters', 'a=failed', 'DependencyOutcomeUnknown', '"failed"'],
    ['with Skipped, which is no outcome to wait for', 'a=Skipped', 'DependencyOutcomeUnknown', '"Skipped"'],
    ['with an empty outcome', 'a=', 'DependencyOutcomeUnknown', 'the outcome ""'],
    ['with two outcomes', 'a=Failed=Complete', 'DependencyOutcomeUnknown', '"Failed=Complete"'],
    ['with a name in capitals', 'Extract', 'DependencyNameInvalid', '"Extract" is not a valid Job name'],
    ['with a blank inside a name', 'a b', 'DependencyNameInvalid', '"a b" is not a valid Job name'],
    ['with a name that begins with a dash', '-a', 'DependencyNameInvalid', '"-a"'],
    ['with a name of 64 characters', 'a'.repeat(64), 'DependencyNameInvalid', 'at most 63'],
    ['without a name before the outcome', '=Failed', 'DependencyNameInvalid', '""'],
    ['with semicolons for commas', 'a;b', 'DependencyNameInvalid', '"a;b"'],
    ['with the same edge twice', 'a, b, a', 'DependencyDuplicate', '"a" is listed twice'],
    ['with one Job and two outcomes', 'a=Complete, a=Failed', 'DependencyDuplicate', '"a" is listed twice'],
    ['with a kind that cannot be waited for', 'pod/a', 'DependencyKindUnknown', 'the kind "pod"'],
    ['with a path', 'a/b/c', 'DependencyKindUnknown', '"a/b/c"'],
  ];
  for (const [what, text, code, message] of refused) {
    it(`${what}: ${JSON.stringify(text.slice(0, 30))}`, () => {
      const refusal = refusalOf(text);
      expect(refusal.code).to.equal(code);
      expect(refusal.message).to.include(FIELD).and.include(message);
    });
  }

  it('with 1,001 names, and taken with 1,000', () => {
    const names = Array.from({ length: 1_001 }, (_, index) => `job-${index}`);
    expect(edgesOf(names.slice(1).join(','))).to.have.length(1_000);
    expect(refusalOf(names.join(','))).to.deep.equal({
      code: 'DependencyTooMany',
      message: `${FIELD}: 1001 names are more than the limit of 1000; put a Job in between that waits for some of them.`,
    });
  });

  it('with 33 KiB, and taken with 32 KiB', () => {
    const names = Array.from(
      { length: 600 },
      (_, index) => `${'x'.repeat(58)}${String(index).padStart(4, '0')}`,
    );
    const text = names.join(',');
    const fits = text.slice(0, 32 * 1024).replace(/,[^,]*$/, '');
    expect(edgesOf(fits.padEnd(32 * 1024, ' ')).length).to.be.greaterThan(500);
    const refusal = refusalOf(text.slice(0, 33 * 1024));
    expect(refusal.code).to.equal('DependencyTooLong');
    expect(refusal.message).to.include('33792 bytes').and.include('the limit of 32768');
  });

  it('by its bytes, not its characters', () => {
    expect(refusalOf('→'.repeat(11_000)).code).to.equal('DependencyTooLong');
  });
});
