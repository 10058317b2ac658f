import { expect } from 'chai';
import fc from 'fast-check';
import {
  formatOutcomes,
  NO_OUTCOMES,
  parseOutcomes,
  type RecordedOutcome,
} from '../../../src/api/outcomes-record.ts';

const outcome: fc.Arbitrary<RecordedOutcome> = fc.record(
  { uid: fc.uuid(), outcome: fc.constantFrom('Complete', 'Failed', 'Skipped') },
  { noNullPrototype: true },
);
const entries = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), outcome), {
  selector: ([name]) => name,
});

describe('the outcomes record', () => {
  it('is compact JSON by name', () => {
    const outcomes = new Map<string, RecordedOutcome>([
      ['b', { uid: 'u-2', outcome: 'Failed' }],
      ['a', { uid: 'u-1', outcome: 'Complete' }],
    ]);
    expect(formatOutcomes(outcomes)).to.equal('{"a":["u-1","Complete"],"b":["u-2","Failed"]}');
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(entries, (some) => {
        expect([...parseOutcomes(formatOutcomes(new Map(some)))]).to.have.deep.members(some);
      }),
    );
  });

  it('gives the same bytes in whatever order the outcomes came', () => {
    fc.assert(
      fc.property(entries, (some) => {
        expect(formatOutcomes(new Map(some.toReversed()))).to.equal(formatOutcomes(new Map(some)));
      }),
    );
  });

  it('is empty where nothing is written or the text is damaged', () => {
    expect(parseOutcomes(undefined)).to.equal(NO_OUTCOMES);
    for (const text of ['', '{', 'null', '7', '"a"', '[]', '{}']) {
      expect(parseOutcomes(text).size, text).to.equal(0);
    }
  });

  it('leaves out an entry that jobflow cannot have written, so that it is unknown and not wrong', () => {
    const text = '{"a":["u","Done"],"b":[1,"Failed"],"c":"Failed","d":["u"],"e":null,"f":["u","Skipped"]}';
    expect([...parseOutcomes(text)]).to.deep.equal([['f', { uid: 'u', outcome: 'Skipped' }]]);
  });

  it('of a later version is read as far as it is known: an outcome with further elements counts, one of another name does not', () => {
    const text = '{"a":["u","Complete",{"later":true}],"b":["u","Cancelled"]}';
    expect([...parseOutcomes(text)]).to.deep.equal([['a', { uid: 'u', outcome: 'Complete' }]]);
  });

  it('of 1,000 upstreams with the longest list of names stays below the limit for annotations', () => {
    // 1,000 names and 32 KiB of list leave 31 bytes for a name.
    const uid = '01234567-89ab-cdef-0123-456789abcdef';
    const outcomes = new Map<string, RecordedOutcome>(
      Array.from({ length: 1_000 }, (_, index) => [
        `${'x'.repeat(27)}${String(index).padStart(4, '0')}`,
        { uid, outcome: 'Complete' },
      ]),
    );
    expect(formatOutcomes(outcomes).length).to.be.below(128 * 1024);
  });
});
