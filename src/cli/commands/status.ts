import { Command, Option } from 'commander';
import {
  withAllNamespacesOption,
  withClusterOptions,
  type ClusterOptions,
} from '../cluster/cluster-options.ts';
import { withCluster } from '../cluster/session.ts';
import { showStatus } from '../status/show-status.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { parseLabelSelector } from '../view/label-selector.ts';

interface StatusOptions extends ClusterOptions {
  readonly allNamespaces: boolean;
  readonly selector: string;
  readonly all: boolean;
  readonly output: 'table' | 'wide' | 'json' | 'yaml' | 'name';
  readonly watch: boolean;
  readonly headers: boolean;
  readonly exitStatus: boolean;
}

const EXAMPLES = `
Without a name it shows all Jobs of the namespace that jobflow has to do with: those that are annotated, those of JobFlows,
DaemonJobs, and what any of them waits for. Of a JobFlow it shows the Jobs in the order in which they can run.

States: Waiting, Held (for an approval), Suspended (by its own spec.suspend), Running, Complete, Failed, Skipped.

Examples:
  jobflow status
  jobflow status etl --watch
  jobflow status -A -o wide
  jobflow status -l team=shop -o json | jq -r '.jobs[] | select(.state == "Failed") | .name'
  jobflow status load report --exit-status

With --exit-status it ends with 0 if all that is shown is Complete or Skipped, with 1 if anything has Failed, and else
with 4.`;

/** `jobflow status`: shows where Jobs stand. */
export function statusCommand(terminal: Terminal): Command {
  const command = new Command('status')
    .summary('show where Jobs stand, and what they wait for')
    .description('Shows where Jobs stand: state, what each waits for, when it started, how long it took.')
    .argument(
      '[FLOW|JOB...]',
      'JobFlows and Jobs; jobflow/NAME, job/NAME or daemonjob/NAME where names are not enough',
    )
    .option('-l, --selector <LABELS>', 'only Jobs with these labels, as in kubectl: team=shop,tier!=test', '')
    .option('--all', 'also Jobs that have nothing to do with jobflow', false)
    .addOption(
      new Option('-o, --output <FORM>', 'form of the output')
        .choices(['table', 'wide', 'json', 'yaml', 'name'])
        .default('table'),
    )
    .option('-w, --watch', 'go on showing what changes, until Ctrl-C', false)
    .option('--no-headers', 'no heads of columns, no headings')
    .option('--exit-status', 'the exit code tells how the Jobs stand', false);
  return withAllNamespacesOption(withClusterOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (words: readonly string[], options: StatusOptions) => {
      const { allNamespaces, selector, all, output, watch, headers, exitStatus } = options;
      const isLabelled = parseLabelSelector(selector);
      if (isLabelled === undefined)
        command.error(
          `error: -l ${selector}: is no selector of labels; write them as in "team=shop,tier!=test"`,
        );
      if (allNamespaces && words.length > 0)
        command.error('error: a name is in one namespace, and -A stands for all; leave one out');
      await withCluster(terminal, options, async (session) => {
        await showStatus(
          session,
          {
            words,
            selection: { all, isLabelled: selector === '' ? undefined : isLabelled },
            form: { output, hasHeaders: headers, hasNamespaces: allNamespaces },
            allNamespaces,
            watch,
            tellsByCode: exitStatus,
          },
          terminal,
        );
      });
    });
}
