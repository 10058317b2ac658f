import { Command } from 'commander';
import { decideResume } from '../gates/decide-suspend.ts';
import { gateAction, withGateOptions } from '../gates/gate-command.ts';
import type { Terminal } from '../terminal/terminal.ts';

const EXAMPLES = `
A JobFlow or DaemonJob starts its Jobs again; a Job that was paused gets new pods. A Job that waits does not start by
this: see approve and start.

Examples:
  jobflow resume etl
  jobflow resume jobflow/etl job/load
  jobflow resume -l team=shop`;

/** `jobflow resume`: unsets `spec.suspend` of JobFlows, DaemonJobs and Jobs. */
export function resumeCommand(terminal: Terminal): Command {
  return withGateOptions(
    new Command('resume').argument(
      '[FLOW|JOB|DAEMONJOB...]',
      'NAME, jobflow/NAME, job/NAME or daemonjob/NAME',
    ),
  )
    .summary('let go on what was suspended')
    .description('Lets JobFlows, DaemonJobs and Jobs go on that were suspended.')
    .addHelpText('after', EXAMPLES)
    .action(
      gateAction(terminal, {
        verb: 'resume',
        kinds: ['jobflow', 'daemonjob', 'job'],
        deciding: () => decideResume,
      }),
    );
}
