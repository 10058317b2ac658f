import { isAbsolute, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { VERSION } from '../../runtime/version.ts';
import { LINT_RULES, type Finding, type Rule } from './finding.ts';
import type { LintReport } from './lint-manifests.ts';

/**
 * The report as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html), which GitHub and
 * others show beside the lines of a change.
 */
export function sarifReport({ findings }: LintReport): object {
  const rules = [...new Set(findings.map(({ rule }) => rule))].sort();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'jobflow', semanticVersion: VERSION, rules: rules.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => resultOf(finding, rules.indexOf(finding.rule))),
      },
    ],
  };
}

function ruleOf(rule: Rule): object {
  const text = rule in LINT_RULES ? LINT_RULES[rule as keyof typeof LINT_RULES] : undefined;
  return { id: rule, shortDescription: { text: text ?? `The webhook would refuse it: ${rule}.` } };
}

function resultOf(
  { rule, severity, message, file, line, column, object }: Finding,
  ruleIndex: number,
): object {
  const region = line === undefined ? {} : { region: { startLine: line, startColumn: column ?? 1 } };
  const name = object === undefined || object.name === '' ? undefined : object.name;
  return {
    ruleId: rule,
    ruleIndex,
    level: severity,
    message: { text: message },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(file) }, ...region },
        ...(name !== undefined && { logicalLocations: [{ name, kind: object?.kind.toLowerCase() ?? '' }] }),
      },
    ],
  };
}

/** A relative path stays relative: whoever shows the report knows the root. */
function uriOf(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file.split(sep).map(encodeURIComponent).join('/');
}
