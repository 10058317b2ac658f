import { Command, Option } from 'commander';
import { withClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { withCluster } from '../cluster/session.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { parseTargetWord } from '../targets/target.ts';
import { tellWhy, type WhyForm } from '../why/tell-why.ts';

interface WhyOptions extends ClusterOptions {
  readonly output: WhyForm;
}

const EXAMPLES = `
Follows what a Job waits for to those that really hold it: a pod that cannot be scheduled, a failure, a hold, a name that
nothing has, a cycle, a suspended JobFlow, a controller that does not run. Works with the rights to read Jobs alone; what
may not be read is said.

NAME is that of a Job, else of a JobFlow, else of a DaemonJob; job/NAME, jobflow/NAME and daemonjob/NAME are one of them.

Examples:
  jobflow why report
  jobflow why jobflow/nightly -n shop
  jobflow why report -o json`;

/** `jobflow why`: says why something has not started, or has ended as it has, and what to do. */
export function whyCommand(terminal: Terminal): Command {
  const command = new Command('why')
    .summary('say why a Job has not started, down to the root, and what to do')
    .description(
      'Says why a Job, JobFlow or DaemonJob has not started, or failed, or was skipped, and what to do.',
    )
    .argument('<JOB|FLOW|DAEMONJOB>', 'NAME, job/NAME, jobflow/NAME or daemonjob/NAME')
    .addOption(
      new Option('-o, --output <FORM>', 'form of the answer').choices(['text', 'json']).default('text'),
    );
  return withClusterOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (written: string, options: WhyOptions) => {
      const word = parseTargetWord(written);
      if (word === undefined) {
        return command.error(
          `error: "${written}" names nothing; write NAME, job/NAME, jobflow/NAME or daemonjob/NAME`,
        );
      }
      await withCluster(terminal, options, (session) =>
        tellWhy(session, word, options.output, options, terminal),
      );
    });
}
