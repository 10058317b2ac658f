import { coloured, type Terminal } from '../terminal/terminal.ts';
import type { Finding } from './finding.ts';
import type { LintReport } from './lint-manifests.ts';

/** Each finding as a line `file:line:column: error: sentence`, as compilers write them, so that editors find the place. */
export function findingLines(findings: readonly Finding[], terminal: Terminal): string {
  return findings.map((finding) => `${lineOf(finding, terminal)}\n`).join('');
}

function lineOf({ file, line, column, severity, message, object }: Finding, terminal: Terminal): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  const word = coloured(terminal, severity === 'error' ? 'red' : 'yellow', severity);
  const subject = object === undefined || object.name === '' ? '' : `${object.kind} "${object.name}": `;
  return `${place}: ${word}: ${subject}${message}`;
}

/** One line that sums up: `2 errors and 1 warning in 10 objects of 1 file.` */
export function summaryLine({ findings, files, objects }: LintReport): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const parts = [
    ...(errors > 0 ? [counted(errors, 'error')] : []),
    ...(findings.length > errors ? [counted(findings.length - errors, 'warning')] : []),
  ];
  const found = parts.length === 0 ? 'Nothing is wrong' : parts.join(' and ');
  return `${found} in ${counted(objects, 'object')} of ${counted(files, 'file')}.\n`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
