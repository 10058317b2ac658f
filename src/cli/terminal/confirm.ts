import { CommandError } from '../cluster/command-error.ts';
import { EXIT_CODES, type Terminal } from './terminal.ts';

/**
 * Asks whether to go on with something that cannot be undone. Anything but a yes is a no.
 *
 * @param question without its end: `Delete them?`
 * @param yes whether the answer was given on the command line, by `--yes`
 * @throws CommandError (usage) if nobody can be asked
 */
export async function confirm(terminal: Terminal, question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (terminal.ask === undefined) {
    throw new CommandError(
      'Nobody can be asked here, since the standard input is no terminal; add --yes to go on without.',
      EXIT_CODES.usage,
    );
  }
  const answer = (await terminal.ask(`${question} [y/N] `)).trim().toLowerCase();
  return answer === 'y' || answer === 'yes';
}
