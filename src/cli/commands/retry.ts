import { Command } from 'commander';
import { withClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { withCluster } from '../cluster/session.ts';
import { dryRunOption, objectsOption, selectorOption, yesOption } from '../options/target-options.ts';
import { assertChoice } from '../targets/choose-targets.ts';
import type { DryRun } from '../targets/dry-run.ts';
import type { ObjectForm } from '../targets/written-object.ts';
import { retry } from '../retry/retry.ts';
import { stateFolders } from '../retry/saved-jobs.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface RetryOptions extends ClusterOptions {
  readonly selector?: string;
  readonly yes: boolean;
  readonly dryRun: DryRun;
  readonly output?: ObjectForm;
}

const EXAMPLES = `
Runs again what is named, as far as it failed or was skipped; what made it fail, if it never ran; and what failed or was
skipped because of it. What completed stays, and what has not ended is not touched. A JobFlow or DaemonJob is run again
by the controller. A Job is made anew from the one that is there, under its name, with its labels and owners; its old
pods and their logs go. Asks first.

Examples:
  jobflow retry load
  jobflow retry load --dry-run
  jobflow retry jobflow/etl -n shop --yes
  jobflow retry -l team=etl -o name --yes`;

/** `jobflow retry`: runs again what failed or was skipped. */
export function retryCommand(terminal: Terminal): Command {
  const command = new Command('retry')
    .summary('run again what failed or was skipped, and all that follows')
    .description('Runs again what failed or was skipped, and all that failed because of it.')
    .argument('[JOB|FLOW|DAEMONJOB...]', 'NAME, job/NAME, jobflow/NAME or daemonjob/NAME')
    .addOption(selectorOption())
    .addOption(yesOption())
    .addOption(dryRunOption('only show what would be run again, or have the API server judge it too'))
    .addOption(objectsOption());
  return withClusterOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (words: string[], { selector, yes, dryRun, output, ...options }: RetryOptions) =>
      withCluster(terminal, options, async (session) => {
        const choice = { words, selector };
        assertChoice({ ...choice, kinds: [] });
        await retry(session, terminal, { choice, yes, dryRun, output, folders: stateFolders(process.env) });
      }),
    );
}
