import { Command } from 'commander';
import { withCluster } from '../cluster/session.ts';
import { assertChoice } from '../targets/choose-targets.ts';
import { decideApprove } from '../gates/decide-approve.ts';
import { withGateOptions, type GateOptions } from '../gates/gate-command.ts';
import { readUserName } from '../gates/read-user-name.ts';
import { workGates } from '../gates/work-gates.ts';
import type { Terminal } from '../terminal.ts';

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
    .action(async (words: string[], { selector, dryRun, output, ...options }: GateOptions) =>
      withCluster(terminal, options, async (session) => {
        const choice = { words, selector, kinds: ['job', 'daemonjob'] } as const;
        assertChoice(choice);
        const { connection } = session;
        const approval = { user: await readUserName(connection), timeMs: connection.serverTimeMs() };
        await workGates(session, terminal, {
          verb: 'approve',
          choice,
          decide: (seen) => decideApprove(seen, approval),
          dryRun,
          output,
        });
      }),
    );
}
