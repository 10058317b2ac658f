import { answerOf, describeRoot, hasEnded } from './answer.ts';
import { adviceFor, adviceForRemark } from './advice.ts';
import { describeRemark } from './describe-cause.ts';
import type { Explanation, Link } from './explanation.ts';
import { notSeen } from './not-seen.ts';
import type { ReportInput } from './report-text.ts';

/**
 * The explanation for programs: the answer, the roots with their facts, the chain, what is wrong beside it, and what
 * could not be seen. Times are RFC 3339 where they have a name that ends in `At`, and milliseconds since the epoch
 * within causes.
 */
export function jsonReport(explanation: Explanation, input: ReportInput): object {
  const { subject, links, roots, remarks } = explanation;
  const { nowMs } = input;
  const first = links.get(subject);
  return {
    subject,
    state: first?.state,
    answer: answerOf(explanation, nowMs),
    roots: roots.map((root) => ({
      name: root.name,
      cause: root.cause,
      says: describeRoot(root, subject, first !== undefined && hasEnded(first), nowMs),
      path: root.path,
      toDo: adviceFor(root, input),
    })),
    remarks: remarks.map((remark) => ({
      ...remark,
      says: describeRemark(remark),
      toDo: adviceForRemark(remark, input),
    })),
    chain: [...links].map(([key, link]) => linkJson(key, link)),
    notSeen: notSeen(explanation, input.unread),
  };
}

function linkJson(key: string, { name, state, sinceMs, causes, upstreams }: Link): object {
  return {
    key,
    name,
    state,
    ...(sinceMs !== undefined && { sinceAt: new Date(sinceMs).toISOString() }),
    causes: causes.map(({ kind }) => kind),
    waitsFor: upstreams,
  };
}
