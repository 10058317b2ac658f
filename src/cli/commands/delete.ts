import { Command, Option } from 'commander';
import { withClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { withCluster } from '../cluster/session.ts';
import { CASCADES, type Cascade } from '../delete/plan-deletion.ts';
import { workDeletion } from '../delete/work-deletion.ts';
import { readDuration } from '../options/read-duration.ts';
import { dryRunOption, selectorOption, yesOption } from '../options/target-options.ts';
import { assertChoice } from '../targets/choose-targets.ts';
import type { DryRun } from '../targets/dry-run.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface DeleteOptions extends ClusterOptions {
  readonly selector?: string;
  readonly yes: boolean;
  readonly cascade: Cascade;
  readonly wait: 'true' | 'false';
  readonly timeout: string;
  readonly ignoreNotFound: boolean;
  readonly dryRun: DryRun;
  readonly output?: 'name';
}

const EXAMPLES = `
Says what goes with it and who still waits for it, and asks. The Jobs of a JobFlow or DaemonJob go with it, unless
--cascade=orphan leaves them; then those that wait go on as Jobs of their own. What has ended may go: those that wait for it
know its outcome.

Examples:
  jobflow delete etl
  jobflow delete jobflow/etl job/report --yes
  jobflow delete -l team=shop --dry-run=server
  jobflow delete etl --yes --cascade=foreground --timeout 2m`;

/** `jobflow delete`: deletes JobFlows, DaemonJobs and Jobs. */
export function deleteCommand(terminal: Terminal): Command {
  return withClusterOptions(
    new Command('delete')
      .argument('[FLOW|JOB|DAEMONJOB...]', 'NAME, jobflow/NAME, job/NAME or daemonjob/NAME')
      .addOption(selectorOption())
      .addOption(yesOption())
      .addOption(
        new Option(
          '--cascade <HOW>',
          'what becomes of what belongs to it: it goes after it, before it, or stays',
        )
          .choices(CASCADES)
          .default('background'),
      )
      .addOption(
        new Option('--wait [BOOL]', 'wait until it is gone')
          .choices(['true', 'false'])
          .preset('true')
          .default('true'),
      )
      .option('--timeout <DURATION>', 'how long to wait: 90s, 5m; 0 for as long as it takes', '0')
      .option('--ignore-not-found', 'what is not there is no failure', false)
      .addOption(dryRunOption('only try it: by itself, or at the API server, which deletes nothing'))
      .addOption(
        new Option('-o, --output <FORM>', 'print names in place of what was done').choices(['name']),
      ),
  )
    .summary('delete JobFlows, DaemonJobs and Jobs')
    .description('Deletes JobFlows, DaemonJobs and Jobs, and says what goes with them.')
    .addHelpText('after', EXAMPLES)
    .action(
      async (
        words: string[],
        { selector, yes, cascade, wait, timeout, ignoreNotFound, dryRun, output, ...options }: DeleteOptions,
      ) =>
        withCluster(terminal, options, async (session) => {
          const choice = { words, selector, kinds: ['jobflow', 'daemonjob', 'job'] } as const;
          assertChoice(choice);
          await workDeletion(session, terminal, {
            choice,
            cascade,
            yes,
            wait: wait === 'true',
            limitMs: readTimeout(timeout),
            dryRun,
            ignoreNotFound,
            namesOnly: output === 'name',
          });
        }),
    );
}

/** As kubectl has it, 0 stands for no limit. */
function readTimeout(text: string): number | undefined {
  if (/^0(s|m|h)?$/.test(text)) return undefined;
  return readDuration('--timeout', text);
}
