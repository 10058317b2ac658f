import { coloured, type Terminal } from '../terminal/terminal.ts';
import type { Finding, Level } from './finding.ts';

const MARKS: Readonly<Record<Level, readonly [string, Parameters<typeof coloured>[1]]>> = {
  ok: ['ok', 'green'],
  wrong: ['wrong', 'red'],
  note: ['note', 'yellow'],
  unknown: ['?', 'grey'],
};
const MARK_WIDTH = 'wrong  '.length;

/** The findings, and below each what to do; on a terminal in lines of its width. */
export function textReport(findings: readonly Finding[], terminal: Terminal): string {
  const width = (terminal.size()?.columns ?? Infinity) - MARK_WIDTH;
  let installation: string | undefined;
  const lines: string[] = [];
  for (const { installation: about, level, message, mend } of findings) {
    if (about !== installation) {
      installation = about;
      lines.push(about === undefined ? 'The cluster:' : `The installation in namespace "${about}":`);
    }
    const [mark, colour] = MARKS[level];
    const [first = '', ...others] = [
      ...linesOf(message, width),
      ...(mend === undefined ? [] : indented(linesOf(mend, width - ARROW.length))),
    ];
    lines.push(`${coloured(terminal, colour, mark)}${' '.repeat(MARK_WIDTH - mark.length)}${first}`);
    for (const line of others) lines.push(`${' '.repeat(MARK_WIDTH)}${line}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

const ARROW = '→ ';

function indented([first = '', ...others]: readonly string[]): string[] {
  return [`${ARROW}${first}`, ...others.map((line) => `${' '.repeat(ARROW.length)}${line}`)];
}

/** A text in lines between words. A command stays in one piece, so that it can be copied. */
function linesOf(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.match(/[^\s`]*`[^`]*`\S*|\S+/g) ?? []) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

/** What it comes to, in one sentence. */
export function summaryLine(findings: readonly Finding[]): string {
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  const unknown = count('unknown');
  const unseen = unknown === 0 ? '' : `, and ${unknown} could not be looked at`;
  const faults = count('wrong');
  if (faults > 0) return `${faults === 1 ? '1 thing is' : `${faults} things are`} wrong${unseen}.\n`;
  return `Nothing is wrong${unseen === '' ? '' : ` as far as can be seen${unseen}`}.\n`;
}
