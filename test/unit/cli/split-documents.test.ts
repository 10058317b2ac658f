import { expect } from 'chai';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { splitDocuments } from '../../../src/cli/manifests/split-documents.ts';

/** Lines that begin, end, hold or look like documents. */
const LINES = [
  ...['---', '--- ', '---\t# c', '--- |', '--- {a: 1}', '--- "q', '---x', '----', ' ---', '--', '-'],
  ...['...', '# comment', '', ' ', 'a: 1', 'b:', '  - c', '- d', 'e: |', '  text', 'f: >-', '|'],
  ...['g: "one', 'two"', "h: 'three", "four'", 'i: [1,', '2]', 'j: {k: l,', '}', 'plain', '&m n: *m', '? o'],
];

/** What a reader makes of texts: the values of all documents, or that one is broken. */
function readBy(texts: readonly string[]): unknown {
  const documents = texts.flatMap((text) => [
    ...parseAllDocuments(text, { logLevel: 'silent', uniqueKeys: false }),
  ]);
  if (documents.some(({ errors }) => errors.length > 0)) return 'broken';
  return documents.map((document) => document.toJS() as unknown).filter((value) => value !== null);
}

describe('the documents of a file', () => {
  it('are cut apart, with the lines before each', () => {
    expect(splitDocuments('a: 1\n---\nb: 2\n\n--- # c\r\nd: "\n---x"\n---')).to.deep.equal([
      { text: 'a: 1\n', linesBefore: 0 },
      { text: '---\nb: 2\n\n', linesBefore: 1 },
      { text: '--- # c\r\nd: "\n---x"\n', linesBefore: 4 },
      { text: '---', linesBefore: 7 },
    ]);
    expect(splitDocuments('')).to.deep.equal([{ text: '', linesBefore: 0 }]);
  });

  it('stay together behind directives', () => {
    const text = '---\na: 1\n...\n%YAML 1.1\n---\nb: 2\n';
    expect(splitDocuments(text)).to.deep.equal([{ text, linesBefore: 0 }]);
  });

  it('are the same one by one as all together', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...LINES), { maxLength: 12 }),
        fc.constantFrom('\n', '\r\n'),
        (lines, end) => {
          const text = lines.join(end);
          expect(readBy(splitDocuments(text).map((part) => part.text))).to.deep.equal(readBy([text]));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
