import { Command } from 'commander';
import { withCluster } from '../cluster/session.ts';
import { assertChoice } from '../targets/choose-targets.ts';
import { decideSuspend } from '../gates/decide-suspend.ts';
import { withGateOptions, type GateOptions } from '../gates/gate-command.ts';
import { workGates } from '../gates/work-gates.ts';
import type { Terminal } from '../terminal.ts';

const EXAMPLES = `
A JobFlow or DaemonJob starts no further Job; those that run go on. A Job that runs is paused as Kubernetes does it: its
pods end, and it gets new ones when it is resumed. A Job that waits is not suspended but held.

Examples:
  jobflow suspend etl
  jobflow suspend jobflow/etl job/load
  jobflow suspend -l team=shop`;

/** `jobflow suspend`: sets `spec.suspend` of JobFlows, DaemonJobs and Jobs that run. */
export function suspendCommand(terminal: Terminal): Command {
  return withGateOptions(
    new Command('suspend').argument(
      '[FLOW|JOB|DAEMONJOB...]',
      'NAME, jobflow/NAME, job/NAME or daemonjob/NAME',
    ),
  )
    .summary('pause JobFlows, DaemonJobs and Jobs that run')
    .description('Pauses JobFlows, DaemonJobs and Jobs that run.')
    .addHelpText('after', EXAMPLES)
    .action(async (words: string[], { selector, dryRun, output, ...options }: GateOptions) =>
      withCluster(terminal, options, async (session) => {
        const choice = { words, selector, kinds: ['jobflow', 'daemonjob', 'job'] } as const;
        assertChoice(choice);
        await workGates(session, terminal, {
          verb: 'suspend',
          choice,
          decide: decideSuspend,
          dryRun,
          output,
        });
      }),
    );
}
