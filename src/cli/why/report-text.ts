import { describeReference } from '../../api/dependency-reference.ts';
import { coloured, type Terminal } from '../terminal/terminal.ts';
import { adviceFor, adviceForRemark } from './advice.ts';
import type { Advice, AdviceInput } from './advice-input.ts';
import { answerOf } from './answer.ts';
import { describeRemark } from './describe-cause.ts';
import { drawChain } from './draw-chain.ts';
import type { Explanation } from './explanation.ts';
import { notSeen } from './not-seen.ts';

/** For how many roots it is said what to do; the others are in the chain. */
const ADVISED = 3;

/** What a report is made of besides the explanation. */
export interface ReportInput extends AdviceInput {
  /** The time, in milliseconds since the epoch. */
  readonly nowMs: number;
  /** Lists that could not be read, each in a sentence. */
  readonly unread: readonly string[];
}

/** The explanation for a person: the answer, the chain, what to do, and what could not be seen. */
export function textReport(explanation: Explanation, input: ReportInput, terminal: Terminal): string {
  const { nowMs } = input;
  const sections = [
    [
      coloured(terminal, 'cyan', answerOf(explanation, nowMs)),
      ...explanation.remarks.map((remark) => coloured(terminal, 'yellow', describeRemark(remark))),
    ],
    drawChain(explanation, nowMs),
    adviceLines(explanation, input),
    notSeen(explanation, input.unread).map((line) => coloured(terminal, 'grey', line)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function adviceLines(explanation: Explanation, input: AdviceInput): string[] {
  const { roots, remarks } = explanation;
  // What is to be done about one kind of cause is said once.
  const shown = roots
    .filter(({ cause }, index) => index === roots.findIndex((other) => other.cause.kind === cause.kind))
    .slice(0, ADVISED);
  const isOne = shown.length + remarks.length === 1;
  const parts = [
    ...shown.map((root) => ({ heading: describeReference(root.name), advice: adviceFor(root, input) })),
    ...remarks.map((remark) => ({ heading: 'jobflow', advice: adviceForRemark(remark, input) })),
  ].filter(({ advice }) => advice.length > 0);
  if (parts.length === 0) return [];
  return [
    'What to do:',
    ...parts.flatMap(({ heading, advice }) =>
      isOne
        ? advice.flatMap((one) => linesOf(one, '  '))
        : [`  ${heading}`, ...advice.flatMap((one) => linesOf(one, '    '))],
    ),
  ];
}

function linesOf({ say, command }: Advice, indent: string): string[] {
  return [`${indent}${say}`, ...(command === undefined ? [] : [`${indent}  ${command}`])];
}
