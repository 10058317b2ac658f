import { Command } from 'commander';
import { decideHold } from '../gates/decide-hold.ts';
import { gateAction, withGateOptions } from '../gates/gate-command.ts';
import type { Terminal } from '../terminal/terminal.ts';

const EXAMPLES = `
A Job or DaemonJob that waits at its gate stays there, whatever becomes of its dependencies, until it is approved. An
earlier approval is taken back. What has started is not held but suspended.

Examples:
  jobflow hold publish
  jobflow hold daemonjob/tidy -n shop
  jobflow hold -l api.practice.com/flow=etl --dry-run=server`;

/** `jobflow hold`: keeps gates shut until they are approved. */
export function holdCommand(terminal: Terminal): Command {
  return withGateOptions(
    new Command('hold').argument('[JOB|DAEMONJOB...]', 'NAME, job/NAME or daemonjob/NAME'),
  )
    .summary('keep Jobs from starting until they are approved')
    .description('Keeps Jobs that wait from starting until they are approved.')
    .addHelpText('after', EXAMPLES)
    .action(gateAction(terminal, { verb: 'hold', kinds: ['job', 'daemonjob'], deciding: () => decideHold }));
}
