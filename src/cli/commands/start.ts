import { Command } from 'commander';
import { withCluster } from '../cluster/session.ts';
import { assertChoice } from '../targets/choose-targets.ts';
import { decideStart } from '../gates/decide-start.ts';
import { withGateOptions, type GateOptions } from '../gates/gate-command.ts';
import { workGates } from '../gates/work-gates.ts';
import type { Terminal } from '../terminal.ts';

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
      async (
        words: string[],
        {
          selector,
          dryRun,
          output,
          ignoreDependencies,
          ...options
        }: GateOptions & { readonly ignoreDependencies: boolean },
      ) =>
        withCluster(terminal, options, async (session) => {
          const choice = { words, selector, kinds: ['job', 'daemonjob'] } as const;
          assertChoice(choice);
          await workGates(session, terminal, {
            verb: 'start',
            choice,
            decide: (seen) => decideStart(seen, ignoreDependencies),
            dryRun,
            output,
          });
        }),
    );
}
