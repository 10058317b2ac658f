import { Command } from 'commander';
import { decideSuspend } from '../gates/decide-suspend.ts';
import { gateAction, withGateOptions } from '../gates/gate-command.ts';
import type { Terminal } from '../terminal/terminal.ts';

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
    .action(
      gateAction(terminal, {
        verb: 'suspend',
        kinds: ['jobflow', 'daemonjob', 'job'],
        deciding: () => decideSuspend,
      }),
    );
}
