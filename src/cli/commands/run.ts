import { Command, Option } from 'commander';
import { withClusterOptions } from '../cluster/cluster-options.ts';
import { run } from '../run/run.ts';
import type { RunWords } from '../run/run-options.ts';
import type { Terminal } from '../terminal/terminal.ts';

const EXAMPLES = `
Checks the files as lint does, applies what is in them as kubectl apply --server-side does, and follows the Jobs, JobFlows and
DaemonJobs to their end. Ctrl-C leaves them running. A pipeline in the older form (see import) is run as it is; without -f
it is read from /work/config, where a pod has it mounted.

Exit codes:
  0    everything is complete, or was skipped
  1    something has failed, or could not be applied
  2    the command line makes no sense
  3    it took longer than --timeout
  130  Ctrl-C

Examples:
  jobflow run -f nightly.yaml
  jobflow run -f flows/ -R --timeout 2h --delete-after 10m
  jobflow run -f nightly.yaml --set-env DAY=2026-01-31 --replace
  jobflow run -f nightly.yaml --detach -o name
  jobflow run -f jobpipline.yaml`;

/** `jobflow run`: applies files and follows what they start. */
export function runCommand(terminal: Terminal): Command {
  const command = new Command('run')
    .summary('apply files, and follow their Jobs to the end')
    .description('Applies files, and follows the Jobs, JobFlows and DaemonJobs in them to the end.')
    .option('-f, --filename <FILE...>', 'files, folders, or - for the standard input')
    .option('-R, --recursive', 'read folders within folders too', false);
  return withClusterOptions(command)
    .option('--detach', 'do not follow', false)
    .option('--timeout <DURATION>', 'stop following after so long, such as 90s, 10m or 2h; the Jobs go on')
    .option('--delete-after <DURATION>', 'delete Jobs and JobFlows so long after their end')
    .option('--set-env <NAME=VALUE>', 'set a variable in every container; can be repeated', collect, [])
    .option('--replace', 'delete what is there already and has ended, and run it anew', false)
    .option('--force-conflicts', 'take fields that something other than kubectl has set otherwise', false)
    .addOption(
      new Option('--dry-run [WHERE]', 'change nothing: check here, or on the server too')
        .choices(['none', 'client', 'server'])
        .default('none')
        .preset('client'),
    )
    .addOption(
      new Option('-o, --output <FORM>', 'print the objects, with --detach or --dry-run').choices([
        'name',
        'json',
        'yaml',
      ]),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (words: RunWords) => {
      await run(words, { terminal, programName: command.parent?.name() ?? 'jobflow', env: process.env });
    });
}

function collect(value: string, values: readonly string[]): string[] {
  return [...values, value];
}
