import { Command } from 'commander';
import { decideStart } from '../gates/decide-start.ts';
import { gateAction, withGateOptions, type GateOptions } from '../gates/gate-command.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface StartOptions extends GateOptions {
  readonly ignoreDependencies: boolean;
}

const EXAMPLES = `
Removes what a Job or DaemonJob waits for: its dependencies and its hold. The controller then starts it at once, unless
its JobFlow is suspended or runs as many Jobs as it may. Without --ignore-dependencies nothing is done, and what would
be ignored is said. Nothing else is changed: what waits for the Job waits on.

Examples:
  jobflow start report
  jobflow start report --ignore-dependencies
  jobflow start report --ignore-dependencies --dry-run=server -o yaml`;

/** `jobflow start`: starts Jobs before what they wait for. */
export function startCommand(terminal: Terminal): Command {
  return withGateOptions(
    new Command('start').argument('[JOB|DAEMONJOB...]', 'NAME, job/NAME or daemonjob/NAME'),
  )
    .summary('start Jobs without what they wait for')
    .description('Starts Jobs that wait without what they wait for.')
    .option('--ignore-dependencies', 'do it; without this, only say what would be ignored', false)
    .addHelpText('after', EXAMPLES)
    .action(
      gateAction(terminal, {
        verb: 'start',
        kinds: ['job', 'daemonjob'],
        deciding:
          (_, { ignoreDependencies }: StartOptions) =>
          (seen) =>
            decideStart(seen, ignoreDependencies),
      }),
    );
}
