import { expect } from 'chai';
import { parseManifests } from '../../../src/cli/manifests/parse-manifests.ts';

function place(text: string, path: readonly (string | number)[], target?: 'value' | 'name'): string {
  const [manifest] = parseManifests('f', text).manifests;
  if (manifest === undefined) throw new Error('no object');
  const { line, column } = manifest.placeOf(path, target);
  return `${line}:${column}`;
}

const TEXT = 'kind: A\nmetadata:\n  name: a\n  labels:\nlist:\n  - one\n  - b: two\n';

describe('parseManifests', () => {
  it('knows where a value and where its name is written', () => {
    expect(place(TEXT, ['metadata', 'name'])).to.equal('3:9');
    expect(place(TEXT, ['metadata', 'name'], 'name')).to.equal('3:3');
    expect(place(TEXT, ['list', 1, 'b'])).to.equal('7:8');
  });

  it('gives for what is missing the name of the field around it, and for a blank its own', () => {
    expect(place(TEXT, ['metadata', 'missing', 'too'])).to.equal('2:1');
    expect(place(TEXT, ['metadata', 'labels'])).to.equal('4:3');
    expect(place(TEXT, ['nothing'])).to.equal('1:1');
    expect(place(TEXT, ['list', 0, 'deeper'])).to.equal('6:5');
  });

  it('counts lines with Windows line ends as any others', () => {
    expect(place(TEXT.replaceAll('\n', '\r\n'), ['list', 1, 'b'])).to.equal('7:8');
    const text = 'kind: A\r\nvalue: |\r\n  a\r\n  b\r\n';
    expect(parseManifests('f', text).manifests[0]?.object).to.deep.equal({ kind: 'A', value: 'a\nb\n' });
  });

  it('knows places in any document of a file, in whatever order they are asked for', () => {
    for (const end of ['\n', '\r\n']) {
      const text = `# top\n---\n${TEXT}--- # next\n${TEXT}...\n${TEXT}`.replaceAll('\n', end);
      const { manifests } = parseManifests('f', text);
      const lines = () => manifests.map(({ placeOf }) => placeOf(['list', 1, 'b']).line);
      expect(lines()).to.deep.equal([9, 17, 25]);
      expect(lines()).to.deep.equal([9, 17, 25]);
    }
  });

  it('follows an alias to the place where the value is written', () => {
    expect(place('kind: A\na: &x\n  b: 1\nc: *x\n', ['c', 'b'])).to.equal('3:6');
  });

  it('tells of broken YAML with line and column, and reads the other documents', () => {
    const { manifests, problems } = parseManifests('f', 'kind: A\n---\na: [1\n---\nkind: B\n');
    expect(manifests.map(({ kind }) => kind)).to.deep.equal(['A', 'B']);
    expect(problems).to.have.length(1);
    expect(problems[0]?.place).to.include({ file: 'f' });
    expect(problems[0]?.place.line).to.be.within(3, 4);
    expect(problems[0]?.problem).to.match(/^The YAML is broken: .*\.$/);
  });

  it('tells of a field that is stated twice, with the line of the first', () => {
    const { problems } = parseManifests('f', 'kind: A\nx:\n  y: 1\n  y: 2\n');
    expect(problems).to.deep.equal([
      {
        place: { file: 'f', line: 4, column: 3 },
        problem: '"y" is already there at line 3; keep one of the two.',
      },
    ]);
  });

  it('goes on behind a field without a value', () => {
    const { problems } = parseManifests('f', 'kind: A\nempty:\nx: {y: 1, y: 2}\n');
    expect(problems).to.have.length(1);
  });

  it('refuses aliases that would grow beyond all memory, and aliases to nothing', () => {
    const levels = Array.from(
      { length: 12 },
      (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(',')}]`,
    );
    const bomb = `kind: A\na0: &a0 [x]\n${levels.join('\n')}\n`;
    expect(parseManifests('f', bomb).problems).to.have.length(1);
    expect(parseManifests('f', 'kind: A\nb: *nothing\n').problems).to.have.length(1);
  });

  it('reads octal numbers and booleans as kubectl does', () => {
    const [manifest] = parseManifests(
      'f',
      'kind: A\nmode: 0644\nnewer: 0o644\non: off\nday: 2026-03-14\nat: 10:30\n',
    ).manifests;
    expect(manifest?.object).to.include({
      mode: 420,
      newer: 420,
      true: false,
      day: '2026-03-14',
      at: '10:30',
    });
  });
});
