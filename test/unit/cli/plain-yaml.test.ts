import { expect } from 'chai';
import fc from 'fast-check';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readWholeYaml } from '../../../src/cli/manifests/parse-manifests.ts';
import { readPlainYaml } from '../../../src/cli/manifests/plain-yaml.ts';
import { splitDocuments } from '../../../src/cli/manifests/split-documents.ts';
import { ROOT } from '../docs/pages.ts';

/** Undefined where it gives up, or where only a whole parser can tell. */
function read(text: string): unknown {
  return readPlainYaml(text, readWholeYaml);
}

/** What a value may look like. */
const SCALARS = String.raw`
a ; a b ; it's ; a:b ; a: b ; a: ; a #b ; a#b ; a # b ; #a ; -a ; - a ; - ; -- ; -1 ; -.inf
10 ; 010 ; 0o10 ; 0x1F ; 1.5 ; 1e3 ; 1_000 ; 1:30 ; 10m ; .5 ; +1 ; 2024-01-01 ; 12345678901234567890
yes ; No ; ON ; y ; N ; true ; False ; null ; ~ ; Null ; yess ; .inf ; .NaN ; << ; = ; ... ; . ; ~a ; ./a
"a" ; 'a' ; "a" b ; "a\n" ; 'a''b' ; 'a ; [a ; [] ; [ ] ; [a, b] ; [a,b,] ; [-c, "x, y", 1] ; [[a]]
[a: b] ; [a:b] ; [a b] ; [yes, 1.5] ; [,] ; [a,,b] ; ['a' b] ; {} ; { } ; {a: b} ; | ; >- ; &a b ; *a
!a b ; %a ; @a ; a ; ? ; ? a ; : a ; ,a ; a,b ; /bin/sh ; $(A) ; _a ; a\b ; (a) ; ä ; a	b ; %`.split(/ ; |\n/);
const KEYS =
  'a b c d a b c d bC api.practice.com/depends-on y No true 1 "q" << __proto__ constructor ä'.split(' ');

const line = fc
  .record({
    indent: fc.constantFrom('', '', '', '', '  ', '  ', '    ', ' ', '   ', '\t'),
    dash: fc.constantFrom('', '', '', '- ', '-   ', '- - ', '-'),
    key: fc.option(fc.constantFrom(...KEYS.map((key) => `${key}:`), 'a :'), { freq: 4 }),
    gap: fc.constantFrom(' ', ' ', ' ', '  ', ''),
    value: fc.constantFrom('', '', ...SCALARS),
    end: fc.constantFrom('', '', '', ' ', ' # c', '\r'),
  })
  .map(({ indent, dash, key, gap, value, end }) => `${indent}${dash}${key ?? ''}${gap}${value}${end}`);

describe('plain YAML', () => {
  it('is read as the whole parser reads it, or not at all', () => {
    let plain = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof({ weight: 6, arbitrary: line }, fc.constantFrom('', '# c', '---', '...', '  # c')),
          {
            maxLength: 5,
          },
        ),
        (lines) => {
          const [text = ''] = splitDocuments(lines.join('\n')).map((part) => part.text);
          const value = read(text);
          if (value === undefined) return;
          plain++;
          expect({ text, value }).to.deep.equal({ text, value: readWholeYaml(text) });
        },
      ),
      { numRuns: 20_000 },
    );
    expect(plain).to.be.greaterThan(100);
  });

  it('is what is written for objects of any form', () => {
    const scalar = fc.oneof(
      fc.constantFrom(...SCALARS),
      fc.integer(),
      fc.boolean(),
      fc.double(),
      fc.constant(null),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        scalar,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c/d', 'yes', '1'), tie('tree'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.boolean(), (value, indentSeq) => {
        const text = stringify(value, { version: '1.1', indentSeq });
        const found = read(text);
        if (found !== undefined) expect({ text, found }).to.deep.equal({ text, found: readWholeYaml(text) });
      }),
      { numRuns: 2_000 },
    );
  });

  it('is what most of the examples are written in', async () => {
    const folder = join(ROOT, 'examples');
    const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    const parts = texts.flatMap(splitDocuments).map(({ text }) => text);
    const values = parts.map(read);
    values.forEach((value, index) => {
      if (value !== undefined) expect(value).to.deep.equal(readWholeYaml(parts[index] ?? ''));
    });
    expect(values.filter((value) => value !== undefined).length).to.be.greaterThan(parts.length / 2);
  });

  it('is given up where it is deeper than any object', () => {
    const text = Array.from({ length: 200 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
    expect(read(text)).to.equal(undefined);
    expect(read(text.split('\n').slice(0, 50).join('\n'))).to.be.an('object');
  });
});
