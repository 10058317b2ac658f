import { Command } from 'commander';
import { decideApprove } from '../gates/decide-approve.ts';
import { gateAction, withGateOptions } from '../gates/gate-command.ts';
import { readUserName } from '../gates/read-user-name.ts';
import type { Terminal } from '../terminal/terminal.ts';

const EXAMPLES = `
The hold of a Job or DaemonJob is lifted: it starts as soon as all else that it waits for is there. The annotation
"approved" then says who approved it, by the name that the API server knows, and when.

Examples:
  jobflow approve publish
  jobflow approve job/publish daemonjob/tidy -n shop
  jobflow approve -l api.practice.com/flow=etl`;

/** `jobflow approve`: lifts holds. */
export function approveCommand(terminal: Terminal): Command {
  return withGateOptions(
    new Command('approve').argument('[JOB|DAEMONJOB...]', 'NAME, job/NAME or daemonjob/NAME'),
  )
    .summary('let Jobs start that are held')
    .description('Lifts the hold of Jobs.')
    .addHelpText('after', EXAMPLES)
    .action(
      gateAction(terminal, {
        verb: 'approve',
        kinds: ['job', 'daemonjob'],
        deciding: async ({ connection }) => {
          const approval = { user: await readUserName(connection), timeMs: connection.serverTimeMs() };
          return (seen) => decideApprove(seen, approval);
        },
      }),
    );
}
