import { Command, Option } from 'commander';
import { lintManifests, type LintReport } from '../lint/lint-manifests.ts';
import { jsonReport } from '../lint/report-json.ts';
import { sarifReport } from '../lint/report-sarif.ts';
import { findingLines, summaryLine } from '../lint/report-text.ts';
import { readInputs } from '../manifests/read-inputs.ts';
import { EXIT_CODES, type Terminal } from '../terminal/terminal.ts';

interface LintOptions {
  readonly filename: readonly string[];
  readonly recursive: boolean;
  readonly namespace: string;
  readonly output: 'text' | 'json' | 'sarif';
  readonly strict: boolean;
}

const EXAMPLES = `
Looks at Jobs, CronJobs, JobFlows, JobTemplates and DaemonJobs; other objects are passed over. Needs no cluster.

Examples:
  jobflow lint -f nightly.yaml
  jobflow lint -f flows/ -R --strict
  kustomize build . | jobflow lint -f -
  jobflow lint -f flows/ -o sarif > jobflow.sarif`;

/** `jobflow lint`: says what the cluster would refuse, before it is applied. */
export function lintCommand(terminal: Terminal): Command {
  return new Command('lint')
    .summary('say what is wrong with manifests, without a cluster')
    .description(
      'Says what is wrong with manifests, without a cluster: with line and column, and what to do.',
    )
    .requiredOption('-f, --filename <FILE...>', 'files, folders, or - for the standard input')
    .option('-R, --recursive', 'read folders within folders too', false)
    .option('-n, --namespace <NAME>', 'namespace of objects that state none', 'default')
    .addOption(
      new Option('-o, --output <FORM>', 'form of the report')
        .choices(['text', 'json', 'sarif'])
        .default('text'),
    )
    .option('--strict', 'fail on warnings too', false)
    .addHelpText('after', EXAMPLES)
    .action(async (options: LintOptions) => {
      const inputs = await readInputs(options.filename, {
        readInput: terminal.readInput,
        recursive: options.recursive,
      });
      const report = lintManifests(inputs, options.namespace);
      print(report, options.output, terminal);
      const fails = report.findings.some(({ severity }) => options.strict || severity === 'error');
      terminal.end(fails ? EXIT_CODES.failed : EXIT_CODES.ok);
    });
}

function print(report: LintReport, output: LintOptions['output'], terminal: Terminal): void {
  switch (output) {
    case 'text':
      terminal.out(findingLines(report.findings, terminal));
      // Beside the output, so that this holds nothing but findings.
      terminal.err(summaryLine(report));
      break;
    case 'json':
      terminal.out(`${JSON.stringify(jsonReport(report), undefined, 2)}\n`);
      break;
    case 'sarif':
      terminal.out(`${JSON.stringify(sarifReport(report), undefined, 2)}\n`);
      break;
  }
}
