import { expect } from 'chai';
import { cutLine, LiveLines, widthOf } from '../../../../src/cli/terminal/live-lines.ts';
import { RecordedTerminal } from './recorded-terminal.ts';

const RED = '\u001b[31m';
const END = '\u001b[0m';

describe('lines that are drawn in their place', () => {
  it('are drawn over those before', () => {
    const terminal = new RecordedTerminal({ size: { columns: 80, rows: 24 } });
    const lines = new LiveLines(terminal);
    lines.draw(['a', 'b']);
    lines.draw(['c']);
    expect(terminal.written).to.equal('a\nb\n\r\u001b[2A\u001b[Kc\n\u001b[J');
  });

  it('write nothing again that is there already', () => {
    const terminal = new RecordedTerminal({ size: { columns: 80, rows: 24 } });
    const lines = new LiveLines(terminal);
    lines.draw(['one 1s', 'two']);
    terminal.written = '';
    lines.draw(['one 1s', 'two']);
    expect(terminal.written).to.equal('');
    lines.draw(['one 2s', 'two', 'three']);
    expect(terminal.written).to.equal('\r\u001b[2A\u001b[4C\u001b[K2s\n\nthree\n');
  });

  it('find their beginning in a window that has become narrower', () => {
    const terminal = new RecordedTerminal({ size: { columns: 10, rows: 24 } });
    const lines = new LiveLines(terminal);
    lines.draw(['0123456789', '']);
    terminal.resize({ columns: 4, rows: 24 });
    lines.clear();
    expect(terminal.written).to.match(/\u001b\[4A\u001b\[J$/);
  });

  it('give way to a count where there is no room for them', () => {
    const terminal = new RecordedTerminal({ size: { columns: 80, rows: 4 } });
    new LiveLines(terminal).draw(['a', 'b', 'c']);
    new LiveLines(terminal).draw(['a', 'b', 'c', 'd']);
    expect(terminal.written).to.equal('a\nb\nc\na\nb\n… and 2 more\n');
  });

  it('are cut where they are too wide, and keep their colours', () => {
    expect(cutLine('12345', 5)).to.equal('12345');
    expect(cutLine('123456', 5)).to.equal('1234…');
    expect(cutLine(`12${RED}345${END}67`, 7)).to.equal(`12${RED}345${END}67`);
    expect(cutLine(`12${RED}345${END}67`, 6)).to.equal(`12${RED}345${END}…`);
    expect(cutLine(`12${RED}345${END}67`, 4)).to.equal(`12${RED}3…${END}`);
    expect(widthOf(cutLine(`12${RED}345${END}67`, 2))).to.equal(2);
  });
});
