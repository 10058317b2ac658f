import { coloured, type Terminal } from '../terminal.ts';
import type { Finding, Level } from './finding.ts';

const MARKS: Readonly<Record<Level, readonly [string, Parameters<typeof coloured>[1]]>> = {
  ok: ['ok', 'green'],
  wrong: ['wrong', 'red'],
  note: ['note', 'yellow'],
  unknown: ['?', 'grey'],
};
const MARK_WIDTH = 'wrong  '.length;

/** The findings, a line each, and another one for what to do. */
export function textReport(findings: readonly Finding[], terminal: Terminal): string {
  let installation: string | undefined;
  const lines: string[] = [];
  for (const finding of findings) {
    if (finding.installation !== installation) {
      installation = finding.installation;
      lines.push(
        installation === undefined ? 'The cluster:' : `The installation in namespace "${installation}":`,
      );
    }
    const [mark, colour] = MARKS[finding.level];
    lines.push(
      `${coloured(terminal, colour, mark)}${' '.repeat(MARK_WIDTH - mark.length)}${finding.message}`,
    );
    if (finding.mend !== undefined) lines.push(`${' '.repeat(MARK_WIDTH)}→ ${finding.mend}`);
  }
  return lines.map((line) => `${line}\n`).join('');
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
