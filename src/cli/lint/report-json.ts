import type { LintReport } from './lint-manifests.ts';

/** The report for programs: what was looked at, and every finding with its place. */
export function jsonReport({ findings, files, objects }: LintReport): object {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return { files, objects, errors, warnings: findings.length - errors, findings };
}
